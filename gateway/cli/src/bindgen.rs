//! Typed clients from what a chaincode says of itself: `org.hyperledger.fabric:GetMetadata` of this
//! workspace's contracts and of Fabric's own contract APIs. Pure: text in, text out.
//!
//! A chaincode is a stranger: whatever it calls its functions, types and fields becomes identifiers,
//! and its words become comments and quoted texts, never code.

mod model;
mod names;
mod rust;
mod schema;
mod typescript;

use serde_json::Value;

use model::Model;

/// A language that clients are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// On `fabric-gateway-sdk`.
    Rust,
    /// On `@hyperledger/fabric-gateway`.
    Typescript,
}

/// The client's source.
pub(crate) fn generate(metadata: &Value, language: Language) -> anyhow::Result<String> {
    let model = Model::of(metadata)?;
    Ok(match language {
        Language::Rust => rust::write(&model),
        Language::Typescript => typescript::write(&model),
    })
}
