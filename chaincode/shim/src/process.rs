//! A whole process that serves one chaincode: a runtime, signals, an exit code.

use std::{error::Error, fmt::Write as _, process::ExitCode};

use fabric_contract_api_rust::peer::Chaincode;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    server::{ServeError, Server},
    settings::Settings,
};

/// Blocking threads beside those of transactions: files, name look-ups and the standard streams.
const THREADS_SPARE: usize = 16;

/// Serves a chaincode as the environment says, until SIGTERM or SIGINT; for `main` to return.
///
/// [`Settings::from_variables`] lists the variables. What goes wrong is logged as an error and
/// written to the standard error stream.
pub fn serve_from_env(chaincode: impl Chaincode) -> ExitCode {
    let served = Settings::from_variables(|name| std::env::var(name).ok())
        .map_err(Box::<dyn Error>::from)
        .and_then(|settings| Ok(serve(chaincode, settings)?));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

/// Serves a chaincode until SIGTERM or SIGINT, on a runtime of its own; returns after the drain.
///
/// A contract that still computes then is left to the end of the process.
///
/// # Errors
/// The server does not start, or stops by itself.
pub fn serve(chaincode: impl Chaincode, settings: Settings) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(
            settings
                .limits
                .concurrency_max
                .saturating_add(settings.limits.given_up_max)
                .saturating_add(THREADS_SPARE),
        )
        .build()
        .map_err(ServeError::Threads)?;
    let outcome = runtime.block_on(async {
        let stop = stop_signal()?;
        Server::builder(chaincode)
            .settings(settings)
            .serve_with_shutdown(stop)
            .await
    });
    runtime.shutdown_background();
    outcome
}

/// Completes at SIGTERM or SIGINT. From the call on, neither kills the process.
///
/// # Errors
/// The handlers cannot be installed.
fn stop_signal() -> Result<impl Future<Output = ()>, ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
