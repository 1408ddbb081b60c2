//! Blocks with private data: what a peer shows of it to whom.

use e2e::wire::{Client, Placed, range};
use fabric_protos::common::{Envelope, Status as Outcome};
use fabric_protos::kvrwset::KvrwSet;
use fabric_protos::peer::{BlockAndPrivateData, deliver_response};
use fabric_protos::rwset::TxPvtReadWriteSet;
use prost::Message as _;

use crate::case::{Case, observe, within};
use crate::describe;
use crate::ops::*;

/// The first message of a stream for `request`, as far as it is about this transaction.
async fn first(client: &Client, organization: usize, request: Envelope, place: &Placed) -> String {
    let requests = futures::stream::once(async { request });
    let mut deliver = client.deliver(organization);
    let answer = deliver.deliver_with_private_data(requests).await;
    let mut stream = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return describe::failure(&status),
    };
    match within("an answer", stream.message()).await {
        Err(status) => describe::failure(&status),
        Ok(message) => match message.and_then(|message| message.r#type) {
            Some(deliver_response::Type::BlockAndPrivateData(found)) => shown(&found, place),
            Some(deliver_response::Type::Status(number)) => Outcome::try_from(number)
                .map_or(number.to_string(), |status| status.as_str_name().to_owned()),
            other => format!("{other:?}"),
        },
    }
}

/// The collections of a transaction with the keys that are written there.
fn shown(found: &BlockAndPrivateData, place: &Placed) -> String {
    let block = found.block.as_ref().and_then(|block| block.header.as_ref());
    let number = block.map_or(0, |header| header.number);
    assert_eq!(number, place.block, "the block that was asked for");
    let index = u64::try_from(place.index).expect("a small number");
    let Some(TxPvtReadWriteSet {
        ns_pvt_rwset: spaces,
        ..
    }) = found.private_data_map.get(&index)
    else {
        return "nothing".to_owned();
    };
    let mut lines = Vec::new();
    for space in spaces {
        for collection in &space.collection_pvt_rwset {
            let set = KvrwSet::decode(collection.rwset.clone()).expect("a read-write set");
            let writes = set.writes.iter().map(|write| {
                let deleted = if write.is_delete { " deleted" } else { "" };
                format!("{}{deleted} {}", write.key, write.value.escape_ascii())
            });
            let writes: Vec<_> = writes.collect();
            let (space, collection) = (&space.namespace, &collection.collection_name);
            lines.push(format!("{space}/{collection}: {}", writes.join(", ")));
        }
    }
    lines.join("\n")
}

async fn everyone(case: &mut Case, what: &str, place: &Placed) {
    for (user, organization) in [(1, 1), (2, 2), (3, 3), (1, 3), (3, 1), (2, 1)] {
        let client = case.client(user);
        let request = client.seek(&range(place.block, place.block));
        let seen = first(&client, organization, request, place).await;
        case.note(&format!("{what}, Org{user} at Org{organization}"), seen);
    }
}

#[test]
fn blocks_come_with_the_private_data_that_a_peer_has_and_a_client_may_see() {
    observe("private_deliver", async |case| {
        let key = case.key("a");
        let own = ("_implicit_org_Org1MSP", key.as_str());
        let writes = [
            put(("shared", key.as_str()), "1"),
            put(("own", key.as_str()), "2"),
            put(own, "3"),
            put(&key, "public"),
        ];
        let ready = case.simulate("writes", "private", &writes, &[1]).await;
        let placed = case.commit(&[("writes code", &ready)]).await?;
        everyone(case, "written", &placed[0]).await;
        let ends = [
            delete(("shared", key.as_str())),
            purge(("own", key.as_str())),
        ];
        let ready = case.simulate("ends", "private", &ends, &[1]).await;
        let ended = case.commit(&[("ends code", &ready)]).await?;
        everyone(case, "deleted and purged", &ended[0]).await;
        everyone(case, "the first block after the purge", &placed[0]).await;

        let client = case.client(1);
        let nowhere = client.on_channel("nowhere").seek(&range(0, 0));
        let refused = first(&client, 1, nowhere, &placed[0]).await;
        case.note("unknown channel", refused);
        let refused = first(&client, 1, Envelope::default(), &placed[0]).await;
        case.note("nothing", refused);
        Ok(())
    });
}
