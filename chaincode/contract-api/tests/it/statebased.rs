//! Policies of keys: bytes of Go's `statebased` 2.3.0 and of Fabric's own parser, texts, overlay.

use fabric_contract_api_rust::{
    Write,
    prelude::*,
    statebased::{POLICY_DEPTH_MAX, PolicyError, Role},
};

use crate::{fake_peer::FakePeer, running::run};

#[track_caller]
fn check(policy: &EndorsementPolicy, expected: &str) {
    assert_eq!(hex::encode(policy.to_bytes()), expected);
    let read = EndorsementPolicy::from_bytes(&policy.to_bytes()).unwrap();
    assert_eq!(&read, policy);
}

/// Made by `NewStateEP`, `AddOrgs`, `DelOrgs` and `Policy` of fabric-chaincode-go v2.3.0.
#[test]
fn plain_policies_have_the_bytes_of_gos_library() {
    let none: [&str; 0] = [];
    check(&EndorsementPolicy::all_of(Role::Peer, none), "12021200");
    check(
        &EndorsementPolicy::all_of(Role::Peer, ["Org1MSP"]),
        "120812060801120208001a0d120b0a074f7267314d53501003",
    );
    check(
        &EndorsementPolicy::all_of(Role::Member, ["Org1MSP"]),
        "120812060801120208001a0b12090a074f7267314d5350",
    );
    let peers = EndorsementPolicy::all_of(Role::Peer, ["Org2MSP", "Org1MSP", "Org3MSP"]);
    check(
        &peers,
        "1210120e08031202080012020801120208021a0d120b0a074f7267314d535010031a0d120b0a074f7267324d535010031a0d120b0a074f7267334d53501003",
    );
    check(
        &peers.without_organization("Org1MSP").unwrap(),
        "120c120a080212020800120208011a0d120b0a074f7267324d535010031a0d120b0a074f7267334d53501003",
    );
    let mixed = EndorsementPolicy::all_of(Role::Peer, ["Org2MSP"]);
    check(
        &mixed.with_organization(Role::Member, "Org1MSP"),
        "120c120a080212020800120208011a0b12090a074f7267314d53501a0d120b0a074f7267324d53501003",
    );
}

/// Made by `policydsl.FromString` of Fabric 3.1.5.
#[test]
fn nested_policies_have_the_bytes_of_fabrics_own_parser() {
    for (text, expected) in [
        (
            "AND('Org1MSP.peer', OR('Org2MSP.peer', 'Org3MSP.admin'))",
            "12161214080212020802120c120a080112020800120208011a0d120b0a074f7267324d535010031a0d120b0a074f7267334d535010011a0d120b0a074f7267314d53501003",
        ),
        (
            "OutOf(2, 'A.peer', 'B.client', OR('C.orderer', 'A.member'))",
            "121a121808021202080212020803120c120a080112020800120208011a0712050a014310041a0512030a01411a0712050a014110031a0712050a01421002",
        ),
        (
            "OR('Org1MSP.member')",
            "120812060801120208001a0b12090a074f7267314d5350",
        ),
    ] {
        let policy: EndorsementPolicy = text.parse().unwrap();
        check(&policy, expected);
        assert_eq!(policy.to_string(), text);
    }
}

#[test]
fn text_that_is_no_policy_says_where() {
    #[track_caller]
    fn refused(text: &str, at: usize) {
        match text.parse::<EndorsementPolicy>() {
            Err(PolicyError::Text { position, .. }) => assert_eq!(position, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    refused("", 0);
    refused("XOR('A.peer')", 3);
    refused("AND('A.peer'", 12);
    refused("AND('A.peer') x", 14);
    refused("AND('Apeer')", 10);
    refused("AND('A.king')", 11);
    refused("OutOf('A.peer')", 6);
    refused("AND(", 4);
    let deep = format!("{}'A.peer'{}", "OR(".repeat(100), ")".repeat(100));
    assert_eq!(deep.parse::<EndorsementPolicy>(), Err(PolicyError::Bounds));
    let greedy = "OutOf(3, 'A.peer')".parse::<EndorsementPolicy>();
    assert_eq!(greedy, Err(PolicyError::Bounds));
}

#[test]
fn bytes_that_are_no_policy_are_refused() {
    let deep = (0..POLICY_DEPTH_MAX).fold(EndorsementPolicy::peer("A"), |inner, _| {
        EndorsementPolicy::or([inner])
    });
    let error = EndorsementPolicy::from_bytes(&deep.to_bytes()).unwrap_err();
    assert_eq!(error, PolicyError::Bounds);
    let policy = EndorsementPolicy::all_of(Role::Peer, ["Org1MSP", "Org2MSP"]).to_bytes();
    for end in 0..policy.len() {
        // A cut in the list of principals leaves rules without one; any other cut is no message.
        assert!(EndorsementPolicy::from_bytes(&policy[..end]).is_err());
    }
    // A principal of another kind than a role.
    let identity = hex::decode("1204120208001a020801").unwrap();
    assert!(EndorsementPolicy::from_bytes(&identity).is_err());
}

#[test]
fn a_keys_policy_is_buffered_seen_and_flushed_after_its_value() {
    let stored = EndorsementPolicy::peer("Org9MSP");
    let mut peer = FakePeer::default();
    peer.policies.insert("old".to_owned(), stored.to_bytes());
    run(&mut peer, move |tx| {
        assert_eq!(tx.endorsement("old")?, Some(stored.clone()));
        assert_eq!(tx.endorsement("old")?, Some(stored.clone()));
        assert_eq!(tx.endorsement("new")?, None);
        let policy = EndorsementPolicy::all_of(Role::Peer, ["Org1MSP"]);
        tx.set_endorsement("new", Some(&policy))?;
        tx.put("new", b"1")?;
        assert_eq!(tx.endorsement("new")?, Some(policy.clone()));
        assert_eq!(tx.validation_parameter("new")?, Some(policy.to_bytes()));
        tx.set_endorsement("old", None)?;
        assert_eq!(tx.endorsement("old")?, None);
        tx.private("secrets")?.set_endorsement("new", Some(&policy))
    });
    assert_eq!(peer.requests, ["metadata", "metadata", "flush 4"]);
    let names = |write: &Write| match write {
        Write::Put { key, .. } => format!("put {key}"),
        Write::PutMetadata {
            collection,
            key,
            name,
            value,
        } => format!("{name} {collection}/{key} {}", value.len()),
        other => format!("{other:?}"),
    };
    let flushed: Vec<String> = peer.flushed[0].iter().map(names).collect();
    let expected = [
        "put new",
        "VALIDATION_PARAMETER /new 25",
        "VALIDATION_PARAMETER /old 0",
        "VALIDATION_PARAMETER secrets/new 25",
    ];
    assert_eq!(flushed, expected);
}
