//! Signatures that are made elsewhere: by hand at each step, or by a signer.

use std::sync::Arc;

use bytes::Bytes;
use fabric_gateway_sdk::{Error, Identity, SignError, Signer, Step};
use fabric_protos::gateway;
use futures::future::BoxFuture;

use crate::mock::{COMMIT_STATUS, ENDORSE, Mock, SUBMIT};
use crate::sample;

/// Signs with the sample user's key as a hardware module would: somewhere else.
struct Module;

impl Signer for Module {
    fn sign<'a>(&'a self, message: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SignError>> {
        Box::pin(async move { sample::user().sign(message).map_err(SignError::new) })
    }
}

struct BrokenModule;

impl Signer for BrokenModule {
    fn sign<'a>(&'a self, _: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SignError>> {
        Box::pin(async { Err(SignError::new("the session is lost")) })
    }
}

fn without_key() -> Identity {
    Identity::without_key("Org1MSP", sample::user().certificate_pem())
}

#[tokio::test]
async fn every_step_takes_a_signature_made_elsewhere() {
    let mock = Mock::start().await;
    let network = mock.gateway(without_key()).network(sample::CHANNEL);
    let sign = |digest: [u8; 32]| sample::user().sign_digest(&digest).unwrap();
    let proposal = network
        .contract(sample::CHAINCODE)
        .proposal("transfer")
        .arg("1")
        .build()
        .unwrap();
    let signature = sign(proposal.digest());
    let transaction = proposal.with_signature(signature).endorse().await.unwrap();
    let signature = sign(transaction.digest());
    let commit = transaction
        .with_signature(signature)
        .submit()
        .await
        .unwrap();
    let signature = sign(commit.digest());
    assert!(
        commit
            .with_signature(signature)
            .status()
            .await
            .unwrap()
            .is_valid()
    );

    let creator = sample::user().serialized().clone();
    let endorse: gateway::EndorseRequest = mock.requests(ENDORSE).remove(0);
    let proposed = endorse.proposed_transaction.unwrap();
    sample::assert_signed(&creator, &proposed.proposal_bytes, &proposed.signature);
    let submit: gateway::SubmitRequest = mock.requests(SUBMIT).remove(0);
    let envelope = submit.prepared_transaction.unwrap();
    sample::assert_signed(&creator, &envelope.payload, &envelope.signature);
    let status: gateway::SignedCommitStatusRequest = mock.requests(COMMIT_STATUS).remove(0);
    sample::assert_signed(&creator, &status.request, &status.signature);
}

#[tokio::test]
async fn step_without_signature_fails_before_anything_is_sent() {
    let mock = Mock::start().await;
    let network = mock.gateway(without_key()).network(sample::CHANNEL);
    let error = network
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unsigned {
                step: Step::Endorse,
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.outcome_unknown() && !error.is_retryable());
    assert!(mock.calls(ENDORSE).is_empty());
}

#[tokio::test]
async fn signer_elsewhere_signs_every_step() {
    let mock = Mock::start().await;
    let identity = Identity::with_signer(
        "Org1MSP",
        sample::user().certificate_pem(),
        Arc::new(Module),
    );
    assert_eq!(identity.creator(), sample::user().serialized());
    let network = mock.gateway(identity).network(sample::CHANNEL);
    network
        .contract(sample::CHAINCODE)
        .submit("transfer")
        .await
        .unwrap();
}

#[tokio::test]
async fn failure_of_the_signer_is_told_with_its_cause() {
    let mock = Mock::start().await;
    let identity = Identity::with_signer(
        "Org1MSP",
        sample::user().certificate_pem(),
        Arc::new(BrokenModule),
    );
    let network = mock.gateway(identity).network(sample::CHANNEL);
    let error = network
        .contract(sample::CHAINCODE)
        .evaluate("read")
        .await
        .unwrap_err();
    let Error::Sign {
        step: Step::Evaluate,
        source,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        std::error::Error::source(source).unwrap().to_string(),
        "the session is lost"
    );
}
