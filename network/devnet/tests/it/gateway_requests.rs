//! Requests to the gateway that are none, and calls that outlive the network.

use bytes::Bytes;
use fabric_protos::{
    gateway::{
        ChaincodeEventsRequest, CommitStatusRequest, EndorseRequest, SignedCommitStatusRequest,
    },
    peer::SignedProposal,
};
use prost::Message as _;
use tonic::{Code, Status};

use crate::support::{Client, client::assert_fails, wait};

/// Checks what becomes of a proposal of these bytes.
async fn check_proposal(client: &Client, bytes: &[u8], endorse: &str, evaluate: &str) {
    let signed = SignedProposal {
        proposal_bytes: Bytes::copy_from_slice(bytes),
        ..Default::default()
    };
    let request = EndorseRequest {
        proposed_transaction: Some(signed.clone()),
        ..Default::default()
    };
    let endorsed = client.gateway().endorse(request).await;
    assert_fails(endorsed, Code::InvalidArgument, endorse);
    let proposed = crate::support::client::Proposed {
        id: String::new(),
        signed,
    };
    let evaluated = client.evaluate_proposal(&proposed, &[]).await;
    assert_fails(evaluated, Code::InvalidArgument, evaluate);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_that_are_none_are_refused() {
    let network = crate::support::ephemeral().await;
    let client = Client::user1(&network).await;
    check_proposal(
        &client,
        b"",
        "the proposed transaction must contain a signed proposal",
        "failed to unpack transaction proposal: a signed proposal is required",
    )
    .await;
    let malformed = "error unmarshalling Proposal: proto: cannot parse invalid wire-format data";
    check_proposal(
        &client,
        &[0xff; 9],
        malformed,
        &format!("failed to unpack transaction proposal: {malformed}"),
    )
    .await;
    let nameless = client.propose("", &["get", "a"]);
    assert_fails(
        client.evaluate_proposal(&nameless, &[]).await,
        Code::InvalidArgument,
        "failed to unpack transaction proposal: no chaincode name is provided, channel id [mychannel]",
    );
    assert_fails(
        client.endorse(&nameless, &[]).await,
        Code::FailedPrecondition,
        "no combination of peers can be derived which satisfy the endorsement policy: No metadata was found for chaincode  in channel mychannel",
    );
    let nowhere = client.on_channel("");
    let nowhere = nowhere.propose("basic", &["get", "a"]);
    assert_fails(
        client.evaluate_proposal(&nowhere, &[]).await,
        Code::InvalidArgument,
        "failed to unpack transaction proposal: no channel id provided",
    );
}

async fn status_of(client: &Client, request: CommitStatusRequest) -> Result<(), Status> {
    let request: Bytes = request.encode_to_vec().into();
    let signature = client.identity.sign(&request).unwrap();
    let signed = SignedCommitStatusRequest { request, signature };
    client.gateway().commit_status(signed).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_status_says_what_is_missing() {
    let network = crate::support::ephemeral().await;
    let client = Client::user1(&network).await;
    let nobody = CommitStatusRequest {
        transaction_id: "id".to_owned(),
        channel_id: "mychannel".to_owned(),
        identity: Bytes::new(),
    };
    let whole = CommitStatusRequest {
        identity: client.identity.serialized().clone(),
        ..nobody.clone()
    };
    let nowhere = CommitStatusRequest {
        channel_id: String::new(),
        ..whole.clone()
    };
    let nothing = CommitStatusRequest {
        transaction_id: String::new(),
        ..whole
    };
    let invalid = Code::InvalidArgument;
    assert_fails(
        status_of(&client, nobody).await,
        invalid,
        "no identity provided",
    );
    assert_fails(
        status_of(&client, nowhere).await,
        invalid,
        "no channel ID provided",
    );
    assert_fails(
        status_of(&client, nothing).await,
        invalid,
        "transaction ID should not be empty",
    );
    let empty = client
        .gateway()
        .commit_status(SignedCommitStatusRequest::default())
        .await;
    assert_fails(empty, invalid, "a commit status request is required");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_no_channel_are_refused() {
    let network = crate::support::ephemeral().await;
    let nowhere = Client::user1(&network).await.on_channel("");
    let request = nowhere.events_request(ChaincodeEventsRequest::default());
    assert_fails(
        nowhere.gateway().chaincode_events(request).await,
        Code::PermissionDenied,
        "Invalid channel ID name during check policy on signed data. Name must be different from nil.",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_status_ends_with_the_network() {
    let network = crate::support::ephemeral().await;
    let client = Client::user1(&network).await;
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.status("never").await }
    });
    wait::until("the call is served", || {
        let busy = client.clone();
        async move { busy.blocks(0, 0).await.len() == 1 }
    })
    .await;
    network.shutdown().await;
    let status = wait::within("the status", asking)
        .await
        .unwrap()
        .unwrap_err();
    // The answer, or the connection that ends with the network.
    assert!(
        status.message() == "unexpected close of commit notification channel"
            || status.code() == Code::Unavailable
            || status.code() == Code::Unknown,
        "{status:?}"
    );
}
