//! Waiting for the signals that end a program.

use tokio::signal::unix::{SignalKind, signal};

/// Returns on Ctrl-C (SIGINT) or SIGTERM.
pub(crate) async fn ended() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
