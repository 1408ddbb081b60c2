//! Private collections, as a definition has them.

use fabric_ledger::lifecycle::CollectionTerms;

/// A private collection of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection(CollectionTerms);

impl Collection {
    /// A collection that the peers of these organisations keep, whose clients alone may read and write.
    pub fn of<'m>(name: &str, members: impl IntoIterator<Item = &'m str>) -> Self {
        let principals: Vec<String> = members
            .into_iter()
            .map(|msp_id| format!("'{msp_id}.member'"))
            .collect();
        Self(CollectionTerms {
            name: name.to_owned(),
            members: format!("OR({})", principals.join(",")),
            member_only_read: true,
            member_only_write: true,
            ..CollectionTerms::default()
        })
    }

    /// A key that is not written again leaves the state after so many blocks; 0 is never.
    #[must_use]
    pub fn block_to_live(mut self, blocks: u64) -> Self {
        self.0.block_to_live = blocks;
        self
    }

    /// Lets clients of other organisations read, on a peer that keeps the plaintext.
    #[must_use]
    pub fn readable_by_all(mut self) -> Self {
        self.0.member_only_read = false;
        self
    }

    /// Lets clients of other organisations write.
    #[must_use]
    pub fn writable_by_all(mut self) -> Self {
        self.0.member_only_write = false;
        self
    }

    /// Sets who must endorse what is written there, in place of the chaincode's policy.
    #[must_use]
    pub fn policy(mut self, policy: &str) -> Self {
        self.0.endorsement = Some(policy.to_owned());
        self
    }

    pub(super) fn into_terms(self) -> CollectionTerms {
        self.0
    }
}
