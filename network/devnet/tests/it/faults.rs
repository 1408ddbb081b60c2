//! What goes wrong on purpose.

use fabric_devnet::{Delivery, DevnetError, Fault, Network};
use fabric_protos::{
    gateway::ChaincodeEventsRequest, orderer::seek_position::Type as Position,
    peer::deliver_response::Type,
};
use serde_json::json;
use tonic::Code;

use crate::support::{
    Client, EITHER, Setup,
    admin::http,
    client::{assert_fails, details, orderer, range, specified},
    setup, wait,
};

const PEER: &str = "peer0.org1.example.com";

async fn started() -> (Setup, Client) {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    (setup, client)
}

fn deliver(node: Option<&str>, block: u64, how: Delivery) -> Fault {
    Fault::Deliver {
        node: node.map(str::to_owned),
        channel: "mychannel".to_owned(),
        block,
        how,
    }
}

/// Numbers of the blocks that a peer delivers of the first ones.
async fn numbers(client: &Client, last: u64) -> Vec<u64> {
    let request = tokio_stream::once(client.seek(&range(0, last)));
    let stream = client.deliver().deliver(request).await.unwrap();
    let mut stream = stream.into_inner();
    let mut numbers = Vec::new();
    while let Some(response) = wait::within("a block", stream.message()).await.unwrap() {
        match response.r#type.unwrap() {
            Type::Block(block) => numbers.push(block.header.unwrap().number),
            Type::Status(_) => break,
            other => panic!("{other:?}"),
        }
    }
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_are_dropped_duplicated_and_delayed_where_it_is_asked_for() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    for value in ["1", "2", "3"] {
        client.transact(&["put", "a", value]).await.unwrap();
    }
    let last = network.height() - 1;
    let all: Vec<_> = (0..=last).collect();
    let other = Client::of(&network, 2).await;
    let inject = async |fault| network.inject(fault).await.unwrap();
    inject(deliver(Some(PEER), 1, Delivery::Drop)).await;
    inject(deliver(Some(PEER), 2, Delivery::Duplicate)).await;
    inject(deliver(None, 0, Delivery::DelayMs(200))).await;

    let begin = std::time::Instant::now();
    let mut expected = vec![0, 2, 2];
    expected.extend(3..=last);
    assert_eq!(numbers(&client, last).await, expected);
    assert!(begin.elapsed() >= std::time::Duration::from_millis(200));
    assert_eq!(numbers(&other, last).await, all);
    assert_eq!(network.faults().len(), 3);
    inject(Fault::Clear).await;
    assert_eq!(numbers(&client, last).await, all);
    assert!(network.faults().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_orderer_and_event_streams_have_the_same_faults() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    let first = network.height();
    for name in ["one", "two"] {
        client.transact(&["event", name, "payload"]).await.unwrap();
    }
    network
        .inject(deliver(None, first, Delivery::Drop))
        .await
        .unwrap();

    let request = client.events_request(ChaincodeEventsRequest {
        chaincode_id: "basic".to_owned(),
        start_position: Some(specified(first)),
        ..Default::default()
    });
    let stream = client.gateway().chaincode_events(request).await.unwrap();
    let events = stream.into_inner().message().await.unwrap().unwrap();
    assert_eq!(events.block_number, first + 1);
    let Some(Position::Specified(_)) = specified(first).r#type else {
        panic!("no position");
    };
    let request = tokio_stream::once(client.seek(&range(first, first + 1)));
    let stream = orderer(&network).await.deliver(request).await.unwrap();
    let block = stream.into_inner().message().await.unwrap().unwrap();
    let fabric_protos::orderer::deliver_response::Type::Block(block) = block.r#type.unwrap() else {
        panic!("no block");
    };
    assert_eq!(block.header.unwrap().number, first + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_refuses_to_endorse_and_still_answers() {
    let setup = setup(Some("AND('Org1MSP.peer','Org2MSP.peer')")).await;
    let client = Client::user1(&setup.network).await;
    let fault = json!({"fault": "refuse", "msp_id": "Org2MSP"});
    let (code, faults) = http(&setup.network, "POST /faults", Some(fault.clone())).await;
    assert_eq!((code, faults), (200, json!([fault])));

    let refused = client.transact(&["put", "a", "1"]).await.unwrap_err();

    assert_eq!(refused.code(), Code::Aborted);
    let details = details(&refused);
    assert_eq!(details[0].msp_id, "Org2MSP");
    assert!(
        details[0].message.contains("refused on purpose"),
        "{details:?}"
    );
    let proposed = client.propose("basic", &["get", "a"]);
    let answer = client.evaluate_proposal(&proposed, &["Org2MSP"]).await;
    assert_eq!(answer.unwrap(), "");
    let clear = Some(json!({"fault": "clear"}));
    assert_eq!(
        http(&setup.network, "POST /faults", clear).await.1,
        json!([])
    );
    client.transact(&["put", "a", "1"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_chaincode_stream_fails_what_runs_and_is_dialled_again() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    let never = network
        .inject(Fault::BreakChaincode {
            chaincode: "nothing".to_owned(),
            peer: None,
        })
        .await;
    assert!(matches!(never.unwrap_err(), DevnetError::Refused(_)));
    assert_eq!(
        client.evaluate(&["echo", "before"]).await.unwrap(),
        "before"
    );
    let hanging = {
        let client = client.clone();
        let proposed = client.propose("basic", &["hang"]);
        tokio::spawn(async move { client.evaluate_proposal(&proposed, &["Org1MSP"]).await })
    };
    wait::until("the transaction runs", || async {
        let open =
            format!("grpc_server_calls_open{{node=\"{PEER}\",service=\"gateway.Gateway\"}} 1");
        crate::support::admin::metrics(&network)
            .await
            .contains(&open)
    })
    .await;

    // It may break before the transaction has reached the chaincode, which then hangs on a new one.
    wait::until("the transaction fails", || async {
        let fault = Fault::BreakChaincode {
            chaincode: "basic".to_owned(),
            peer: Some(PEER.to_owned()),
        };
        // There is nothing to break while it is dialled.
        let _ = network.inject(fault).await;
        hanging.is_finished()
    })
    .await;

    let failed = hanging.await.unwrap().unwrap_err();
    assert!(
        details(&failed)[0]
            .message
            .contains("chaincode stream terminated"),
        "{failed:?}"
    );
    assert_eq!(client.evaluate(&["echo", "after"]).await.unwrap(), "after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_refuses_requests_and_certificates() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    let skew = async |skew_ms| network.inject(Fault::ClockSkew { skew_ms }).await.unwrap();
    skew(-DAY_MS).await;
    let stream = client
        .deliver()
        .deliver(tokio_stream::once(client.seek(&range(0, 0))))
        .await;
    let response = stream.unwrap().into_inner().message().await.unwrap();
    assert_eq!(
        response.unwrap().r#type.unwrap(),
        Type::Status(fabric_protos::common::Status::BadRequest.into())
    );
    skew(20 * 365 * DAY_MS).await;
    let expired = client.transact(&["put", "a", "1"]).await.unwrap_err();
    assert!(
        details(&expired)[0]
            .message
            .contains("proposal client identity expired"),
        "{expired:?}"
    );
    skew(0).await;
    client.transact(&["put", "a", "1"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_that_cannot_be_are_refused() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        _client,
    ) = started().await;
    let cases = [
        (
            json!({"fault": "hold", "peer": "peer9", "channel": "mychannel"}),
            400,
            "no peer `peer9`",
        ),
        (
            json!({"fault": "hold", "peer": PEER, "channel": "nowhere"}),
            404,
            "no channel `nowhere`",
        ),
        (
            json!({"fault": "refuse", "msp_id": "Org9MSP"}),
            400,
            "no organisation `Org9MSP`",
        ),
        (
            json!({"fault": "clock-skew", "skew_ms": i64::MIN}),
            400,
            "1576800000000 ms at most",
        ),
        (
            json!({"fault": "deliver", "channel": "mychannel", "block": 1, "how": {"delay-ms": 3_600_001}}),
            400,
            "3600000 ms at most",
        ),
    ];
    for (fault, expected, text) in cases {
        let (code, answer) = http(&network, "POST /faults", Some(fault)).await;
        assert_eq!(code, expected);
        assert!(answer["error"].as_str().unwrap().contains(text), "{answer}");
    }
    check_lag_by_http(&network).await;
}

async fn check_lag_by_http(network: &Network) {
    let lag = json!({"fault": "lag", "peer": PEER, "channel": "mychannel", "blocks": 2});
    let (_, faults) = http(network, "POST /faults", Some(lag.clone())).await;
    assert_eq!(faults, json!([lag]));
    let (_, faults) = http(network, "GET /faults", None).await;
    assert_eq!(faults, json!([lag]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_transactions_commits_calls_and_heights() {
    let (
        Setup {
            network,
            chaincode: _chaincode,
        },
        client,
    ) = started().await;
    let proposed: Vec<_> = ["x", "y"]
        .map(|value| client.propose("basic", &["append", "a", value]))
        .into();
    let mut envelopes = Vec::new();
    for proposed in &proposed {
        envelopes.push(client.endorse(proposed, &[]).await.unwrap());
    }
    for (proposed, envelope) in proposed.iter().zip(&envelopes) {
        client
            .submit_and_wait(&proposed.id, envelope)
            .await
            .unwrap();
    }
    assert_fails(
        client.on_channel("nowhere").status("id").await,
        Code::PermissionDenied,
        "Failed to get policy manager for channel [nowhere]",
    );

    let text = crate::support::admin::metrics(&network).await;

    let height = network.height();
    let lines = [
        format!("ledger_blockchain_height{{channel=\"mychannel\",peer=\"{PEER}\"}} {height}"),
        "ledger_transaction_count{channel=\"mychannel\",validation_code=\"MVCC_READ_CONFLICT\"} 1"
            .to_owned(),
        format!(
            "ledger_block_processing_time_count{{channel=\"mychannel\"}} {}",
            height - 1
        ),
        format!(
            "grpc_server_requests{{node=\"{PEER}\",service=\"gateway.Gateway\",method=\"Endorse\",code=\"0\"}} 2"
        ),
        format!(
            "grpc_server_requests{{node=\"{PEER}\",service=\"gateway.Gateway\",method=\"CommitStatus\",code=\"7\"}} 1"
        ),
        format!("grpc_server_calls_open{{node=\"{PEER}\",service=\"protos.Deliver\"}} 0"),
        "# TYPE ledger_block_processing_time histogram".to_owned(),
    ];
    for line in lines {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
