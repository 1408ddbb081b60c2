//! Rich queries, raw events, and what the peer told of the call.

use fabric_contract_api_rust::{Chaincode, Invocation, SignedProposal, prelude::*};

use crate::{
    fake_peer::{FakePeer, code, invoke},
    running::{check_refused, run, run_query},
};

#[test]
fn rich_queries_fetch_batches_and_pages_one() {
    let mut peer = FakePeer {
        batch: 2,
        ..FakePeer::with(&[("a", "1"), ("b", "2"), ("c", "3")])
    };
    run(&mut peer, |tx| {
        let rows: Result<Vec<Row>, _> = tx.rich_query("{\"selector\":{}}")?.collect();
        assert_eq!(rows?.len(), 3);
        Ok(())
    });
    run_query(&mut peer, |query| {
        let page = query.rich_page("{}", &Page::first(2))?;
        assert_eq!(page.items.len(), 2);
        assert!(query.rich_page("{}", &Page::first(0)).is_err());
        let every = query.page(&KeyRange::all_composite(), &Page::first(9))?;
        assert_eq!(every.items.len(), 0);
        Ok(())
    });
    let expected = [
        "query {\"selector\":{}}",
        "next",
        "query {} paged",
        "range \0..\0\u{10FFFF}",
    ];
    assert_eq!(peer.requests, expected);
}

struct Events;

#[derive(Serialize, Event)]
struct Happened;

#[contract(name = "events")]
impl Events {
    #[transaction]
    fn raw(&self, tx: &mut Tx, name: String) -> Result<(), LedgerError> {
        tx.set_event(&name, "first")?;
        tx.set_event(&name, "second")
    }

    #[transaction]
    fn both(&self, tx: &mut Tx, raw_first: bool) -> Result<(), LedgerError> {
        if raw_first {
            tx.set_event("Raw", "")?;
        }
        tx.emit(&Happened)?;
        tx.set_event("Raw", "")
    }
}

#[test]
fn a_raw_event_is_sent_as_it_is() {
    let response = invoke(&Events, &mut FakePeer::default(), &["raw", "Paid"]);
    let event = response.event.unwrap();
    assert_eq!(
        (event.name.as_str(), event.payload),
        ("Paid", b"second".to_vec())
    );
}

#[test]
fn a_raw_event_has_a_name_and_stands_alone() {
    for args in [["raw", ""], ["both", "true"], ["both", "false"]] {
        let response = invoke(&Events, &mut FakePeer::default(), &args);
        assert_eq!(code(&response), "EVENT");
    }
    let too_large = |tx: &mut Tx<'_>| tx.set_event("Large", vec![1; 5 << 20]);
    check_refused(too_large, "TOO_MANY_EVENTS");
}

struct Told;

#[contract(name = "told")]
impl Told {
    #[query]
    fn what(&self, query: &Query, _text: String) -> Result<String, LedgerError> {
        let signed = query.signed_proposal().map(|signed| signed.nonce.clone());
        let decoration = query.decorations().get("d").cloned();
        assert_eq!(query.args().len(), 2);
        Ok(format!("{:?} {signed:?} {decoration:?}", query.binding()))
    }
}

#[test]
fn a_contract_is_told_what_the_peer_told() {
    let args = vec![b"what".to_vec(), b"x".to_vec()];
    let signed_proposal = SignedProposal {
        nonce: vec![7],
        args: args.clone(),
        ..SignedProposal::default()
    };
    let invocation = Invocation {
        args,
        binding: vec![1, 2],
        decorations: [("d".to_owned(), vec![3])].into(),
        signed_proposal: Some(signed_proposal),
        ..Invocation::default()
    };
    let response = Told.invoke(&invocation, &mut FakePeer::default());
    assert_eq!(response.payload, b"[1, 2] Some([7]) Some([3])");
    assert!(invocation.is_direct());
    assert_eq!(
        invocation.function_and_parameters(),
        Some(("what", vec!["x"]))
    );
    assert_eq!(invocation.args_joined(), b"whatx");
    let relayed = Invocation {
        args: vec![b"other".to_vec(), vec![0xff]],
        ..invocation
    };
    assert!(!relayed.is_direct());
    assert_eq!(relayed.function_and_parameters(), None);
    assert!(!Invocation::default().is_direct());
}
