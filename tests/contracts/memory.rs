//! The program on `testing::Ledger`.

use fabric_contract_api_rust::testing::{Collection, Ledger, ORGANIZATION, TestingError, User};
use fabric_ledger::Version;
use serde_json::Value;

use crate::script::{CALLEE, COLLECTION, Call, TRANSIENT};
use crate::scripted::Scripted;
use crate::seen::{self, Versions};

/// A ledger of its own for each case.
pub(crate) struct Memory {
    ledger: Ledger,
    client: User,
    versions: Versions,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let collection = || Collection::of(COLLECTION, [ORGANIZATION]);
        let ledger = Ledger::of(Scripted).with_chaincode(CALLEE, Scripted);
        let ledger = ledger.with_collection(collection());
        let ledger = ledger.and_then(|ledger| ledger.with_collection_of(CALLEE, collection()));
        let mut ledger = ledger.expect("the collections' policies can be read");
        let client = ledger.user(ORGANIZATION, "User1").expect("a certificate");
        Self {
            ledger,
            client,
            versions: Versions::default(),
        }
    }

    pub(crate) fn run(&mut self, call: &Call) -> Value {
        let (name, data) = TRANSIENT;
        let client = self.ledger.as_user(&self.client).transient(name, data);
        let endorsed = match client.endorse(call.function(), [call.argument()]) {
            Ok(endorsed) => endorsed,
            Err(TestingError::Refused { response }) => return seen::refused(response.status),
            Err(error) => panic!("{call:?}: {error}"),
        };
        let event = endorsed.event();
        let event = event.map(|event| (event.name.as_str(), event.payload.as_slice()));
        let (payload, rwset) = (endorsed.payload(), endorsed.rwset());
        let seen = seen::endorsed(payload, event, rwset, &self.versions);
        if call.submits {
            let block = self.ledger.height();
            let codes = self.ledger.commit([endorsed]);
            assert!(
                codes.iter().all(|code| code.is_valid()),
                "{call:?}: {codes:?}"
            );
            self.versions.committed(Version::new(block, 0));
        }
        seen
    }
}
