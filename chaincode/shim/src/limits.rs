//! Bounds of a server: how long, how many at once, how many bytes.

use std::time::Duration;

/// A peer's default `chaincode.executetimeout`.
const EXECUTE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

/// Below the 30 s that Kubernetes and systemd units commonly grant between SIGTERM and SIGKILL.
const DRAIN_TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);

/// Transactions mostly wait for their peer, so many more run than there are cores. Half of what
/// one peer's gateway admits by default (500), and within tokio's 512 blocking threads.
const CONCURRENCY_DEFAULT: usize = 256;

/// Transactions that wait for a thread. An endorser admits 2,500 at once by default: one peer at
/// its limit is not refused here.
const QUEUE_DEFAULT: usize = 2_500;

/// A thread that never ends burns a core. So many of them are no accident, and with the threads that
/// may run they are within tokio's 512 blocking threads.
const GIVEN_UP_DEFAULT: usize = 64;

/// A peer answers REGISTER at once or, having refused it, never.
const HANDSHAKE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);

/// The longest lead of the deadline over the peer's own timeout.
const DEADLINE_LEAD_MAX: Duration = Duration::from_secs(2);

/// The largest request and the largest reply (100 MiB each), and room for some more.
const TRANSACTION_BYTES_DEFAULT: usize = 256 * 1024 * 1024;

/// Four of the largest transactions, or 2,756 of 380 kB each.
const MEMORY_BYTES_DEFAULT: usize = 1024 * 1024 * 1024;

/// Certificates are renewed hours before they expire.
const TLS_RELOAD_DEFAULT: Duration = Duration::from_secs(30);

/// Bounds of a server: how long, how many at once, how many bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The peer's `chaincode.executetimeout`; a transaction is ended a little earlier.
    pub execute_timeout: Duration,
    /// How long a peer may take to answer REGISTER.
    pub handshake_timeout: Duration,
    /// How long transactions in flight may go on after a shutdown was asked for.
    pub drain_timeout: Duration,
    /// Transactions that run at once, each on its own thread.
    pub concurrency_max: usize,
    /// Transactions that wait for a thread; one more is answered with ERROR.
    pub queue_max: usize,
    /// Threads that were given up because their contract went on after its deadline, and still run;
    /// with so many of them every transaction is answered with ERROR, and the server's health is
    /// `NOT_SERVING`.
    pub given_up_max: usize,
    /// Bytes of one transaction: its request, the replies to it and what it sends. More is an error
    /// of its contract.
    pub transaction_bytes_max: usize,
    /// Bytes of all transactions in flight, counted likewise. A transaction for which there are none
    /// is answered with ERROR.
    pub memory_bytes_max: usize,
    /// How often files of TLS material are looked at for changes.
    pub tls_reload_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            execute_timeout: EXECUTE_TIMEOUT_DEFAULT,
            handshake_timeout: HANDSHAKE_TIMEOUT_DEFAULT,
            drain_timeout: DRAIN_TIMEOUT_DEFAULT,
            concurrency_max: CONCURRENCY_DEFAULT,
            queue_max: QUEUE_DEFAULT,
            given_up_max: GIVEN_UP_DEFAULT,
            transaction_bytes_max: TRANSACTION_BYTES_DEFAULT,
            memory_bytes_max: MEMORY_BYTES_DEFAULT,
            tls_reload_interval: TLS_RELOAD_DEFAULT,
        }
    }
}

impl Limits {
    /// How long a transaction may take: the peer's timeout less a tenth, at most two seconds less.
    ///
    /// The answer has to reach the peer while it still waits, and no request may reach it later:
    /// older peers crash when a range query outlives its transaction.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.execute_timeout - (self.execute_timeout / 10).min(DEADLINE_LEAD_MAX)
    }
}
