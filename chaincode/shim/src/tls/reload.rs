//! Certificates that are renewed while the server runs: their files are looked at now and then.
//!
//! New connections get the new material; a peer's connection, which lives for weeks, keeps the one
//! that it began with.

use std::{sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::sync::watch;

use super::{TlsError, TlsFiles, TlsPem};
use crate::metrics::Metrics;

/// Follows the files for ever. What cannot be used is logged once and left aside.
pub(crate) async fn follow(
    files: TlsFiles,
    interval: Duration,
    current: watch::Sender<Arc<ServerConfig>>,
    metrics: &Metrics,
) {
    let mut seen: Option<Result<TlsPem, String>> = read(&files).await.ok().map(Ok);
    loop {
        tokio::time::sleep(interval).await;
        let found = read(&files).await.map_err(with_cause);
        if seen.as_ref() == Some(&found) {
            continue;
        }
        let usable = found
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|pem| pem.config().map_err(with_cause));
        metrics.reloaded(usable.is_ok());
        match usable {
            Ok(config) => {
                tracing::info!("the TLS files have changed; new connections use them");
                current.send_replace(config);
            }
            Err(reason) => tracing::error!(
                reason,
                "the TLS files have changed and cannot be used; going on with those before"
            ),
        }
        seen = Some(found);
    }
}

/// Reads the files, off the threads that serve peers.
async fn read(files: &TlsFiles) -> Result<TlsPem, TlsError> {
    let files = files.clone();
    let read = tokio::task::spawn_blocking(move || files.load()).await;
    read.unwrap_or_else(|stopped| Err(TlsError::Unusable(stopped.into())))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it")]
fn with_cause(error: TlsError) -> String {
    match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
