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

/// How a node follows the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Every block at once.
    Tip,
    /// No further block.
    Held,
    /// Each block when so many others are upon it.
    Behind(usize),
}

/// A node's height, and why it is not the chain's.
#[derive(Debug)]
pub(crate) struct Progress {
    following: RwLock<Following>,
    height: watch::Sender<u64>,
}

/// The pace, with the views that it takes.
#[derive(Debug, Default)]
enum Following {
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
            following: RwLock::default(),
            height: watch::Sender::new(height),
        }
    }

    /// What the node sees; none where that is the tip.
    pub(crate) fn view(&self) -> Option<View> {
        match &*self
            .following
            .read()
            .unwrap_or_else(PoisonError::into_inner)
        {
            Following::Tip => None,
            Following::Held(view) => Some(view.clone()),
            Following::Behind { views, .. } => views.front().cloned(),
        }
    }

    /// How the node follows the chain.
    pub(crate) fn pace(&self) -> Pace {
        match &*self
            .following
            .read()
            .unwrap_or_else(PoisonError::into_inner)
        {
            Following::Tip => Pace::Tip,
            Following::Held(_) => Pace::Held,
            Following::Behind { blocks, .. } => Pace::Behind(*blocks),
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
        let mut following = self
            .following
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Following::Behind { views, .. } = &mut *following {
            views.push_back(tip.clone());
        }
        self.settle(&mut following, tip);
    }

    /// Stays where it is.
    pub(crate) fn hold(&self, tip: &View) {
        self.change(tip, |view, _| Following::Held(view));
    }

    /// Stays where it is until the chain is so many blocks ahead, and then keeps that distance.
    pub(crate) fn lag(&self, blocks: usize, tip: &View) {
        let blocks = blocks.min(LAG_BLOCKS_MAX);
        self.change(tip, |view, following| {
            let views = match std::mem::take(following) {
                Following::Behind { views, .. } => views,
                Following::Tip => VecDeque::from([view]),
                // What it missed while it was held is skipped: no view of it was kept.
                Following::Held(view) => VecDeque::from([view, tip.clone()]),
            };
            Following::Behind { blocks, views }
        });
    }

    /// Catches up with the chain.
    pub(crate) fn release(&self, tip: &View) {
        self.change(tip, |_, _| Following::Tip);
    }

    /// Changes the pace, from what the node sees now.
    fn change(&self, tip: &View, next: impl FnOnce(View, &mut Following) -> Following) {
        let mut following = self
            .following
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let view = match &*following {
            Following::Held(view) => view.clone(),
            Following::Behind { views, .. } => views.front().unwrap_or(tip).clone(),
            Following::Tip => tip.clone(),
        };
        *following = next(view, &mut following);
        self.settle(&mut following, tip);
    }

    /// Drops views that are no longer needed, and shows the height that follows.
    fn settle(&self, following: &mut Following, tip: &View) {
        let height = match following {
            Following::Tip => tip.head().height,
            Following::Held(view) => view.head().height,
            Following::Behind { blocks, views } => {
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
