//! `qscc` and `cscc`, and who may call what without a channel.

use bytes::Bytes;
use fabric_ledger::block;
use fabric_msp::SigningIdentity;
use fabric_protos::{
    common::{Block, BlockchainInfo, Config},
    peer::{ChannelQueryResponse, ProcessedTransaction, Response},
};
use prost::Message;

use crate::support::{Client, DEPLOYED, EITHER, Setup, client::user, ephemeral, setup};

async fn started() -> (Setup, Client) {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    (setup, client)
}

#[track_caller]
fn read<M: Message + Default>(response: Response) -> M {
    assert_eq!((response.status, &*response.message), (200, ""));
    M::decode(response.payload).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn qscc_tells_the_chain_as_deliver_does() {
    let (_setup, client) = started().await;
    let committed = client.transact(&["put", "a", "1"]).await.unwrap();
    let height = DEPLOYED + 1;
    let blocks = client.blocks(0, height - 1).await;
    let last = blocks.last().unwrap();
    let hash = block::decode(last).unwrap().header_hash;

    let ask = async |args: &[&str]| client.call_text("qscc", args).await;
    let info: BlockchainInfo = read(ask(&["GetChainInfo", "mychannel"]).await);
    assert_eq!(info.height, height);
    assert_eq!(*info.current_block_hash, hash);
    assert_eq!(
        info.previous_block_hash,
        last.header.as_ref().unwrap().previous_hash
    );
    for (number, block) in blocks.iter().enumerate() {
        let number = number.to_string();
        let found: Block = read(ask(&["GetBlockByNumber", "mychannel", &number]).await);
        assert_eq!(&found, block);
    }
    let newest = u64::MAX.to_string();
    let found: Block = read(ask(&["GetBlockByNumber", "mychannel", &newest]).await);
    assert_eq!(&found, last);
    let found: Block = read(ask(&["GetBlockByTxID", "mychannel", &committed.id]).await);
    assert_eq!(&found, last);
    let args = [
        Bytes::from("GetBlockByHash"),
        Bytes::from("mychannel"),
        hash.to_vec().into(),
    ];
    let found: Block = read(client.call("qscc", &args).await);
    assert_eq!(&found, last);
    let found: ProcessedTransaction =
        read(ask(&["GetTransactionByID", "mychannel", &committed.id]).await);
    assert_eq!(found.validation_code, 0);
    let data = &last.data.as_ref().unwrap().data[0];
    assert_eq!(found.transaction_envelope.unwrap().encode_to_vec(), **data);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_evaluates_qscc() {
    let (_setup, client) = started().await;
    let proposed = client.propose("qscc", &["GetChainInfo", "mychannel"]);
    let request = fabric_protos::gateway::EvaluateRequest {
        transaction_id: proposed.id.clone(),
        channel_id: client.channel.clone(),
        proposed_transaction: Some(proposed.signed.clone()),
        target_organizations: Vec::new(),
    };
    let response = client.gateway().evaluate(request).await.unwrap();
    let info: BlockchainInfo = read(response.into_inner().result.unwrap());
    assert_eq!(info.height, DEPLOYED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn qscc_and_cscc_refuse_in_fabrics_words() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let id = "00".repeat(32);
    let cases: &[(&str, &[&str], &str)] = &[
        ("qscc", &[], "Incorrect number of arguments, 0"),
        (
            "qscc",
            &["GetChainInfo"],
            "Incorrect number of arguments, 1",
        ),
        (
            "qscc",
            &["GetBlockByNumber", "mychannel"],
            "missing 3rd argument for GetBlockByNumber",
        ),
        (
            "qscc",
            &["GetChainInfo", "nowhere"],
            "Invalid chain ID, nowhere",
        ),
        (
            "qscc",
            &["Unknown", "mychannel", "x"],
            "access denied for [Unknown][mychannel]: [Unmapped policy for qscc/Unknown]",
        ),
        (
            "qscc",
            &["GetBlockByNumber", "mychannel", "one"],
            "Failed to parse block number with error strconv.ParseUint: parsing \"one\": invalid syntax",
        ),
        (
            "qscc",
            &["GetBlockByNumber", "mychannel", "99999999999999999999"],
            "Failed to parse block number with error strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
        ),
        (
            "qscc",
            &["GetBlockByNumber", "mychannel", "7"],
            "Failed to get block number 7, error no such block number [7] in index",
        ),
        (
            "qscc",
            &["GetBlockByHash", "mychannel", "x"],
            "Failed to get block hash x, error no such block hash [78] in index",
        ),
        (
            "qscc",
            &["GetTransactionByID", "mychannel", &id],
            "Failed to get transaction with id 0000000000000000000000000000000000000000000000000000000000000000, error no such transaction ID [0000000000000000000000000000000000000000000000000000000000000000] in index",
        ),
        ("cscc", &[], "Incorrect number of arguments, 0"),
        (
            "cscc",
            &["GetConfigBlock"],
            "Incorrect number of arguments, 1",
        ),
        (
            "cscc",
            &["Unknown", "x"],
            "Requested function Unknown not found.",
        ),
        (
            "cscc",
            &["GetConfigBlock", "nowhere"],
            "access denied for [GetConfigBlock][nowhere]: Failed to get policy manager for channel [nowhere]",
        ),
        (
            "cscc",
            &["GetChannelConfig", ""],
            "empty channel name provided",
        ),
        (
            "cscc",
            &["JoinChain", "x"],
            "Failed to reconstruct the genesis block, error unmarshalling Block: proto: cannot parse invalid wire-format data",
        ),
        (
            "cscc",
            &["JoinChainBySnapshot", "folder"],
            "access denied for [JoinChainBySnapshot]: [Failed verifying that proposal's creator satisfies local MSP principal during channelless check policy with policy [Admins]: [The identity is not an admin under this MSP [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]]",
        ),
    ];
    for (chaincode, args, expected) in cases {
        let response = client.call_text(chaincode, args).await;
        assert_eq!(
            (response.status, &*response.message),
            (500, *expected),
            "{args:?}"
        );
    }
    let admin = Client::with(&network, 1, user(&network, 1, "Admin")).await;
    let alone = admin.on_channel("");
    let genesis = client.blocks(0, 0).await[0].encode_to_vec();
    let join = [Bytes::from("JoinChain"), genesis.into()];
    assert_eq!(
        alone.call("cscc", &join).await.message,
        "cannot create ledger from genesis block: ledger [mychannel] already exists with state [ACTIVE]"
    );
    let response = alone.call_text("cscc", &["JoinChainBySnapshot", "x"]).await;
    assert!(
        response
            .message
            .starts_with("JoinChainBySnapshot is not supported")
    );
    let response = alone.call_text("cscc", &["JoinBySnapshotStatus"]).await;
    assert_eq!((response.status, response.payload.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cscc_tells_channels_and_their_configuration() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let alone = client.on_channel("");

    let channels: ChannelQueryResponse = read(alone.call_text("cscc", &["GetChannels"]).await);
    let names: Vec<_> = channels
        .channels
        .iter()
        .map(|channel| &*channel.channel_id)
        .collect();
    assert_eq!(names, ["mychannel"]);
    for client in [&client, &alone] {
        let block: Block = read(
            client
                .call_text("cscc", &["GetConfigBlock", "mychannel"])
                .await,
        );
        assert_eq!(block.header.unwrap().number, 0);
        let config: Config = read(
            client
                .call_text("cscc", &["GetChannelConfig", "mychannel"])
                .await,
        );
        assert!(
            config
                .channel_group
                .unwrap()
                .groups
                .contains_key("Application")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_without_a_channel_are_for_the_peers_own_organisation() {
    let network = ephemeral().await;
    let other: SigningIdentity = user(&network, 2, "Admin");
    let stranger = Client::with(&network, 1, other).await;
    let alone = stranger.on_channel("");

    let proposed = alone.propose("cscc", &["GetChannels"]);
    let status = alone
        .endorser()
        .process_proposal(proposed.signed)
        .await
        .unwrap_err();
    assert_eq!(
        status.message(),
        "error validating proposal: access denied: channel [] creator org unknown, creator is malformed"
    );
    // On a channel of both, the peer's own functions still ask for its own organisation.
    let response = stranger.call_text("cscc", &["GetChannels"]).await;
    assert_eq!(
        response.message,
        "access denied for [GetChannels]: Failed deserializing proposal creator during channelless check policy with policy [Members]: [expected MSP ID Org1MSP, received Org2MSP]"
    );
    let member = Client::user1(&network).await.on_channel("");
    let proposed = member.propose("basic", &["get", "a"]);
    let response = member.ask(&proposed).await.response.unwrap();
    assert_eq!(
        response.message,
        "make sure the chaincode basic has been successfully defined on channel  and try again: could not get channel config for channel ''"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_channel_is_not_endorsed() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let endorsed = client.ask(&client.propose("cscc", &["GetChannels"])).await;
    assert!(endorsed.endorsement.is_some() && !endorsed.payload.is_empty());
    let alone = client.on_channel("");
    let answer = alone.ask(&alone.propose("cscc", &["GetChannels"])).await;
    assert!(answer.endorsement.is_none() && answer.payload.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chaincode_cannot_call_qscc() {
    let (_setup, client) = started().await;
    let status = client
        .evaluate(&["call", "qscc", "GetChainInfo", "mychannel"])
        .await
        .unwrap_err();
    let details = crate::support::client::details(&status);
    let message = &details[0].message;
    assert!(
        message.contains("Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for 'basic'"),
        "{message}"
    );
}
