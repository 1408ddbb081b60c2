//! Facts about the ledger rules.
