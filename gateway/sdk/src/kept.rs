//! Steps kept as bytes, to be signed elsewhere and taken up again: the same messages that the
//! official clients keep, so that their bytes and these can be exchanged.

use bytes::Bytes;
use fabric_protos::{common, gateway, peer};
use prost::Message;

use crate::block::{BlockError, decode};
use crate::commit::Commit;
use crate::error::{Error, Step};
use crate::gateway::Gateway;
use crate::proposal::Proposal;
use crate::transaction::Transaction;
use crate::transaction_id::TransactionId;

impl Gateway {
    /// Takes up a proposal from [`Proposal::to_bytes`], with the limits of this gateway. Set the
    /// signature with [`Proposal::with_signature`] unless the bytes hold it.
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no proposal, or one of another transaction than they say.
    pub fn proposal_from_bytes(&self, bytes: impl Into<Bytes>) -> Result<Proposal, Error> {
        let what = "proposal";
        let kept: gateway::ProposedTransaction = read(what, &bytes.into())?;
        let signed = kept.proposal.unwrap_or_default();
        let proposal: peer::Proposal = read(what, &signed.proposal_bytes)?;
        let header: common::Header = read(what, &proposal.header)?;
        let (network, id) = self.line(what, &header, kept.transaction_id)?;
        Ok(Proposal::kept(
            network,
            id,
            header,
            signed,
            kept.endorsing_organizations,
        ))
    }

    /// Takes up a transaction from [`Transaction::to_bytes`], with the limits of this gateway.
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no transaction, or another one than they say.
    pub fn transaction_from_bytes(&self, bytes: impl Into<Bytes>) -> Result<Transaction, Error> {
        let what = "transaction";
        let kept: gateway::PreparedTransaction = read(what, &bytes.into())?;
        let envelope = kept.envelope.unwrap_or_default();
        let payload: common::Payload = read(what, &envelope.payload)?;
        let header = payload.header.unwrap_or_default();
        let (network, id) = self.line(what, &header, kept.transaction_id)?;
        let (timeouts, signature) = (network.shared().timeouts, envelope.signature.clone());
        let transaction = Transaction::prepared(&network, &id, &header, envelope, timeouts)
            .map_err(|error| as_kept(what, error))?;
        Ok(transaction.kept(signature))
    }

    /// Takes up the question for a commit from [`Commit::to_bytes`]. The result of the transaction
    /// is not in it.
    ///
    /// # Errors
    ///
    /// [`Error::NotKept`] if the bytes are no such question.
    pub fn commit_from_bytes(&self, bytes: impl Into<Bytes>) -> Result<Commit, Error> {
        let what = "commit status request";
        let kept: gateway::SignedCommitStatusRequest = read(what, &bytes.into())?;
        let request: gateway::CommitStatusRequest = read(what, &kept.request)?;
        if request.transaction_id.is_empty() {
            return Err(not_kept(what, "it names no transaction", None));
        }
        let network = self.network(request.channel_id);
        let commit = Commit::of(&network, &request.transaction_id.into());
        Ok(commit.kept(kept.request, kept.signature))
    }

    /// Channel and transaction of a header, which must be those that stand beside it.
    fn line(
        &self,
        what: &'static str,
        header: &common::Header,
        transaction_id: String,
    ) -> Result<(crate::network::Network, TransactionId), Error> {
        let channel: common::ChannelHeader = read(what, &header.channel_header)?;
        if channel.tx_id.is_empty() || channel.tx_id != transaction_id {
            return Err(not_kept(what, "its transaction id is another one", None));
        }
        Ok((self.network(channel.channel_id), transaction_id.into()))
    }
}

pub(crate) fn read<M: Message + Default>(what: &'static str, bytes: &Bytes) -> Result<M, Error> {
    decode(what, bytes).map_err(|source| not_kept(what, "a part of it", Some(source)))
}

pub(crate) fn not_kept(
    what: &'static str,
    reason: &'static str,
    source: Option<BlockError>,
) -> Error {
    Error::NotKept {
        what,
        reason,
        source,
    }
}

/// What would be a peer's fault in an answer is one of the bytes here.
fn as_kept(what: &'static str, error: Error) -> Error {
    match error {
        Error::Malformed {
            step: Step::Endorse,
            reason,
            source,
            ..
        } => not_kept(what, reason, source),
        other => other,
    }
}
