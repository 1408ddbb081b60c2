//! The system chaincodes: `qscc`, `cscc` and `_lifecycle`, asked as a client asks them.

use bytes::Bytes;
use e2e::wire::{Call, Client, Proposed};
use fabric_protos::common::Block;
use fabric_protos::peer::{ProposalResponse, Response};
use prost::Message as _;

use crate::case::{Case, observe};
use crate::describe;
use crate::ops::*;

/// Asks Org1's endorser; notes status and message, and how long the payload is where there is one.
async fn ask(
    case: &mut Case,
    client: &Client,
    chaincode: &str,
    args: &[&[u8]],
) -> Option<Response> {
    let texts = args.iter().map(|arg| arg.escape_ascii().to_string());
    let what = format!("{chaincode} {}", texts.collect::<Vec<_>>().join(" "));
    let call = Call::new(
        chaincode,
        args.iter().map(|arg| Bytes::copy_from_slice(arg)),
    );
    let proposed: Proposed = case.propose(client, &call);
    let answer: Result<ProposalResponse, _> = client.process(1, &proposed.signed).await;
    match answer {
        Ok(answer) => {
            let response = answer.response.unwrap_or_default();
            let endorsed = if answer.endorsement.is_some() {
                ""
            } else {
                "not "
            };
            let payload = if response.payload.is_empty() {
                "no"
            } else {
                "a"
            };
            let text = format!(
                "{} {}\n{payload} payload\n{endorsed}endorsed",
                response.status, response.message
            );
            case.note(&what, text);
            Some(response)
        }
        Err(status) => {
            case.note(&what, describe::failure(&status));
            None
        }
    }
}

#[test]
fn qscc_tells_about_the_chain() {
    observe("qscc", async |case| {
        let client = case.client(1);
        let channel = client.channel.clone();
        let channel = channel.as_bytes();
        let ready = case
            .simulate("transaction", "probe", &[put(&case.key("a"), "1")], &[1])
            .await;
        let placed = case.commit(&[("transaction code", &ready)]).await?;
        ask(case, &client, "qscc", &[b"GetChainInfo", channel]).await;
        ask(case, &client, "qscc", &[b"GetBlockByNumber", channel, b"0"]).await;
        let answer = ask(
            case,
            &client,
            "qscc",
            &[b"GetBlockByTxID", channel, ready.id.as_bytes()],
        )
        .await;
        let block = Block::decode(answer.unwrap_or_default().payload).unwrap_or_default();
        let same = block.header.unwrap_or_default().number == placed[0].block;
        case.note("the block is the transaction's", same.to_string());
        ask(
            case,
            &client,
            "qscc",
            &[b"GetTransactionByID", channel, ready.id.as_bytes()],
        )
        .await;
        for args in [
            &[&b"GetBlockByNumber"[..], channel, b"99999999"][..],
            &[b"GetBlockByNumber", channel, b"x"],
            &[b"GetBlockByNumber", channel, b"-1"],
            &[b"GetBlockByNumber", channel],
            &[b"GetBlockByHash", channel, b"\x00\x01"],
            &[b"GetBlockByHash", channel, b""],
            &[b"GetTransactionByID", channel, b"x"],
            &[b"GetTransactionByID", channel, b""],
            &[b"GetBlockByTxID", channel, b"x"],
            &[b"GetChainInfo", b"nowhere"],
            &[b"GetChainInfo", b""],
            &[b"GetChainInfo"],
            &[b"Nothing", channel],
            &[b"Nothing"],
            &[],
        ] {
            ask(case, &client, "qscc", args).await;
        }
        Ok(())
    });
}

#[test]
fn cscc_tells_about_channels_to_those_who_may_know() {
    observe("cscc", async |case| {
        let client = case.client(1);
        let channel = client.channel.clone();
        let channel = channel.as_bytes();
        let nameless = client.on_channel("");
        let admin = case.suite.client(1, "Admin");
        let nameless_admin = admin.on_channel("");
        for (what, client) in [
            ("user", &client),
            ("user on no channel", &nameless),
            ("admin", &admin),
            ("admin on no channel", &nameless_admin),
        ] {
            case.note("asked by", what);
            for args in [
                &[&b"GetChannels"[..]][..],
                &[b"GetConfigBlock", channel],
                &[b"GetConfigBlock", b"nowhere"],
                &[b"GetChannelConfig", channel],
                &[b"JoinChain", b"garbage"],
                &[b"JoinChain"],
                &[b"Nothing"],
                &[b"Nothing", channel],
                &[],
            ] {
                ask(case, client, "cscc", args).await;
            }
        }
        Ok(())
    });
}

#[test]
fn lifecycle_functions_check_their_arguments() {
    observe("lifecycle_refusals", async |case| {
        // Lists of definitions and of packages have something in them.
        case.probe("probe").await;
        let client = case.client(1);
        let admin = case.suite.client(1, "Admin");
        let nameless_admin = admin.on_channel("");
        for (what, client) in [
            ("user", &client),
            ("admin", &admin),
            ("admin on no channel", &nameless_admin),
        ] {
            case.note("asked by", what);
            for args in [
                &[&b"InstallChaincode"[..], b""][..],
                &[b"InstallChaincode", b"garbage"],
                &[b"QueryInstalledChaincode", b""],
                &[b"GetInstalledChaincodePackage", b""],
                &[b"QueryInstalledChaincodes", b""],
                &[b"ApproveChaincodeDefinitionForMyOrg", b""],
                &[b"CommitChaincodeDefinition", b""],
                &[b"CheckCommitReadiness", b""],
                &[b"QueryApprovedChaincodeDefinition", b""],
                &[b"QueryChaincodeDefinition", b""],
                &[b"QueryChaincodeDefinitions", b""],
                &[b"QueryChaincodeDefinition", b"\x0a\x07nothing"],
                &[b"Nothing", b""],
                &[b"QueryInstalledChaincodes"],
                &[b"QueryInstalledChaincodes", b"", b""],
                &[b"QueryInstalledChaincodes", b"\xff\xff"],
                &[],
            ] {
                // What needs a channel fails in one way or another without.
                let needs_channel = args.first().is_some_and(|name| {
                    name.starts_with(b"Approve") || name.starts_with(b"QueryApproved")
                });
                if client.channel.is_empty() && needs_channel {
                    continue;
                }
                ask(case, client, "_lifecycle", args).await;
            }
        }
        Ok(())
    });
}
