//! How much one client can ask for at once.

use fabric_protos::gateway::{ChaincodeEventsRequest, EndorseRequest};
use tonic::Code;

use crate::support::{Client, client::assert_fails, ephemeral, wait};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_calls_fill_a_gateway() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let mut streams = Vec::new();
    for _ in 0..500 {
        let request = client.events_request(ChaincodeEventsRequest::default());
        streams.push(
            client
                .gateway()
                .chaincode_events(request)
                .await
                .unwrap()
                .into_inner(),
        );
    }
    let text = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)";
    assert_fails(client.status("id").await, Code::Unknown, text);
    let other = Client::of(&network, 2).await;
    let refused = other.gateway().endorse(EndorseRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);

    drop(streams);

    wait::until("streams that were dropped free their places", || {
        let client = client.clone();
        async move {
            let refused = client.gateway().endorse(EndorseRequest::default()).await;
            refused.unwrap_err().code() == Code::InvalidArgument
        }
    })
    .await;
}
