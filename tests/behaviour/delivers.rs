//! What deliver streams of peers and orderers give for every way to ask.

use bytes::Bytes;
use e2e::wire::{Client, named_position, now};
use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::common::{BlockHeader, Envelope, HeaderType, Status as Outcome};
use fabric_protos::orderer::seek_info::SeekBehavior;
use fabric_protos::orderer::{self, SeekInfo};
use fabric_protos::peer::{DeliverResponse, deliver_response};
use prost::Message as _;
use tonic::Streaming;

use crate::case::{Case, observe, observe_alone, within};
use crate::describe;

/// Blocks noted at most: more show nothing new.
const BLOCKS_MAX: usize = 3;

fn status(number: i32) -> String {
    Outcome::try_from(number).map_or(number.to_string(), |status| status.as_str_name().to_owned())
}

/// Asks the peer, its filtered stream and the orderer, and notes blocks and statuses.
async fn ask(case: &mut Case, client: &Client, what: &str, request: Envelope) {
    let whole = peer(client, request.clone(), false).await;
    case.note(&format!("{what} from the peer"), whole);
    let filtered = peer(client, request.clone(), true).await;
    case.note(&format!("{what} filtered"), filtered);
    let ordered = from_orderer(client, request).await;
    case.note(&format!("{what} from the orderer"), ordered);
}

async fn peer(client: &Client, request: Envelope, filtered: bool) -> String {
    let requests = futures::stream::once(async { request });
    let answer = match filtered {
        true => client.deliver(1).deliver_filtered(requests).await,
        false => client.deliver(1).deliver(requests).await,
    };
    let answer = answer.map(tonic::Response::into_inner);
    gather(answer, |message: DeliverResponse| match message.r#type {
        Some(deliver_response::Type::Status(number)) => status(number),
        Some(deliver_response::Type::Block(block)) => number(block.header),
        Some(deliver_response::Type::FilteredBlock(block)) => {
            format!("filtered block {} of {}", block.number, block.channel_id)
        }
        _ => "something else".to_owned(),
    })
    .await
}

async fn from_orderer(client: &Client, request: Envelope) -> String {
    let requests = futures::stream::once(async { request });
    let answer = client.orderer().deliver(requests).await;
    let answer = answer.map(tonic::Response::into_inner);
    gather(answer, |message: orderer::DeliverResponse| {
        match message.r#type {
            Some(orderer::deliver_response::Type::Status(number)) => status(number),
            Some(orderer::deliver_response::Type::Block(block)) => number(block.header),
            None => "something else".to_owned(),
        }
    })
    .await
}

fn number(header: Option<BlockHeader>) -> String {
    format!("block {}", header.unwrap_or_default().number)
}

/// The first messages of a stream.
async fn gather<M>(
    answer: Result<Streaming<M>, tonic::Status>,
    text: impl Fn(M) -> String,
) -> String {
    let mut stream = match answer {
        Ok(stream) => stream,
        Err(status) => return describe::failure(&status),
    };
    let mut seen = Vec::new();
    while seen.len() < BLOCKS_MAX {
        let message = within("an answer", stream.message()).await;
        let end = !matches!(message, Ok(Some(_)));
        seen.push(match message {
            Ok(Some(message)) => text(message),
            Ok(None) => "end".to_owned(),
            Err(failure) => describe::failure(&failure),
        });
        if end {
            break;
        }
    }
    seen.join("\n")
}

#[test]
fn seeks_give_the_blocks_they_name() {
    observe_alone("seeks", async |case| {
        case.probe("probe").await;
        let client = case.client(1);
        let newest = client.newest(1).await;
        case.mask(&format!("block {newest}"), "block <newest>");
        let [far, next] = [newest + 50, newest + 1].map(|number| number.to_string());
        for (start, stop) in [
            ("0", "0"),
            ("0", "1"),
            ("oldest", "oldest"),
            ("oldest", "1"),
            ("newest", "newest"),
            ("2", "1"),
            ("1", "oldest"),
            ("next", "next"),
            (&far, &far),
            (&next, &next),
            ("newest", &next),
            ("0", "next"),
        ] {
            let seek = SeekInfo {
                start: Some(named_position(start)),
                stop: Some(named_position(stop)),
                behavior: SeekBehavior::FailIfNotReady.into(),
                ..Default::default()
            };
            let alias = |name: &str| match name {
                name if name == far => "<far>".to_owned(),
                name if name == next => "<newest + 1>".to_owned(),
                name => name.to_owned(),
            };
            let what = format!("{} to {}", alias(start), alias(stop));
            ask(case, &client, &what, client.seek(&seek)).await;
        }
        Ok(())
    });
}

#[test]
fn requests_that_are_none_are_refused() {
    observe("seeks_refused", async |case| {
        case.probe("probe").await;
        let client = case.client(1);
        let seek = SeekInfo {
            start: Some(named_position("0")),
            stop: Some(named_position("0")),
            ..Default::default()
        };
        let data: Bytes = seek.encode_to_vec().into();
        let kind = HeaderType::DeliverSeekInfo;
        ask(case, &client, "nothing", Envelope::default()).await;
        ask(
            case,
            &client,
            "no positions",
            client.envelope(kind, Bytes::new()),
        )
        .await;
        let garbage = client.envelope(kind, Bytes::from_static(&[0xff; 9]));
        ask(case, &client, "garbage", garbage).await;
        let other = client.envelope(HeaderType::Message, data.clone());
        ask(case, &client, "another type", other).await;
        let nowhere = client.on_channel("nowhere");
        ask(
            case,
            &client,
            "unknown channel",
            nowhere.envelope(kind, data.clone()),
        )
        .await;
        let forged = Envelope {
            signature: client.sign(b"x"),
            ..client.envelope(kind, data.clone())
        };
        ask(case, &client, "wrong signature", forged).await;
        let late = client.envelope_with(kind, data.clone(), |header| {
            let mut time = now();
            time.seconds -= 3600;
            header.timestamp = Some(time);
        });
        ask(case, &client, "long ago", late).await;
        let timeless = client.envelope_with(kind, data.clone(), |header| header.timestamp = None);
        ask(case, &client, "no time", timeless).await;
        let organization =
            Organization::generate(&OrganizationSpec::peer(1)).expect("an organisation");
        let identity = organization
            .member("User1")
            .expect("a user")
            .identity()
            .clone();
        let stranger = client.signing_as(identity).envelope(kind, data);
        ask(case, &client, "a stranger", stranger).await;
        Ok(())
    });
}
