//! The macros of `fabric-contract-api-rust`, which re-exports them; use that crate.
//!
//! Generated code is what one would write by hand: one trait implementation that matches on the
//! function's name. It names items of `::fabric_contract_api_rust` only.

mod contract;
mod contract_error;
mod documentation;
mod event;
mod function;
mod hook;
mod key_part;
mod mark;
mod state;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a contract of an `impl` block: `#[contract(name = "bonds", version = "1.0.0")]`.
///
/// - `#[transaction] fn f(&self, tx: &mut Tx, a: A, …) -> Result<R, E>` writes;
/// - `#[query] fn g(&self, query: &Query, a: A, …) -> Result<R, E>` only reads;
/// - functions with neither stay plain functions.
///
/// `A` is `Deserialize + JsonSchema`, `R` is `Serialize + JsonSchema`, `E` turns into a `Failure`
/// (every `ContractError` does). A function is called by its Rust name, or by the one in
/// `#[transaction(name = "Transfer")]`. `version` is the crate's own unless given; `title`, `license`
/// and `contact` go into the metadata as they are.
///
/// - `#[transient] price: u64` as a parameter comes in the transient data under its name, and stands
///   on no chain;
/// - `#[transaction(require(msp("Org1MSP"), attribute("role", "trader"), unit("admin"), direct))]`
///   lets only such callers in (see `Guard`), before anything is parsed or read;
/// - `#[before] fn f(&self, call: &Call<'_>) -> Result<(), E>` runs before each function,
///   `#[after] fn f(&self, call: &Call<'_>, result: &[u8]) -> Result<(), E>` after each that
///   succeeded; an error of either fails the transaction;
/// - `#[around] fn f(&self, call: &Call<'_>, next: Next<'_>) -> Result<Vec<u8>, E>` runs in place of
///   all three, which are `next.run()`;
/// - `#[unknown] fn f(&self, call: &Call<'_>) -> Result<R, E>` answers for functions there are not.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(arguments as contract::Options);
    let block = parse_macro_input!(item as syn::ItemImpl);
    contract::expand(&options, block)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `ContractError` for an error type that has `Display` (use `thiserror`).
///
/// Each variant says `#[code(404, "BOND_NOT_FOUND")]`: a status from 400 to 599 and a stable code.
/// Its named fields become the data, except a `source`. `#[code(transparent)]` on a variant of one
/// field hands on that error's own status, code and data.
#[proc_macro_derive(ContractError, attributes(code))]
pub fn derive_contract_error(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as syn::DeriveInput);
    contract_error::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `Event` for a type that is `Serialize`. Its type is the Rust name, or the one in
/// `#[event("Transferred")]`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as syn::DeriveInput);
    event::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `State` for a type that is `Serialize` and `Deserialize`, and writes the functions
/// that name its key and its indexes.
///
/// `#[state(kind = "bond", key(id), index(by_owner(owner)), version = 2, upgrade = older)]`
///
/// - `kind` is the object type of its keys, and stays as it is for ever;
/// - `key(a, b)` names the fields that tell one state from another: `Bond::key(&a, &b)`;
/// - each `index(by_x(c, d))` keeps an entry by these fields: `Bond::by_x(&c, &d)` selects by all of
///   them; key fields named at an index's end say its order, as it is anyway;
/// - `Bond::all()` selects all;
/// - `version` is 1 unless given; `upgrade` is a function
///   `fn(u32, serde_json::Value) -> Result<Self, String>` for values of older versions.
///
/// Fields of keys and indexes are `KeyPart`. Floats and hash maps are refused in any field: they
/// are not the same on every peer.
#[proc_macro_derive(State, attributes(state))]
pub fn derive_state(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as syn::DeriveInput);
    state::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `KeyPart` for a newtype around one: `#[derive(KeyPart)] struct BondId(String);`.
#[proc_macro_derive(KeyPart)]
pub fn derive_key_part(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as syn::DeriveInput);
    key_part::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
