//! Identifiers that a caller chooses: accounts, tokens, requests. Safe as parts of composite keys.

use crate::text::checked_text;

/// The reserved account that owns the part of a token's cap that is not in circulation.
pub const UNISSUED: &str = "unissued";

checked_text!(
    /// An account. The reserved name [`UNISSUED`] is accepted here, because notes are kept under
    /// it; nobody can open it or transfer to and from it by name.
    AccountId,
    "an account id",
    64,
    "letters, digits, '.', '_', '-', ':' and '@', beginning with a letter or digit",
    |text| is_plain(text, "._-:@")
);

checked_text!(
    /// A token.
    TokenId,
    "a token id",
    64,
    "letters, digits, '.', '_', '-' and ':', beginning with a letter or digit",
    |text| is_plain(text, "._-:")
);

checked_text!(
    /// The caller's name of one write; the same id is executed at most once for an account.
    RequestId,
    "a request id",
    64,
    "letters, digits, '.', '_', '-' and ':', beginning with a letter or digit",
    |text| is_plain(text, "._-:")
);

impl AccountId {
    /// The reserved account of what is not in circulation.
    #[must_use]
    pub fn unissued() -> Self {
        Self(UNISSUED.to_owned())
    }

    /// Whether this name belongs to the ledger itself.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.as_str() == UNISSUED
    }
}

/// ASCII letters and digits anywhere, `punctuation` everywhere but first.
pub(crate) fn is_plain(text: &str, punctuation: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || punctuation.contains(c))
}
