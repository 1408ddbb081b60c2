//! The allowed dependency edges of ARCHITECTURE.md, for what each crate ships (not for its tests).

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Package};

use crate::workspace::ours;

/// `crate: what it may depend on`; a crate that is missing here fails the test.
const ALLOWED: &[(&str, &[&str])] = &[
    ("fabric-protos", &[]),
    ("asset-types", &[]),
    ("asset-did", &[]),
    ("contract-macros", &[]),
    ("fabric-contract-api-rust", &["contract-macros"]),
    ("fabric-msp", &["fabric-protos"]),
    ("fabric-ledger", &["fabric-protos", "fabric-msp"]),
    ("assets", &["fabric-contract-api-rust", "asset-types"]),
    (
        "fabric-chaincode-shim",
        &["fabric-contract-api-rust", "fabric-protos"],
    ),
    ("asset-chaincode", &["assets", "fabric-chaincode-shim"]),
    (
        "example-asset-transfer-basic",
        &["fabric-chaincode-shim", "fabric-contract-api-rust"],
    ),
    (
        "example-asset-transfer-private-data",
        &["fabric-chaincode-shim", "fabric-contract-api-rust"],
    ),
    (
        "example-asset-transfer-sbe",
        &["fabric-chaincode-shim", "fabric-contract-api-rust"],
    ),
    (
        "example-commercial-paper",
        &["fabric-chaincode-shim", "fabric-contract-api-rust"],
    ),
    (
        "example-token-erc-20",
        &["fabric-chaincode-shim", "fabric-contract-api-rust"],
    ),
    (
        "fabric-gateway-sdk",
        &["fabric-ledger", "fabric-msp", "fabric-protos"],
    ),
    (
        "fabric-devnet",
        &["fabric-ledger", "fabric-msp", "fabric-protos"],
    ),
    ("asset-store", &["asset-types"]),
    (
        "asset-mirror",
        &[
            "fabric-gateway-sdk",
            "fabric-ledger",
            "asset-store",
            "asset-types",
        ],
    ),
    (
        "asset-service",
        &[
            "fabric-gateway-sdk",
            "asset-store",
            "asset-types",
            "asset-did",
        ],
    ),
    (
        "fabric-testnet",
        &[
            "fabric-devnet",
            "fabric-gateway-sdk",
            "fabric-msp",
            "fabric-protos",
        ],
    ),
];

/// Crates at the top of the graph, which may use anything below them.
const UNBOUNDED: &[&str] = &["selvedge", "e2e"];

/// What contract code must never reach: a runtime, a wire, a database.
const BANNED_IN_CONTRACTS: &[&str] = &[
    "tokio", "tonic", "prost", "sqlx", "axum", "reqwest", "rand", "chrono",
];

#[test]
fn crates_depend_only_on_what_the_architecture_allows() {
    let names: BTreeSet<&str> = ours().iter().map(|package| package.name.as_str()).collect();
    for package in ours() {
        if UNBOUNDED.contains(&package.name.as_str()) {
            continue;
        }
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(name, _)| *name == package.name.as_str())
            .unwrap_or_else(|| {
                panic!(
                    "{} has no line in ALLOWED and in ARCHITECTURE.md",
                    package.name
                )
            });
        for dependency in shipped(package) {
            assert!(
                !names.contains(dependency) || allowed.contains(&dependency),
                "{} must not depend on {dependency}; see the edges in ARCHITECTURE.md",
                package.name
            );
        }
    }
}

#[test]
fn contract_crates_name_no_runtime_and_no_wire() {
    for name in ["fabric-contract-api-rust", "asset-types", "assets"] {
        let package = ours()
            .into_iter()
            .find(|package| package.name.as_str() == name)
            .unwrap_or_else(|| panic!("{name} is in the workspace"));
        for dependency in shipped(package) {
            assert!(
                !BANNED_IN_CONTRACTS.contains(&dependency),
                "{name} must not use {dependency}"
            );
        }
    }
}

/// Dependencies of the shipped crate: those of tests and of optional features are left out.
fn shipped(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal && !dependency.optional)
        .map(|dependency| dependency.name.as_str())
}
