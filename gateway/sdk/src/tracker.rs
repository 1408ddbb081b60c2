//! The commit tracker: one stream of filtered blocks per channel and peer answers everybody who waits
//! for a commit there. It saves each transaction a signature, a call, and a slot of the peer's gateway.
//!
//! Its answer is right or there is none. A wait begins before the envelope is handed over, and only
//! with an envelope that this process never handed over before; so the first occurrence of the id in
//! a block comes after the beginning of the wait, on a stream that is never given up with a gap. Where
//! any of that does not hold, the answer is [`Answer::Lost`], and the peer is asked.

mod registration;
mod stream;
mod task;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::channel::Channel;
use crate::gateway::Shared;
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;
use registration::Cell;
pub(crate) use registration::Registration;
use task::Task;

/// How long a submit waits for the stream to stand before it goes ahead without.
const START_MAX: Duration = Duration::from_secs(1);

/// Watches one channel on one peer, when there is something to wait for.
pub(crate) struct Tracker {
    peer_index: usize,
    height: Arc<AtomicU64>,
    handle: OnceLock<Handle>,
}

/// What the tracker's task knows about a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is in this block, with this verdict.
    Committed {
        block_number: u64,
        code: ValidationCode,
    },
    /// The task cannot say; ask the peer.
    Lost,
}

struct Handle {
    commands: mpsc::UnboundedSender<Command>,
    standing: Arc<Stand>,
}

/// Whether waits can begin: one look for those in a hurry, a signal for those who wait for it.
struct Stand {
    /// 0 when idle, 1 when refused, otherwise 2 more than the epoch.
    now: AtomicU64,
    changes: watch::Sender<Standing>,
}

/// What is told to the task.
enum Command {
    /// Somebody will want to wait soon.
    Wake,
    /// Somebody waits, and will hand the envelope over after this.
    Wait {
        epoch: u64,
        transaction_id: TransactionId,
        cell: Arc<Cell>,
    },
    /// Nobody waits for this any more.
    Forget(TransactionId),
}

/// Whether waits can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// No stream is open.
    Idle,
    /// Every block from some one on is or will be seen, in this epoch.
    Follows(u64),
    /// The peers would not give a stream just now.
    Refused,
}

impl Tracker {
    pub(crate) fn new(peer_index: usize) -> Self {
        Self {
            peer_index,
            height: Arc::default(),
            handle: OnceLock::new(),
        }
    }

    /// How many blocks the peer is known to have.
    pub(crate) fn height(&self) -> u64 {
        self.height.load(Ordering::Relaxed)
    }

    /// The peer was heard to have so many blocks.
    pub(crate) fn reached(&self, height: u64) {
        self.height.fetch_max(height, Ordering::Relaxed);
    }

    /// Gets the stream ready for a wait that will begin soon.
    pub(crate) fn wake(&self, shared: &Arc<Shared>, channel: &Arc<Channel>) {
        let handle = self.handle(shared, channel);
        if handle.standing.get() == Standing::Idle {
            // A task that is gone wakes nobody; waits then ask the peer.
            let _ = handle.commands.send(Command::Wake);
        }
    }

    /// Begins to wait for a transaction that is about to be handed over for the first time. `None`
    /// where no stream stands: the peer is to be asked then.
    pub(crate) async fn register(
        &self,
        shared: &Arc<Shared>,
        channel: &Arc<Channel>,
        transaction_id: &TransactionId,
    ) -> Option<Registration> {
        let handle = self.handle(shared, channel);
        let epoch = match handle.standing.get() {
            Standing::Follows(epoch) => Some(epoch),
            Standing::Refused => return None,
            Standing::Idle => None,
        };
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => handle.started().await?,
        };
        let cell = Arc::new(Cell::default());
        let wait = Command::Wait {
            epoch,
            transaction_id: transaction_id.clone(),
            cell: Arc::clone(&cell),
        };
        handle.commands.send(wait).ok()?;
        Some(Registration::new(
            transaction_id.clone(),
            cell,
            handle.commands.clone(),
        ))
    }

    /// The task, started with the first transaction that needs it. It ends with the gateway.
    fn handle(&self, shared: &Arc<Shared>, channel: &Arc<Channel>) -> &Handle {
        self.handle.get_or_init(|| {
            let (commands, received) = mpsc::unbounded_channel();
            let standing = Arc::new(Stand {
                now: AtomicU64::new(0),
                changes: watch::Sender::new(Standing::Idle),
            });
            let source = stream::Source::new(shared, &channel.name, self.peer_index);
            let height = Arc::clone(&self.height);
            let task = Task::new(source, received, Arc::clone(&standing), height);
            tokio::spawn(task.run());
            Handle { commands, standing }
        })
    }
}

impl Stand {
    fn get(&self) -> Standing {
        match self.now.load(Ordering::Acquire) {
            0 => Standing::Idle,
            1 => Standing::Refused,
            epoch => Standing::Follows(epoch - 2),
        }
    }

    fn set(&self, standing: Standing) {
        let now = match standing {
            Standing::Idle => 0,
            Standing::Refused => 1,
            Standing::Follows(epoch) => epoch.saturating_add(2),
        };
        if self.now.swap(now, Ordering::Release) != now {
            self.changes.send_replace(standing);
        }
    }
}

impl Handle {
    /// Waits until the stream stands, for a bounded time.
    async fn started(&self) -> Option<u64> {
        self.commands.send(Command::Wake).ok()?;
        let mut standing = self.standing.changes.subscribe();
        let settled = standing.wait_for(|standing| *standing != Standing::Idle);
        match *tokio::time::timeout(START_MAX, settled).await.ok()?.ok()? {
            Standing::Follows(epoch) => Some(epoch),
            Standing::Idle | Standing::Refused => None,
        }
    }
}
