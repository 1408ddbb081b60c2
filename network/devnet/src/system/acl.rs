//! Who may call what (`core/aclmgmt/defaultaclprovider.go`).

use super::{
    Call,
    local::{self, LocalRole},
};
use crate::{
    Compat,
    channel::{Channel, Policy, Resource},
};

/// Who a function asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Somebody of the peer's own organisation, whatever the channel.
    Peer(LocalRole),
    /// Somebody whom the channel lets.
    Channel(Policy),
}

/// Whether the caller may use a function, written `chaincode/function`, on a channel; none where
/// the call is about the peer alone.
pub(super) fn check(
    call: &Call<'_>,
    resource: &str,
    channel: Option<&Channel>,
) -> Result<(), String> {
    let signed = &call.proposal.signed;
    let creator = &call.proposal.signature_header.creator;
    let rule = rule(resource, call.peer.chaincodes().compat)
        .ok_or_else(|| format!("Unmapped policy for {resource}"))?;
    match (rule, channel) {
        (Rule::Peer(role), _) => {
            let (data, signature) = (&signed.proposal_bytes, &signed.signature);
            local::check(call.peer, role, creator, data, signature)
        }
        (Rule::Channel(default), Some(channel)) => channel
            .check(
                Resource {
                    name: resource,
                    default,
                },
                &signed.proposal_bytes,
                creator,
                &signed.signature,
            )
            .map(|_| ())
            .map_err(|denied| denied.on_channel(channel.name())),
        (Rule::Channel(policy), None) => Err(format!(
            "Failed getting local MSP principal during channelless check policy with policy [{path}]: [MSP Principal role [{path}] not recognized]",
            path = policy.path()
        )),
    }
}

fn rule(resource: &str, compat: Compat) -> Option<Rule> {
    Some(match resource {
        "_lifecycle/QueryApprovedChaincodeDefinitions" if compat.tells_all_of_approvals() => {
            Rule::Peer(LocalRole::Admins)
        }
        "_lifecycle/InstallChaincode"
        | "_lifecycle/QueryInstalledChaincode"
        | "_lifecycle/GetInstalledChaincodePackage"
        | "_lifecycle/QueryInstalledChaincodes"
        | "_lifecycle/ApproveChaincodeDefinitionForMyOrg"
        | "_lifecycle/QueryApprovedChaincodeDefinition"
        | "cscc/JoinChain"
        | "cscc/JoinChainBySnapshot"
        | "cscc/JoinBySnapshotStatus" => Rule::Peer(LocalRole::Admins),
        "cscc/GetChannels" => Rule::Peer(LocalRole::Members),
        "_lifecycle/CommitChaincodeDefinition"
        | "_lifecycle/QueryChaincodeDefinition"
        | "_lifecycle/QueryChaincodeDefinitions"
        | "_lifecycle/CheckCommitReadiness" => Rule::Channel(Policy::ApplicationWriters),
        "qscc/GetChainInfo"
        | "qscc/GetBlockByNumber"
        | "qscc/GetBlockByHash"
        | "qscc/GetTransactionByID"
        | "qscc/GetBlockByTxID"
        | "cscc/GetConfigBlock"
        | "cscc/GetChannelConfig" => Rule::Channel(Policy::ApplicationReaders),
        _ => return None,
    })
}
