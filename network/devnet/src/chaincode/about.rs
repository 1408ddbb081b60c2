//! What a request of a chaincode is about, in words for a person: keys, ranges, queries and public
//! values. Of private values only their size: whoever reads a trace shows no identity.

use bytes::Bytes;
use fabric_protos::peer::{
    ChaincodeSpec, DelState, GetHistoryForKey, GetQueryResult, GetState, GetStateByRange,
    GetStateMetadata, GetStateMultiple, PurgePrivateState, PutState, PutStateMetadata,
    QueryStateClose, QueryStateNext, WriteBatchState, WriteRecord, chaincode_message::Type,
    write_record,
};
use prost::Message;

use crate::limits::{TRACE_ITEMS, TRACE_TEXT_BYTES};

/// Describes a request; what does not decode is said to be of so many bytes.
pub(super) fn about(r#type: Type, payload: &Bytes) -> String {
    let text = match r#type {
        Type::GetState | Type::GetPrivateDataHash => {
            of(payload, |get: GetState| key(&get.key, &get.collection))
        }
        Type::GetStateMetadata => of(payload, |get: GetStateMetadata| {
            key(&get.key, &get.collection)
        }),
        Type::GetStateMultiple => of(payload, |get: GetStateMultiple| {
            list(&get.keys, |one| key(one, &get.collection))
        }),
        Type::PutState => of(payload, |put: PutState| {
            assigned(&put.key, &put.collection, &put.value)
        }),
        Type::DelState => of(payload, |del: DelState| key(&del.key, &del.collection)),
        Type::PurgePrivateData => of(payload, |purge: PurgePrivateState| {
            key(&purge.key, &purge.collection)
        }),
        Type::PutStateMetadata => of(payload, |put: PutStateMetadata| {
            let name = put.metadata.map(|entry| entry.metakey).unwrap_or_default();
            format!("{} of {}", name, key(&put.key, &put.collection))
        }),
        Type::WriteBatchState => of(payload, |batch: WriteBatchState| list(&batch.rec, written)),
        Type::GetStateByRange => of(payload, |range: GetStateByRange| {
            let (start, end) = (plain(&range.start_key), plain(&range.end_key));
            within(format!("`{start}` to `{end}`"), &range.collection)
        }),
        Type::GetQueryResult => of(payload, |query: GetQueryResult| {
            within(plain(&query.query), &query.collection)
        }),
        Type::GetHistoryForKey => of(payload, |get: GetHistoryForKey| key(&get.key, "")),
        Type::QueryStateNext => of(payload, |next: QueryStateNext| plain(&next.id)),
        Type::QueryStateClose => of(payload, |close: QueryStateClose| plain(&close.id)),
        Type::InvokeChaincode => of(payload, called),
        _ => None,
    };
    text.unwrap_or_else(|| format!("{} bytes", payload.len()))
}

fn of<M: Message + Default>(payload: &Bytes, text: impl FnOnce(M) -> String) -> Option<String> {
    M::decode(payload.clone()).ok().map(text)
}

fn key(key: &str, collection: &str) -> String {
    within(format!("`{}`", plain(key)), collection)
}

fn within(text: String, collection: &str) -> String {
    if collection.is_empty() {
        return text;
    }
    format!("{text} in collection {}", plain(collection))
}

fn assigned(name: &str, collection: &str, value: &Bytes) -> String {
    let value = match std::str::from_utf8(value) {
        Ok(text) if collection.is_empty() && !text.chars().any(char::is_control) => plain(text),
        _ => format!("{} bytes", value.len()),
    };
    format!("{} = {value}", key(name, collection))
}

fn written(record: &WriteRecord) -> String {
    let name = key(&record.key, &record.collection);
    match record.r#type() {
        write_record::Type::PutState => assigned(&record.key, &record.collection, &record.value),
        write_record::Type::DelState => format!("delete {name}"),
        write_record::Type::PurgePrivateData => format!("purge {name}"),
        write_record::Type::PutStateMetadata => format!("policy or metadata of {name}"),
        write_record::Type::Undefined => name,
    }
}

fn called(spec: ChaincodeSpec) -> String {
    let name = spec.chaincode_id.map(|id| id.name).unwrap_or_default();
    let arguments = spec.input.map(|input| input.args).unwrap_or_default();
    let arguments = list(&arguments, |argument| match std::str::from_utf8(argument) {
        Ok(text) => plain(text),
        Err(_) => format!("{} bytes", argument.len()),
    });
    format!("{}: {arguments}", plain(&name))
}

/// The first few of many things.
fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    let mut shown: Vec<_> = items.iter().take(TRACE_ITEMS).map(text).collect();
    if items.len() > TRACE_ITEMS {
        shown.push(format!("and {} more", items.len() - TRACE_ITEMS));
    }
    shown.join(", ")
}

/// The beginning of a text, with the separators of composite keys made visible.
fn plain(text: &str) -> String {
    let end = text.floor_char_boundary(TRACE_TEXT_BYTES);
    let (start, rest) = text.split_at(end);
    let ellipsis = if rest.is_empty() { "" } else { "..." };
    format!("{}{ellipsis}", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(message: &impl Message) -> Bytes {
        message.encode_to_vec().into()
    }

    fn put(collection: &str) -> Bytes {
        encoded(&PutState {
            key: "\0note\0alice\0".to_owned(),
            value: "secret".into(),
            collection: collection.to_owned(),
        })
    }

    #[test]
    fn public_values_are_shown_and_private_ones_are_not() {
        let shown = about(Type::PutState, &put(""));
        assert_eq!(shown, r"`\0note\0alice\0` = secret");
        let hidden = about(Type::PutState, &put("c12"));
        assert_eq!(hidden, r"`\0note\0alice\0` in collection c12 = 6 bytes");
    }

    #[test]
    fn batches_show_their_first_records() {
        let record = |key: &str, collection: &str| WriteRecord {
            key: key.to_owned(),
            value: "v".into(),
            collection: collection.to_owned(),
            metadata: None,
            r#type: write_record::Type::PutState.into(),
        };
        let mut batch = WriteBatchState {
            rec: vec![record("a", ""), record("b", "c12")],
        };
        let shown = about(Type::WriteBatchState, &encoded(&batch));
        assert_eq!(shown, "`a` = v, `b` in collection c12 = 1 bytes");
        batch.rec = vec![record("a", ""); TRACE_ITEMS + 5];
        let shown = about(Type::WriteBatchState, &encoded(&batch));
        assert!(shown.ends_with(", and 5 more"), "{shown}");
    }

    #[test]
    fn long_texts_are_cut() {
        let query = GetQueryResult {
            query: "ä".repeat(TRACE_TEXT_BYTES),
            ..Default::default()
        };
        let shown = about(Type::GetQueryResult, &encoded(&query));
        assert_eq!(shown, format!("{}...", "ä".repeat(TRACE_TEXT_BYTES / 2)));
    }

    proptest! {
        #[test]
        fn anything_has_a_description(
            r#type in 0..30_i32,
            payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            if let Ok(r#type) = Type::try_from(r#type) {
                about(r#type, &payload.into());
            }
        }
    }
}
