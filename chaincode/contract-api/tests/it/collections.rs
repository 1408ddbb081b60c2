//! `Item`, `Map`, `Counter`, `Log`, and attributes that sort as their values do.

use std::fmt::Debug;

use fabric_contract_api_rust::{
    Counter, Item, KeyParts, Log, Map,
    prelude::*,
    testing::{Code, Ledger, User},
};
use proptest::prelude::*;

use crate::{
    fake_peer::FakePeer,
    running::{run, run_query},
};

const LIMIT: Item<u64> = Item::new("limit");
const ALLOWANCES: Map<(String, u8), u64> = Map::new("allowance");
const SOLD: Counter<String> = Counter::new("sold");
const NOTES: Log<String, String> = Log::new("notes");

#[test]
fn an_item_is_one_value() {
    let mut peer = FakePeer::default();
    run(&mut peer, |tx| {
        assert_eq!(LIMIT.get(tx)?, None);
        LIMIT.put(tx, &7)?;
        assert_eq!(LIMIT.get(tx)?, Some(7));
        Ok(())
    });
    assert_eq!(peer.state["limit"], b"7");
    run(&mut peer, |tx| LIMIT.delete(tx));
    assert!(peer.state.is_empty());
}

#[test]
fn a_map_gives_keys_and_values_in_order() {
    let mut peer = FakePeer::default();
    let key = |name: &str, number| (name.to_owned(), number);
    run(&mut peer, move |tx| {
        for (name, number) in [("b", 1), ("a", 10), ("a", 9)] {
            ALLOWANCES.put(tx, &key(name, number), &u64::from(number))?;
        }
        ALLOWANCES.delete(tx, &key("c", 1))?;
        assert_eq!(ALLOWANCES.get(tx, &key("a", 9))?, Some(9));
        let of_a: Result<Vec<_>, _> = ALLOWANCES.range(tx, &["a"])?.collect();
        assert_eq!(of_a?, [(key("a", 9), 9), (key("a", 10), 10)]);
        Ok(())
    });
    run_query(&mut peer, move |query| {
        let page = ALLOWANCES.page(query, &[], &Page::first(2))?;
        assert_eq!(page.items, [(key("a", 9), 9), (key("a", 10), 10)]);
        Ok(())
    });
}

#[test]
fn a_key_of_another_type_is_an_error() {
    let mut peer = FakePeer::with(&[("\0allowance\0a\0", "1")]);
    run(&mut peer, |tx| {
        let error = ALLOWANCES.range(tx, &[])?.next().unwrap().unwrap_err();
        assert_eq!(Failure::from(error).code(), "STATE_UNREADABLE");
        Ok(())
    });
}

struct Shop;

#[contract(name = "shop")]
impl Shop {
    #[transaction]
    fn sell(&self, tx: &mut Tx, product: String, count: i64) -> Result<(), LedgerError> {
        SOLD.add(tx, &product, count.into())?;
        NOTES.append(tx, &product, &format!("{count}"))?;
        NOTES.append(tx, &product, &"thanks".to_owned())?;
        SOLD.add(tx, &product, 1)
    }

    #[transaction]
    fn compact(&self, tx: &mut Tx, product: String) -> Result<String, LedgerError> {
        Ok(SOLD.compact(tx, &product)?.to_string())
    }

    #[query]
    fn sold(&self, query: &Query, product: String) -> Result<String, LedgerError> {
        Ok(SOLD.sum(query, &product)?.to_string())
    }

    #[query]
    fn notes(&self, query: &Query, product: String) -> Result<Vec<String>, LedgerError> {
        let page = NOTES.page(query, &product, &Page::first(100))?;
        let all: Vec<String> = NOTES.entries(query, &product)?.collect::<Result<_, _>>()?;
        assert_eq!(page.items, all);
        Ok(all)
    }
}

fn ask<T: serde::de::DeserializeOwned>(ledger: &mut Ledger, ann: &User, function: &str) -> T {
    ledger.as_user(ann).evaluate(function, ["tea"]).unwrap()
}

#[test]
fn sales_at_once_never_conflict_and_add_up() {
    let mut ledger = Ledger::of(Shop);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    let sales: Vec<_> = (1..=20)
        .map(|count: i64| {
            let arguments = ["tea".to_owned(), count.to_string()];
            ledger.as_user(&ann).endorse("sell", arguments).unwrap()
        })
        .collect();
    assert!(sales.iter().all(|sale| sale.keys_read().is_empty()));
    assert_eq!(ledger.commit(sales), [Code::VALID; 20]);
    assert_eq!(ask::<String>(&mut ledger, &ann, "sold"), "230");
    let notes: Vec<String> = ask(&mut ledger, &ann, "notes");
    assert_eq!(notes.len(), 40);
    // In order of the transactions' timestamps, and of the calls within each.
    assert_eq!(notes[..4], ["1", "thanks", "2", "thanks"]);
    assert_eq!(notes[38], "20");
}

#[test]
fn a_compacted_counter_keeps_its_sum_and_yields_to_sales() {
    let mut ledger = Ledger::of(Shop);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    for _ in 0..3 {
        ledger.as_user(&ann).submit("sell", ["tea", "5"]).unwrap();
    }
    let compact = ledger.as_user(&ann).endorse("compact", ["tea"]).unwrap();
    let sale = ledger.as_user(&ann).endorse("sell", ["tea", "-2"]).unwrap();
    let codes = ledger.commit([sale, compact]);
    assert_eq!(codes, [Code::VALID, Code::PHANTOM_READ_CONFLICT]);
    ledger.as_user(&ann).submit("compact", ["tea"]).unwrap();
    let rows = ledger.keys().into_iter();
    let rows = rows.filter(|key| key.split().is_some_and(|(kind, _)| kind == "sold"));
    assert_eq!(rows.count(), 1);
    assert_eq!(ask::<String>(&mut ledger, &ann, "sold"), "17");
}

#[test]
fn a_sum_beyond_its_range_is_refused() {
    run(&mut FakePeer::default(), |tx| {
        let key = "x".to_owned();
        SOLD.add(tx, &key, i128::MAX)?;
        let error = SOLD.add(tx, &key, 1).unwrap_err();
        assert_eq!(Failure::from(error).code(), "OVERFLOW");
        Ok(())
    });
}

fn sorts_as<T: KeyPart + Ord + Debug>(one: &T, other: &T) -> Result<(), TestCaseError> {
    let parts = (one.key_part().into_owned(), other.key_part().into_owned());
    prop_assert_eq!(one.cmp(other), parts.0.cmp(&parts.1));
    let read = T::from_key_part(&parts.0);
    prop_assert_eq!(read.as_ref(), Some(one));
    Ok(())
}

proptest! {
    #[test]
    fn attributes_sort_as_their_values(
        unsigned: (u64, u64), small: (u8, u8), signed: (i64, i64), large: (i128, i128),
        flag: (bool, bool), text: (String, String),
    ) {
        sorts_as(&unsigned.0, &unsigned.1)?;
        sorts_as(&small.0, &small.1)?;
        sorts_as(&signed.0, &signed.1)?;
        sorts_as(&large.0, &large.1)?;
        sorts_as(&flag.0, &flag.1)?;
        sorts_as(&text.0, &text.1)?;
    }

    #[test]
    fn any_text_is_read_as_a_number_or_refused(text: String) {
        if let Some(number) = i32::from_key_part(&text) {
            prop_assert_eq!(number.key_part(), text.as_str());
        }
        let parts = [text.as_str()];
        prop_assert_eq!(<(u8, u8)>::from_key_parts(&parts), None);
    }
}
