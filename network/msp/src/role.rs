//! The roles that an organisation gives its members.

/// A role that policies and channel ACLs ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Any valid identity of the organisation.
    Member,
    /// A certificate of the unit `client`.
    Client,
    /// A certificate of the unit `peer`.
    Peer,
    /// A certificate of the unit `admin`, or one named as administrator.
    Admin,
    /// A certificate of the unit `orderer`.
    Orderer,
}

/// The roles of one identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl Roles {
    /// Every valid identity is a member.
    pub(crate) const MEMBER: Self = Self(1 << Role::Member as u8);

    /// Whether the identity has this role.
    #[must_use]
    pub fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    pub(crate) fn with(self, role: Role) -> Self {
        Self(self.0 | (1 << role as u8))
    }
}
