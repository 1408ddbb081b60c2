//! How far one node has come in a chain: at its tip as a rule, or behind where a test wants a peer
//! that lags.
//!
//! The chain is stored once. A node that is behind looks at it through a view of an older block.

use std::{
    collections::VecDeque,
    sync::{PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::{limits::LAG_BLOCKS_MAX, storage::View};

/// A node's height, and why it is not the chain's.
#[derive(Debug)]
pub(crate) struct Progress {
    pace: RwLock<Pace>,
    height: watch::Sender<u64>,
}

/// How a node follows the chain.
#[derive(Debug, Default)]
enum Pace {
    /// Every block at once.
    #[default]
    Tip,
    /// No further block.
    Held(View),
    /// Each block when so many others are upon it. The first view is what the node sees.
    Behind {
        blocks: usize,
        views: VecDeque<View>,
    },
}

impl Progress {
    pub(super) fn new(height: u64) -> Self {
        Self {
            pace: RwLock::default(),
            height: watch::Sender::new(height),
        }
    }

    /// What the node sees; none where that is the tip.
    pub(crate) fn view(&self) -> Option<View> {
        match &*self.pace.read().unwrap_or_else(PoisonError::into_inner) {
            Pace::Tip => None,
            Pace::Held(view) => Some(view.clone()),
            Pace::Behind { views, .. } => views.front().cloned(),
        }
    }

    /// Number of blocks that the node has.
    pub(crate) fn height(&self) -> u64 {
        *self.height.borrow()
    }

    /// The height, and every change of it.
    pub(crate) fn heights(&self) -> watch::Receiver<u64> {
        self.height.subscribe()
    }

    /// Takes note that the chain has grown to this.
    pub(super) fn advance(&self, tip: &View) {
        let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
        if let Pace::Behind { views, .. } = &mut *pace {
            views.push_back(tip.clone());
        }
        self.settle(&mut pace, tip);
    }

    /// Stays where it is.
    pub(crate) fn hold(&self, tip: &View) {
        self.change(tip, |view, _| Pace::Held(view));
    }

    /// Stays where it is until the chain is so many blocks ahead, and then keeps that distance.
    pub(crate) fn lag(&self, blocks: usize, tip: &View) {
        let blocks = blocks.min(LAG_BLOCKS_MAX);
        self.change(tip, |view, pace| {
            let views = match std::mem::take(pace) {
                Pace::Behind { views, .. } => views,
                Pace::Tip => VecDeque::from([view]),
                // What it missed while it was held is skipped: no view of it was kept.
                Pace::Held(view) => VecDeque::from([view, tip.clone()]),
            };
            Pace::Behind { blocks, views }
        });
    }

    /// Catches up with the chain.
    pub(crate) fn release(&self, tip: &View) {
        self.change(tip, |_, _| Pace::Tip);
    }

    /// Changes the pace, from what the node sees now.
    fn change(&self, tip: &View, next: impl FnOnce(View, &mut Pace) -> Pace) {
        let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
        let view = match &*pace {
            Pace::Held(view) => view.clone(),
            Pace::Behind { views, .. } => views.front().unwrap_or(tip).clone(),
            Pace::Tip => tip.clone(),
        };
        *pace = next(view, &mut pace);
        self.settle(&mut pace, tip);
    }

    /// Drops views that are no longer needed, and shows the height that follows.
    fn settle(&self, pace: &mut Pace, tip: &View) {
        let height = match pace {
            Pace::Tip => tip.head().height,
            Pace::Held(view) => view.head().height,
            Pace::Behind { blocks, views } => {
                let distance = u64::try_from(*blocks).unwrap_or(u64::MAX);
                let goal = tip.head().height.saturating_sub(distance);
                while views.get(1).is_some_and(|next| next.head().height <= goal) {
                    views.pop_front();
                }
                views.front().unwrap_or(tip).head().height
            }
        };
        self.height.send_if_modified(|shown| {
            let changed = *shown != height;
            *shown = height;
            changed
        });
    }
}
