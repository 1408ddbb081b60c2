//! The lifecycle's rules: on the recorded chains they read and write what real peers did, and they
//! refuse in their words.

use fabric_ledger::block::decode;
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::lifecycle::{
    self, Approval, ChaincodeDefinition, NAMESPACE, Repeated, approve, commit, query_approved,
    query_definition,
};
use fabric_ledger::rwset::TxRwset;
use fabric_ledger::simulate::Simulator;
use fabric_ledger::state::MemoryState;
use fabric_protos::lifecycle::chaincode_source::Type;
use fabric_protos::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeEndorsementInfo, ChaincodeValidationInfo,
    CommitChaincodeDefinitionArgs,
};
use prost::Message;

use crate::recorded::Chain;

#[test]
fn recorded_approvals_and_commits_are_made_again_byte_for_byte() {
    for (chain, expected) in [(Chain::Fabric31, 9), (Chain::Fabric25, 3)] {
        let mut verifier = ChainVerifier::new();
        let mut made = 0;
        for block in chain.blocks() {
            let decoded = decode(&block).unwrap();
            for transaction in &decoded.transactions {
                let Some(endorsed) = transaction.endorsed() else {
                    continue;
                };
                if endorsed.chaincode.name != NAMESPACE {
                    continue;
                }
                let creator = &transaction.header.as_ref().unwrap().creator;
                let channel = verifier.channel().unwrap();
                let msp_id = channel
                    .msps()
                    .identity(creator)
                    .unwrap()
                    .msp_id()
                    .to_owned();
                let args = &endorsed.chaincode.arguments;
                let again = run(&verifier, &msp_id, &args[0], args[1].clone());
                assert_eq!(again, endorsed.rwset, "{chain:?} block {}", decoded.number);
                assert_eq!(again.encode(), endorsed.rwset.encode());
                made += 1;
            }
            verifier.feed(&block).unwrap();
        }
        assert!(made >= expected, "{chain:?}: {made}");
        println!("{chain:?}: {made} lifecycle transactions");
    }
}

fn run(verifier: &ChainVerifier, msp_id: &str, function: &[u8], argument: bytes::Bytes) -> TxRwset {
    let channel = verifier.channel().unwrap();
    let mut simulator = Simulator::new(verifier.state(), "again");
    match function {
        b"ApproveChaincodeDefinitionForMyOrg" => {
            let approval = approval(ApproveChaincodeDefinitionForMyOrgArgs::decode(argument));
            approve(&mut simulator, channel, msp_id, approval, Repeated::Refused).unwrap();
        }
        b"CommitChaincodeDefinition" => {
            let arguments = CommitChaincodeDefinitionArgs::decode(argument).unwrap();
            let name = arguments.name.clone();
            let definition = committed(arguments);
            commit(&mut simulator, channel, msp_id, &name, definition).unwrap();
        }
        other => panic!("{}", String::from_utf8_lossy(other)),
    }
    simulator.finish().rwset
}

fn approval(
    arguments: Result<ApproveChaincodeDefinitionForMyOrgArgs, prost::DecodeError>,
) -> Approval {
    let arguments = arguments.unwrap();
    let package_id = match arguments.source.and_then(|source| source.r#type) {
        Some(Type::LocalPackage(local)) => Some(local.package_id),
        _ => None,
    };
    Approval {
        name: arguments.name,
        definition: ChaincodeDefinition {
            sequence: arguments.sequence,
            endorsement_info: ChaincodeEndorsementInfo {
                version: arguments.version,
                init_required: arguments.init_required,
                endorsement_plugin: arguments.endorsement_plugin,
            },
            validation_info: ChaincodeValidationInfo {
                validation_plugin: arguments.validation_plugin,
                validation_parameter: arguments.validation_parameter,
            },
            collections: arguments.collections.unwrap_or_default(),
        },
        package_id,
    }
}

fn committed(arguments: CommitChaincodeDefinitionArgs) -> ChaincodeDefinition {
    ChaincodeDefinition {
        sequence: arguments.sequence,
        endorsement_info: ChaincodeEndorsementInfo {
            version: arguments.version,
            init_required: arguments.init_required,
            endorsement_plugin: arguments.endorsement_plugin,
        },
        validation_info: ChaincodeValidationInfo {
            validation_plugin: arguments.validation_plugin,
            validation_parameter: arguments.validation_parameter,
        },
        collections: arguments.collections.unwrap_or_default(),
    }
}

/// A definition like one in force on the recorded chain of Fabric 3.1, at its end.
fn in_force(verifier: &ChainVerifier, name: &str) -> ChaincodeDefinition {
    match lifecycle::definition(verifier.state(), name).unwrap() {
        lifecycle::Lookup::Defined(definition) => *definition,
        other => panic!("{other:?}"),
    }
}

fn end_of_chain() -> ChainVerifier {
    let mut verifier = ChainVerifier::new();
    for block in Chain::Fabric31.blocks() {
        verifier.feed(&block).unwrap();
    }
    verifier
}

#[test]
fn definitions_that_do_not_follow_are_refused_in_fabrics_words() {
    let verifier = end_of_chain();
    let current = in_force(&verifier, "hcc");
    let sequence = current.sequence;
    assert_eq!(sequence, 2);
    let with = |change: fn(&mut ChaincodeDefinition)| {
        let mut definition = current.clone();
        change(&mut definition);
        definition
    };
    let cases: [(&str, ChaincodeDefinition, &str); 9] = [
        (
            "hcc",
            with(|definition| definition.sequence = 1),
            "currently defined sequence 2 is larger than requested sequence 1",
        ),
        (
            "hcc",
            with(|definition| definition.sequence = 9),
            "requested sequence 9 is larger than the next available sequence number 3",
        ),
        (
            "fresh",
            with(|definition| definition.sequence = 0),
            "requested sequence is 0, but first definable sequence number is 1",
        ),
        (
            "hcc",
            with(|definition| definition.endorsement_info.version = "9".to_owned()),
            "attempted to redefine the current committed sequence (2) for namespace hcc with different parameters: expected Version",
        ),
        (
            "qscc",
            with(|_| {}),
            "error validating chaincode definition: chaincode name 'qscc' is the name of a system chaincode",
        ),
        (
            "a.b",
            with(|_| {}),
            "error validating chaincode definition: invalid chaincode name 'a.b'. Names can only consist of alphanumerics, '_', and '-' and can only begin with alphanumerics",
        ),
        (
            "hcc",
            with(|definition| definition.endorsement_info.version = "1/0".to_owned()),
            "error validating chaincode definition: invalid chaincode version '1/0'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'",
        ),
        (
            "hcc",
            with(|definition| definition.collections = Default::default()),
            "error validating chaincode definition: the proposed collection config does not contain previously defined collections",
        ),
        (
            "hcc",
            with(|definition| {
                definition.collections.config.pop();
            }),
            "error validating chaincode definition: existing collection [collB] missing in the proposed collection configuration",
        ),
    ];
    for (name, definition, expected) in cases {
        let mut simulator = Simulator::new(verifier.state(), "id");
        let approval = Approval {
            name: name.to_owned(),
            definition,
            package_id: None,
        };
        let channel = verifier.channel().unwrap();
        let error = approve(
            &mut simulator,
            channel,
            "Org1MSP",
            approval,
            Repeated::Refused,
        )
        .unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn a_commit_needs_the_next_sequence_and_the_own_approval() {
    let verifier = end_of_chain();
    let channel = verifier.channel().unwrap();
    let mut definition = in_force(&verifier, "hcc");
    let refuse = |definition: &ChaincodeDefinition| {
        let mut simulator = Simulator::new(verifier.state(), "id");
        let outcome = commit(
            &mut simulator,
            channel,
            "Org2MSP",
            "hcc",
            definition.clone(),
        );
        outcome.unwrap_err().to_string()
    };
    assert_eq!(
        refuse(&definition),
        "requested sequence is 2, but new definition must be sequence 3"
    );
    definition.sequence = 3;
    assert_eq!(
        refuse(&definition),
        "chaincode definition not agreed to by this org (Org2MSP)"
    );
    let mut simulator = Simulator::new(verifier.state(), "id");
    let ready = lifecycle::check_commit_readiness(&mut simulator, channel, "hcc", definition);
    let ready = ready.unwrap();
    assert!(ready.approvals.values().all(|approved| !approved));
    assert_eq!(ready.mismatches["Org1MSP"], ["ChaincodeParameters"]);
}

#[test]
fn approvals_are_told_from_their_plaintext_and_only_once_given() {
    let verifier = end_of_chain();
    let channel = verifier.channel().unwrap();
    let mut state: MemoryState = verifier.state().clone();
    let mut definition = in_force(&verifier, "hcc");
    definition.sequence = 3;
    let approval = Approval {
        name: "hcc".to_owned(),
        definition,
        package_id: Some("hcc_3:abc".to_owned()),
    };
    let mut simulator = Simulator::new(&state, "id");
    approve(
        &mut simulator,
        channel,
        "Org1MSP",
        approval.clone(),
        Repeated::Refused,
    )
    .unwrap();
    let result = simulator.finish();
    let version = fabric_ledger::Version::new(39, 0);
    let mut updates = Default::default();
    fabric_ledger::commit::apply(&result.rwset, version, &state, &mut updates).unwrap();
    state.apply(&updates);
    state.apply_private(&result.private, version);

    let mut simulator = Simulator::new(&state, "id");
    for sequence in [0, 3] {
        let found = query_approved(&mut simulator, channel, "Org1MSP", "hcc", sequence).unwrap();
        assert_eq!(found, approval);
    }
    let missing = query_approved(&mut simulator, channel, "Org2MSP", "hcc", 3).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "could not fetch approved chaincode definition (name: 'hcc', sequence: '3') on channel 'holdout'"
    );
    let again = approve(
        &mut simulator,
        channel,
        "Org1MSP",
        approval.clone(),
        Repeated::Refused,
    )
    .unwrap_err();
    assert_eq!(
        again.to_string(),
        "attempted to redefine uncommitted sequence (3) for namespace hcc with unchanged content"
    );
    let other = Approval {
        package_id: Some("hcc_3:def".to_owned()),
        ..approval
    };
    approve(&mut simulator, channel, "Org1MSP", other, Repeated::Refused).unwrap();
    let undefined = query_definition(&mut simulator, channel, "nothing").unwrap_err();
    assert_eq!(undefined.to_string(), "namespace nothing is not defined");
    let (found, approvals) = query_definition(&mut simulator, channel, "hcc").unwrap();
    assert_eq!(found.sequence, 2);
    assert!(approvals["Org1MSP"] && approvals["Org2MSP"]);
}
