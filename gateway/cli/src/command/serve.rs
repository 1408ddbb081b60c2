//! `selvedge serve`: the HTTP service over a mirrored database.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use asset_did::{Did, Policy};
use asset_service::{Cache, Service, router};
use clap::Args;
use tokio::net::TcpListener;

use crate::database::Database;
use crate::kyc::CREDENTIAL_TYPE;
use crate::output::Output;

#[derive(Args)]
pub(crate) struct Serve {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", env = "SELVEDGE_LISTEN")]
    listen: SocketAddr,
    /// Redis for the cache; every read goes to the database where none is given.
    #[arg(long, env = "REDIS_URL", value_name = "URL")]
    redis: Option<String>,
    /// DID of an issuer that is trusted for KYC; may be given again.
    #[arg(long = "trust", value_name = "DID")]
    trusted: Vec<String>,
    #[command(flatten)]
    database: Database,
}

impl Serve {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        let store = self.database.connect().await?;
        let cache = match &self.redis {
            Some(url) => Cache::connect(url)
                .await
                .with_context(|| format!("cannot reach Redis at {url}"))?,
            None => Cache::none(),
        };
        let policy = self.policy()?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| {
            format!(
                "cannot listen on {}; choose another with --listen",
                self.listen
            )
        })?;
        output.progress(&format!("listening on http://{}", listener.local_addr()?));
        axum::serve(listener, router(Service::new(store, cache, policy)))
            .with_graceful_shutdown(async {
                let _ = crate::signal::ended().await;
            })
            .await?;
        Ok(ExitCode::SUCCESS)
    }

    fn policy(&self) -> anyhow::Result<Option<Policy>> {
        let mut policy = Policy::for_type(CREDENTIAL_TYPE);
        for issuer in &self.trusted {
            policy = policy.trust_issuer(&Did::parse(issuer)?);
        }
        Ok((!self.trusted.is_empty()).then_some(policy))
    }
}
