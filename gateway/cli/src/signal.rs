//! Waiting for the signals that end a program.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Bit of SIGHUP in the masks of `/proc/self/status`.
const HANGUP_BIT: u64 = 1;

/// Returns on Ctrl-C (SIGINT) or SIGTERM.
pub(crate) async fn ended() -> std::io::Result<()> {
    Signals::listen()?.received().await;
    Ok(())
}

/// The signals that end a program, from when it listens: none that comes meanwhile is lost.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// SIGINT and SIGTERM.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: None,
        })
    }

    /// SIGINT, SIGTERM, and the end of the terminal, unless `nohup` asked to outlive it.
    pub(crate) fn listen_with_terminal() -> std::io::Result<Self> {
        let mut signals = Self::listen()?;
        if !ignores_hangup() {
            signals.hangup = Some(signal(SignalKind::hangup())?);
        }
        Ok(signals)
    }

    /// Returns at the first of them.
    pub(crate) async fn received(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hangup => {}
        }
    }
}

fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & HANGUP_BIT != 0)
}
