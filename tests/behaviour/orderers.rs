//! What an orderer takes, and what it answers to the rest.

use bytes::Bytes;
use e2e::wire::Client;
use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::common::{Envelope, HeaderType, Payload};
use prost::Message as _;

use crate::case::{Case, call, observe};
use crate::ops::*;

async fn send(case: &mut Case, client: &Client, what: &str, envelope: Envelope) {
    let answers = client.broadcast(vec![envelope]).await;
    let text = match answers {
        Ok(answers) => {
            let answers = answers.iter().map(|answer| {
                let status = answer.status().as_str_name();
                format!("{status} {}", answer.info)
            });
            answers.collect::<Vec<_>>().join("\n")
        }
        Err(status) => crate::describe::failure(&status),
    };
    case.note(what, text);
}

// An envelope of another type is ordered, and may stop every peer of a real channel: none is sent.
#[test]
fn envelopes_that_are_none_are_refused() {
    observe("broadcast", async |case| {
        let client = case.client(1);
        let garbage = Bytes::from_static(&[0xff; 20]);
        let empty = Payload::default();
        let headed = |r#type: HeaderType| client.envelope(r#type, Bytes::from_static(b"data"));
        send(case, &client, "nothing", Envelope::default()).await;
        let envelope = Envelope {
            payload: garbage.clone(),
            signature: garbage.clone(),
        };
        send(case, &client, "garbage", envelope).await;
        send(case, &client, "no header", client.sign_payload(&empty)).await;
        let unsigned = Envelope {
            signature: Bytes::new(),
            ..headed(HeaderType::EndorserTransaction)
        };
        send(case, &client, "no signature", unsigned).await;
        let forged = Envelope {
            signature: client.sign(b"x"),
            ..headed(HeaderType::EndorserTransaction)
        };
        send(case, &client, "wrong signature", forged).await;
        let nowhere = client.on_channel("nowhere");
        let elsewhere = nowhere.envelope(HeaderType::EndorserTransaction, garbage.clone());
        send(case, &client, "unknown channel", elsewhere).await;
        let nameless = client
            .on_channel("")
            .envelope(HeaderType::EndorserTransaction, garbage.clone());
        send(case, &client, "no channel", nameless).await;
        for r#type in [
            HeaderType::Config,
            HeaderType::ConfigUpdate,
            HeaderType::OrdererTransaction,
        ] {
            send(case, &client, r#type.as_str_name(), headed(r#type)).await;
        }
        let organization =
            Organization::generate(&OrganizationSpec::peer(1)).expect("an organisation");
        let identity = organization
            .member("User1")
            .expect("a user")
            .identity()
            .clone();
        let stranger = client
            .signing_as(identity)
            .envelope(HeaderType::EndorserTransaction, garbage);
        send(case, &client, "a stranger", stranger).await;
        Ok(())
    });
}

#[test]
fn gateway_tells_what_the_orderer_said() {
    observe("submit", async |case| {
        case.probe("probe").await;
        let client = case.client(1);
        let proposed = case.propose(&client, &call("probe", &[put(&case.key("a"), "1")]));
        let good = client
            .endorse(&proposed, &["Org1MSP"])
            .await
            .expect("it is endorsed");
        let submit = async |case: &mut Case, what: &str, id: &str, envelope: &Envelope| {
            let result = client.submit(id, envelope).await;
            case.note_result(what, &result);
        };
        submit(case, "nothing", &proposed.id, &Envelope::default()).await;
        let unsigned = Envelope {
            signature: Bytes::new(),
            ..good.clone()
        };
        submit(case, "no signature", &proposed.id, &unsigned).await;
        let forged = Envelope {
            signature: client.sign(b"x"),
            ..good.clone()
        };
        submit(case, "wrong signature", &proposed.id, &forged).await;
        let garbage = Envelope {
            payload: Bytes::from_static(&[0xff; 9]),
            ..good.clone()
        };
        submit(case, "garbage", &proposed.id, &garbage).await;
        let nowhere = client.on_channel("nowhere");
        let result = nowhere.submit(&proposed.id, &good).await;
        case.note_result("unknown channel", &result);
        submit(case, "other transaction id", "other", &good).await;
        submit(case, "good", &proposed.id, &good).await;
        let large = Payload {
            header: None,
            data: vec![0; 11 << 20].into(),
        }
        .encode_to_vec();
        let large = Envelope {
            payload: large.into(),
            signature: Bytes::new(),
        };
        submit(case, "larger than a block may be", &proposed.id, &large).await;
        Ok(())
    });
}
