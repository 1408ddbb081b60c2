//! Reads and writes of public state, in one transaction and over several.

use fabric_testnet::probe::Op;

use crate::case::observe;
use crate::ops::*;

#[test]
fn reads_see_what_was_committed_and_not_the_transactions_own_writes() {
    observe("reads_and_writes", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.key(key));
        case.submit("absent keys", "probe", &[get(&a), get(&b), get(&a)])
            .await?;
        let own = [
            get(&a),
            put(&a, "1"),
            get(&a),
            put(&b, "2"),
            delete(&b),
            get(&b),
        ];
        case.submit("own writes", "probe", &own).await?;
        let again = [get(&a), put(&a, "3"), put(&a, "4"), get(&b)];
        case.submit("last write of a key", "probe", &again).await?;
        case.submit("delete and write", "probe", &[delete(&a), put(&a, "5")])
            .await?;
        case.submit("empty value", "probe", &[put(&a, ""), put(&b, "x")])
            .await?;
        case.submit(
            "delete",
            "probe",
            &[get(&a), get(&b), delete(&b), delete(&a)],
        )
        .await?;
        case.evaluate("in the end", "probe", &[get(&a), get(&b)])
            .await;
        Ok(())
    });
}

#[test]
fn many_keys_in_one_message_are_read_and_written_like_one_by_one() {
    observe("batches", async |case| {
        let [a, b, c] = ["a", "b", "c"].map(|key| case.key(key));
        let batch = Op::Batch(vec![
            put(&a, "1"),
            put(&b, "2"),
            delete(&b),
            set_metadata(&c, "note", b"n"),
            put(&a, "3"),
        ]);
        case.submit("batch", "batches", &[batch, get_many(&[&a, &b])])
            .await?;
        case.submit(
            "keys",
            "batches",
            &[get_many(&[&a, &b, &c, &a]), get_many(&[])],
        )
        .await?;
        let refused = Op::Batch(vec![put(&a, "4"), put("", "5"), put(&c, "6")]);
        case.submit("batch with an empty key", "batches", &[refused])
            .await?;
        let purges = Op::Batch(vec![put(&b, "7"), purge(&a)]);
        case.submit("batch that purges public state", "batches", &[purges])
            .await?;
        case.submit("empty batch", "batches", &[Op::Batch(vec![])])
            .await?;
        case.evaluate("in the end", "batches", &[get_many(&[&a, &b, &c])])
            .await;
        Ok(())
    });
}

#[test]
fn keys_are_checked_when_they_are_written_and_not_when_they_are_read() {
    observe("keys", async |case| {
        let odd = [
            "",
            "\0",
            "\0a\0",
            "a\0b",
            "\u{10FFFF}",
            "_design",
            "_x",
            "é",
            " ",
            "a/b",
        ];
        for key in odd {
            case.evaluate(&format!("get {key:?}"), "empty", &[get(key)])
                .await;
            let writes = [
                put(key, "1"),
                delete(key),
                set_metadata(key, "n", b"m"),
                purge(key),
            ];
            case.evaluate(&format!("write {key:?}"), "empty", &writes)
                .await;
            let queries = [history(key), range(key, "zz"), metadata(key)];
            case.evaluate(&format!("ask for {key:?}"), "empty", &queries)
                .await;
            let many = [get_many(&[key])];
            case.evaluate(&format!("ask for {key:?} among others"), "empty", &many)
                .await;
        }
        for (what, payload) in [
            (
                "invalid UTF-8",
                &[0x0a, 0x02, 0xff, 0xfe, 0x12, 0x01, 0x31][..],
            ),
            ("undecodable", &[0xff; 9]),
            ("empty", &[]),
        ] {
            for (name, r#type) in [
                ("GET_STATE", 8),
                ("PUT_STATE", 9),
                ("DEL_STATE", 10),
                ("INVOKE_CHAINCODE", 11),
                ("GET_STATE_BY_RANGE", 14),
                ("GET_QUERY_RESULT", 15),
                ("QUERY_STATE_NEXT", 16),
                ("QUERY_STATE_CLOSE", 17),
                ("GET_HISTORY_FOR_KEY", 19),
                ("GET_STATE_METADATA", 20),
                ("PUT_STATE_METADATA", 21),
                ("GET_PRIVATE_DATA_HASH", 22),
                ("PURGE_PRIVATE_DATA", 23),
                ("WRITE_BATCH_STATE", 24),
                ("GET_STATE_MULTIPLE", 25),
            ] {
                // An empty request for a range is a good one, and so is one for a history.
                if payload.is_empty() && [14, 19].contains(&r#type) {
                    continue;
                }
                let raw = Op::Raw {
                    r#type,
                    payload: payload.into(),
                };
                case.evaluate(&format!("{name} {what}"), "empty", &[raw])
                    .await;
            }
        }
        Ok(())
    });
}
