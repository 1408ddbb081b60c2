//! A query in preparation.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::Invocation;
use crate::error::Error;

/// A query in preparation; awaiting it gives the result.
pub type Evaluate = Invocation<Evaluation>;

/// Mode of an [`Invocation`] that queries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evaluation(());

/// A query whose result is JSON; awaiting it gives the value.
#[must_use = "nothing is called until it is awaited"]
pub struct EvaluateJson<T> {
    evaluate: Evaluate,
    value: PhantomData<fn() -> T>,
}

impl Invocation<Evaluation> {
    /// Limits how long the query may take.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.call.timeouts.evaluate = limit;
        self
    }

    /// Reads the result as JSON.
    pub fn json<T: DeserializeOwned>(self) -> EvaluateJson<T> {
        EvaluateJson {
            evaluate: self,
            value: PhantomData,
        }
    }

    async fn run(mut self) -> Result<Bytes, Error> {
        self.call.check()?;
        self.call.proposal()?.evaluate().await
    }

    async fn run_json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        self.call.check()?;
        let proposal = self.call.proposal()?;
        let result = proposal.evaluate().await?;
        serde_json::from_slice(&result).map_err(|source| Error::Result {
            transaction_id: proposal.transaction_id().clone(),
            source,
        })
    }
}

impl IntoFuture for Invocation<Evaluation> {
    type Output = Result<Bytes, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for EvaluateJson<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.evaluate.run_json())
    }
}
