//! The task behind a tracker: it alone knows who waits, so nothing is locked.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fabric_protos::peer;
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until};

use super::registration::Cell;
use super::stream::Source;
use super::{Answer, Command, Stand, Standing};
use crate::backoff::Backoff;
use crate::error::{Error, Step};
use crate::events::Feed;
use crate::transaction_id::TransactionId;
use crate::validation_code::ValidationCode;

/// A stream that nobody needs is kept so long: the next transaction may be near.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// Failures in a row, on all peers together, before those who wait are sent to ask for themselves.
const FAILURES_MAX: u32 = 5;
/// A stream that begins with the newest block, which is there, and has not given it after so long is of no use.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// Pauses between them.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// After the peers refused, transactions go without the tracker for so long.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// Who waits beyond this number asks the peer: a bound on memory, a hundred times what a channel commits in a second.
const WAITS_MAX: usize = 200_000;

type Opened = Option<Result<(Box<Feed>, bool), Error>>;

/// What the task does about its stream.
enum Phase {
    Closed,
    Opening(BoxFuture<'static, Opened>),
    Open(Box<Feed>, bool),
    /// Until the next attempt, or until it may be tried again after a refusal.
    Pausing(Pin<Box<Sleep>>),
}

/// What happened.
enum Event {
    Command(Option<Command>),
    Opened(Opened),
    Message(Result<Option<Bytes>, Error>),
    Paused,
    Idle,
    /// The newest block was asked for and does not come.
    Silent,
}

pub(super) struct Task {
    source: Arc<Source>,
    commands: mpsc::UnboundedReceiver<Command>,
    standing: Arc<Stand>,
    height: Arc<AtomicU64>,
    waits: HashMap<TransactionId, Arc<Cell>>,
    phase: Phase,
    /// The block that is due; every wait is for a block from there on.
    next: Option<u64>,
    epoch: u64,
    failures: u32,
    needed: Instant,
    opened: Instant,
}

impl Task {
    pub(super) fn new(
        source: Source,
        commands: mpsc::UnboundedReceiver<Command>,
        standing: Arc<Stand>,
        height: Arc<AtomicU64>,
    ) -> Self {
        Self {
            source: Arc::new(source),
            commands,
            standing,
            height,
            waits: HashMap::new(),
            phase: Phase::Closed,
            next: None,
            epoch: 0,
            failures: 0,
            needed: Instant::now(),
            opened: Instant::now(),
        }
    }

    /// Runs until the gateway is gone.
    pub(super) async fn run(mut self) {
        loop {
            match self.event().await {
                Event::Command(None) | Event::Opened(None) => return self.release_all(),
                Event::Command(Some(command)) => self.obey(command),
                Event::Opened(Some(Ok((feed, is_own)))) => {
                    self.phase = Phase::Open(feed, is_own);
                    self.opened = Instant::now();
                }
                Event::Opened(Some(Err(error))) => self.failed(&error),
                Event::Message(message) => match self.take(message) {
                    Ok(()) => {}
                    Err(error) => self.failed(&error),
                },
                Event::Paused if self.failures > FAILURES_MAX => self.close(),
                Event::Paused => self.open(),
                Event::Idle => self.close(),
                Event::Silent => self.refuse(&Error::deadline(Step::FilteredBlocks, None)),
            }
        }
    }

    async fn event(&mut self) -> Event {
        let idle_at = self.needed + IDLE_MAX;
        let silent_at = self.opened + SILENCE_MAX;
        let may_be_silent = self.next.is_none() && matches!(self.phase, Phase::Open(..));
        let may_idle = self.waits.is_empty() && !matches!(self.phase, Phase::Closed);
        let phase = async {
            match &mut self.phase {
                Phase::Closed => std::future::pending().await,
                Phase::Opening(opening) => Event::Opened(opening.await),
                Phase::Open(feed, _) => Event::Message(feed.message().await),
                Phase::Pausing(pause) => {
                    pause.await;
                    Event::Paused
                }
            }
        };
        tokio::select! {
            biased;
            command = self.commands.recv() => Event::Command(command),
            event = phase => event,
            () = sleep_until(idle_at), if may_idle => Event::Idle,
            () = sleep_until(silent_at), if may_be_silent => Event::Silent,
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Wake => {
                self.needed = Instant::now();
                if matches!(self.phase, Phase::Closed) {
                    self.open();
                }
            }
            Command::Wait {
                epoch,
                transaction_id,
                cell,
            } => {
                self.needed = Instant::now();
                let stands = self.next.is_some() && epoch == self.epoch;
                if !stands || self.waits.len() >= WAITS_MAX {
                    cell.set(Answer::Lost);
                } else if let Some(former) = self.waits.insert(transaction_id, cell) {
                    former.set(Answer::Lost);
                }
            }
            Command::Forget(transaction_id) => {
                self.waits.remove(&transaction_id);
                // Room that a burst took is given back.
                if self.waits.capacity() > 4 * self.waits.len().max(1024) {
                    self.waits.shrink_to_fit();
                }
            }
        }
    }

    fn open(&mut self) {
        let (source, start) = (Arc::clone(&self.source), self.next);
        let failures = usize::try_from(self.failures).unwrap_or_default();
        self.phase = Phase::Opening(Box::pin(async move { source.open(start, failures).await }));
    }

    /// Takes a message in: a block, which answers those who wait for its transactions.
    fn take(&mut self, message: Result<Option<Bytes>, Error>) -> Result<(), Error> {
        let interrupted = || Error::Interrupted {
            step: Step::FilteredBlocks,
            block_number_next: self.next.unwrap_or_default(),
        };
        let message = message?.ok_or_else(interrupted)?;
        let block = self.source.read(&message)?;
        match self.next {
            Some(next) if block.number > next => {
                return Err(Error::Gap {
                    expected: next,
                    received: block.number,
                });
            }
            // A repetition, which another peer's stream may begin with.
            Some(next) if block.number < next => return Ok(()),
            _ => {}
        }
        self.failures = 0;
        self.listen();
        self.answer(&block);
        let height = block.number.saturating_add(1);
        self.next = Some(height);
        if let Phase::Open(_, true) = self.phase {
            self.height.fetch_max(height, Ordering::Relaxed);
        }
        self.standing.set(Standing::Follows(self.epoch));
        Ok(())
    }

    /// Hears all who began to wait before the block that has come was made.
    fn listen(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            self.obey(command);
        }
    }

    fn answer(&mut self, block: &peer::FilteredBlock) {
        if self.waits.is_empty() {
            return;
        }
        for transaction in &block.filtered_transactions {
            let Some(cell) = self.waits.remove(transaction.txid.as_str()) else {
                continue;
            };
            let code = ValidationCode::from_number(transaction.tx_validation_code);
            cell.set(match code {
                // Somebody else's copy came first, in a block that was not seen: the peer knows its verdict.
                ValidationCode::DUPLICATE_TXID => Answer::Lost,
                _ => Answer::Committed {
                    block_number: block.number,
                    code,
                },
            });
        }
    }

    /// The stream broke or was refused. While it goes on from the block that is due, nothing is lost.
    fn failed(&mut self, error: &Error) {
        self.failures += 1;
        let is_refused = !crate::events::is_mendable(error, self.next.is_some())
            && !matches!(error, Error::Malformed { .. } | Error::Gap { .. });
        if is_refused || self.failures > FAILURES_MAX {
            return self.refuse(error);
        }
        tracing::debug!(%error, next = self.next, "stream of commits broke; asking again");
        self.pause(Backoff::new(PAUSE_FIRST, PAUSE_MAX).delay(self.failures - 1));
    }

    /// Goes without a stream for a while; who waits asks the peer.
    fn refuse(&mut self, error: &Error) {
        tracing::warn!(%error, waits = self.waits.len(), "no stream of commits; peers are asked one by one");
        self.failures = FAILURES_MAX + 1;
        self.forget_position(Standing::Refused);
        self.pause(REFUSED_FOR);
    }

    fn pause(&mut self, pause: Duration) {
        self.phase = Phase::Pausing(Box::pin(tokio::time::sleep(pause)));
    }

    fn close(&mut self) {
        self.phase = Phase::Closed;
        self.failures = 0;
        self.forget_position(Standing::Idle);
    }

    /// From here on nobody knows which blocks were seen: a wait of a new epoch begins anew.
    fn forget_position(&mut self, standing: Standing) {
        self.next = None;
        self.epoch += 1;
        self.standing.set(standing);
        self.release_all();
    }

    fn release_all(&mut self) {
        for (_, cell) in self.waits.drain() {
            cell.set(Answer::Lost);
        }
    }
}
