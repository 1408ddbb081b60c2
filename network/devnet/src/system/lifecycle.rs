//! `_lifecycle`: packages of this peer, and definitions on its channels
//! (`core/chaincode/lifecycle/scc.go`). The rules are the ledger's.

mod definitions;
mod installed;

use std::sync::Arc;

use bytes::Bytes;
use fabric_ledger::lifecycle::LifecycleError;
use fabric_protos::peer::Response;
use prost::Message;

use super::{Call, NOT_FOUND, SUCCESS, Transaction, acl, error};
use crate::storage::StorageError;

/// Why a function fails.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Rules(#[from] LifecycleError<StorageError>),
    #[error(
        "could not decode input arg for *lifecycle.Invocation.{0}: proto: cannot parse invalid wire-format data"
    )]
    Input(String),
    #[error("receiver *lifecycle.Invocation.{0} does not exist")]
    Unknown(String),
    #[error("no application config for channel ''")]
    NoChannel,
    #[error("{0}")]
    Packages(String),
}

pub(super) fn wrong_number_of_arguments(count: usize) -> String {
    format!("lifecycle scc operations require exactly two arguments but received {count}")
}

/// Runs a function; without a channel only those about packages work.
pub(super) async fn invoke(call: &Call<'_>, transaction: Option<Transaction<'_, '_>>) -> Response {
    let count = call.arguments().len();
    if count == 0 {
        return error("lifecycle scc must be invoked with arguments");
    }
    if count != 2 {
        return error(wrong_number_of_arguments(count));
    }
    let function = call.text(0);
    if let Err(reason) = acl::check(call, &format!("_lifecycle/{function}"), call.channel()) {
        return error(format!(
            "Failed to authorize invocation due to failed ACL check: {reason}"
        ));
    }
    match dispatch(call, &function, transaction).await {
        Ok(payload) => Response {
            status: SUCCESS,
            payload,
            ..Default::default()
        },
        Err(failure @ Failure::Rules(LifecycleError::NotDefined(_))) => Response {
            status: NOT_FOUND,
            message: failure.to_string(),
            ..Default::default()
        },
        Err(failure) => error(format!(
            "failed to invoke backing implementation of '{function}': {failure}"
        )),
    }
}

async fn dispatch(
    call: &Call<'_>,
    function: &str,
    transaction: Option<Transaction<'_, '_>>,
) -> Result<Bytes, Failure> {
    let input = Input {
        function,
        bytes: call.arguments().get(1).cloned().unwrap_or_default(),
    };
    let compat = call.peer.chaincodes().compat;
    let packages = Arc::clone(call.peer.chaincodes().packages());
    match function {
        "InstallChaincode" => installed::install(packages, input.read()?).await,
        "QueryInstalledChaincodes" => input.read::<()>().and_then(|()| installed::query_all(call)),
        "QueryInstalledChaincode" => installed::query(call, &input.read()?),
        "GetInstalledChaincodePackage" => installed::package(packages, input.read()?).await,
        _ => {
            let (channel, simulator) = transaction.ok_or(Failure::NoChannel)?;
            let mut on = definitions::On {
                msp_id: call.peer.msp_id(),
                compat,
                channel,
                simulator,
            };
            match function {
                "ApproveChaincodeDefinitionForMyOrg" => on.approve(input.read()?),
                "QueryApprovedChaincodeDefinition" => on.query_approved(&input.read()?),
                "QueryApprovedChaincodeDefinitions" if compat.tells_all_of_approvals() => {
                    on.query_all_approved()
                }
                "CheckCommitReadiness" => on.check_commit_readiness(input.read()?),
                "CommitChaincodeDefinition" => on.commit(input.read()?),
                "QueryChaincodeDefinition" => on.query(&input.read()?),
                "QueryChaincodeDefinitions" => input.read::<()>().and_then(|()| on.query_all()),
                _ => Err(Failure::Unknown(function.to_owned())),
            }
        }
    }
}

/// A function's argument.
struct Input<'f> {
    function: &'f str,
    bytes: Bytes,
}

impl Input<'_> {
    fn read<M: Message + Default>(&self) -> Result<M, Failure> {
        M::decode(self.bytes.clone()).map_err(|_| Failure::Input(self.function.to_owned()))
    }
}

/// A function's result.
fn result(message: &impl Message) -> Bytes {
    message.encode_to_vec().into()
}
