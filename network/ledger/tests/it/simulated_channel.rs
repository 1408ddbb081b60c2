//! A channel whose parties are known by name, against the recorded chains of certificates.

use std::collections::{BTreeSet, HashSet};

use fabric_ledger::{
    ValidationCode,
    block::{EndorsedTransaction, decode},
    chain::ChainVerifier,
    channel::ChannelConfig,
    lifecycle::{ChaincodeDefinition, CollectionTerms},
    policy,
    validate::{Checker, Party, SimulatedChannel},
};
use fabric_protos::common::MspPrincipal;

use crate::recorded::Chain;

/// The principal of any peer of an organisation.
fn peers_of(msp_id: &str) -> MspPrincipal {
    let text = format!("OR('{msp_id}.peer')");
    policy::parse(&text).unwrap().identities.remove(0)
}

/// Who endorsed a transaction, where all of them are different peers whose signatures are good.
fn peers(channel: &ChannelConfig, endorsed: &EndorsedTransaction) -> Option<Vec<Party>> {
    let mut seen = BTreeSet::new();
    let endorsements = endorsed.endorsements.iter();
    endorsements
        .map(|endorsement| {
            let identity = channel.msps().identity(&endorsement.endorser).ok()?;
            let signed = [&endorsed.response_payload[..], &endorsement.endorser].concat();
            identity.verify(&signed, &endorsement.signature).ok()?;
            let is_peer = identity.satisfies(&peers_of(identity.msp_id())).ok()?;
            let is_new = seen.insert(endorsement.endorser.clone());
            (is_peer && is_new).then(|| Party::peer(identity.msp_id()))
        })
        .collect()
}

#[test]
fn peers_by_name_are_judged_as_peers_with_certificates() {
    let decided = [
        ValidationCode::VALID,
        ValidationCode::ENDORSEMENT_POLICY_FAILURE,
        ValidationCode::INVALID_CHAINCODE,
    ];
    for chain in Chain::ALL {
        let mut verifier = ChainVerifier::new();
        let mut ids = HashSet::new();
        let mut codes = Vec::new();
        for block in chain.blocks() {
            let decoded = decode(&block).unwrap();
            if let Some(channel) = verifier.channel().filter(|_| decoded.number > 0) {
                let state = verifier.state();
                let checker = Checker::new(channel, state, &ids, decoded.number);
                let organizations = channel.organizations().iter();
                let names = organizations.map(|organization| organization.msp_id.as_str());
                let simulated = SimulatedChannel::new(names);
                for transaction in &decoded.transactions {
                    let real = checker.check(transaction).unwrap().code();
                    let endorsed = transaction.endorsed().filter(|_| decided.contains(&real));
                    let Some(parties) = endorsed.and_then(|endorsed| peers(channel, endorsed))
                    else {
                        continue;
                    };
                    let check = simulated.check(state, &ids, transaction, &parties).unwrap();
                    let place = (decoded.number, transaction.index);
                    assert_eq!(check.code(), real, "{chain:?} {place:?}");
                    codes.push(real);
                }
            }
            let report = verifier.feed(&block).unwrap();
            let transactions = report.transactions.into_iter();
            ids.extend(transactions.map(|transaction| transaction.transaction_id));
        }
        let failures = codes.iter().filter(|code| !code.is_valid()).count();
        println!(
            "{chain:?}: {} transactions, {failures} refused",
            codes.len()
        );
        assert!(codes.len() > 30 && failures > 0, "{chain:?}");
    }
}

#[test]
fn an_id_that_was_used_is_a_duplicate() {
    let chain = Chain::Fabric25;
    let simulated = SimulatedChannel::new(["Org1MSP"]);
    let block = decode(&chain.block(chain.length() - 1)).unwrap();
    let transaction = &block.transactions[0];
    let ids = HashSet::from([transaction.transaction_id().to_owned()]);
    let state = fabric_ledger::state::MemoryState::new();
    let check = simulated.check(&state, &ids, transaction, &[]).unwrap();
    assert_eq!(check.code(), ValidationCode::DUPLICATE_TXID);
}

#[test]
fn terms_of_a_collection_say_who_may_what() {
    let terms = CollectionTerms {
        name: "secrets".to_owned(),
        members: "OR('Org1MSP.member')".to_owned(),
        member_only_read: true,
        ..CollectionTerms::default()
    };
    let definition = ChaincodeDefinition::of_terms(None, &[terms]).unwrap();
    let access = |party: Party| {
        let access = definition.access("secrets", &party).unwrap();
        (access.member, access.read, access.write)
    };
    assert_eq!(access(Party::peer("Org1MSP")), (true, true, true));
    assert_eq!(access(Party::client("Org1MSP", false)), (true, true, true));
    assert_eq!(access(Party::client("Org2MSP", true)), (false, false, true));
    assert!(
        definition
            .access("other", &Party::peer("Org1MSP"))
            .is_none()
    );
    let own = definition.access("_implicit_org_Org2MSP", &Party::peer("Org2MSP"));
    assert!(own.unwrap().member);
    assert!(ChaincodeDefinition::of_terms(Some("AND("), &[]).is_err());
}
