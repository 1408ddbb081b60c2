//! The names by which the contract's operations are called: the first argument of a transaction.

/// Opens an account: [`OpenAccount`](crate::OpenAccount) to [`AccountReply`](crate::AccountReply).
pub const ACCOUNTS_OPEN: &str = "accounts:open";
/// Reads an account: [`ReadAccount`](crate::ReadAccount) to [`AccountReply`](crate::AccountReply).
pub const ACCOUNTS_READ: &str = "accounts:read";
/// Creates a token: [`CreateToken`](crate::CreateToken) to [`TokenReply`](crate::TokenReply).
pub const TOKENS_CREATE: &str = "tokens:create";
/// Reads a token: [`ReadToken`](crate::ReadToken) to [`TokenReply`](crate::TokenReply).
pub const TOKENS_READ: &str = "tokens:read";
/// Brings units into circulation: [`Mint`](crate::Mint) to [`TransferReply`](crate::TransferReply).
pub const TOKENS_MINT: &str = "tokens:mint";
/// Pays: [`Transfer`](crate::Transfer) to [`TransferReply`](crate::TransferReply).
pub const TOKENS_TRANSFER: &str = "tokens:transfer";
/// Sums an account's notes: [`ReadBalance`](crate::ReadBalance) to
/// [`BalanceReply`](crate::BalanceReply).
pub const TOKENS_BALANCE: &str = "tokens:balance";
/// Lists an account's notes: [`ReadNotes`](crate::ReadNotes) to [`NotesReply`](crate::NotesReply).
pub const TOKENS_NOTES: &str = "tokens:notes";
/// Sums what is in circulation: [`ReadSupply`](crate::ReadSupply) to
/// [`SupplyReply`](crate::SupplyReply).
pub const TOKENS_SUPPLY: &str = "tokens:supply";
