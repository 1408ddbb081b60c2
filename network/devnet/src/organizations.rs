//! The organisations of a network: made once, read from the folder ever after.

/// More organisations would have peers beyond the last port.
pub const ORGANIZATIONS_MAX: usize = 20;
