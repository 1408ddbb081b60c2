//! `selvedge contract`: projects that build and test as they are, clients that compile.

use fabric_contract_api_rust::{Chaincode, testing::Ledger};
use serde_json::{Value, json};

use crate::support::{Shell, text};

/// The contract of a new project, as it is written.
#[path = "../../templates/contract/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a crate's root where it is used")]
mod new_contract;

/// The client of the private-data example, as it is made.
#[rustfmt::skip]
#[path = "generated/private.rs"]
#[expect(unreachable_pub, reason = "it is a library's module where it is used")]
mod private_client;

/// What a chaincode says of itself.
fn metadata(chaincode: impl Chaincode) -> Value {
    let mut ledger = Ledger::of(chaincode);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    let none: [&str; 0] = [];
    let function = "org.hyperledger.fabric:GetMetadata";
    ledger.as_user(&ann).evaluate(function, none).unwrap()
}

#[test]
fn a_new_project_has_a_contract_with_tests() {
    let shell = Shell::new();
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    shell.json(&format!("contract new my-tasks --sources {sources}"));
    let manifest = shell.read("my-tasks/Cargo.toml");
    assert!(manifest.contains("name = \"my-tasks\""), "{manifest}");
    assert!(
        manifest.contains("/chaincode/contract-api\", features = [\"testing\"]"),
        "{manifest}"
    );
    assert!(
        shell
            .read("my-tasks/tests/tasks.rs")
            .contains("use my_tasks::{Task, Tasks};")
    );
    assert!(
        shell
            .read("my-tasks/src/main.rs")
            .contains("my_tasks::Tasks")
    );
    assert!(
        shell
            .read("my-tasks/README.md")
            .contains("chaincode deploy my-tasks --address")
    );
    for file in [
        "Cargo.toml",
        "README.md",
        "src/lib.rs",
        "src/main.rs",
        "tests/tasks.rs",
    ] {
        let written = shell.read(&format!("my-tasks/{file}"));
        for word in ["NAME", "CRATE", "API_TESTING", "SHIM"] {
            assert!(!written.contains(word), "{file} has {word}");
        }
    }
    let again = shell.fails("contract new my-tasks");
    assert!(again.contains("is there already"), "{again}");
    let odd = shell.fails("contract new My_Tasks");
    assert!(odd.contains("lower-case letters"), "{odd}");
}

#[test]
fn without_sources_a_project_uses_the_published_crates() {
    let shell = Shell::new();
    shell.json("contract new tasks");
    let manifest = shell.read("tasks/Cargo.toml");
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("fabric-chaincode-shim = {{ version = \"{version}\" }}");
    assert!(manifest.contains(&expected), "{manifest}");
}

#[test]
fn the_contract_of_a_new_project_works() {
    let mut ledger = Ledger::of(new_contract::Tasks);
    let ann = ledger.user("Org1MSP", "ann").unwrap();
    ledger
        .as_user(&ann)
        .submit("add", ["1", "water the plants"])
        .unwrap();
    ledger.as_user(&ann).submit("finish", ["1"]).unwrap();
    let page: Value = ledger
        .as_user(&ann)
        .evaluate("mine", [r#"{"size":10}"#])
        .unwrap();
    assert_eq!(page["items"][0]["done"], true);
}

#[track_caller]
fn made(metadata: &Value, language: &str) -> String {
    let shell = Shell::new();
    shell.write("metadata.json", &metadata.to_string());
    let line = "contract bindgen --metadata metadata.json --out client --language";
    shell.json(&format!("{line} {language}"));
    shell.read("client")
}

#[test]
fn clients_are_made_as_recorded() {
    let metadata = metadata(example_asset_transfer_private_data::PrivateAssets);
    for (language, recorded) in [
        ("rust", include_str!("generated/private.rs")),
        ("typescript", include_str!("generated/private.ts")),
    ] {
        let made = made(&metadata, language);
        assert!(
            made == recorded,
            "{language} is made otherwise now:\n{made}"
        );
    }
}

#[test]
fn every_example_has_a_client_in_both_languages() {
    for metadata in [
        metadata(example_asset_transfer_basic::AssetTransfer),
        metadata(example_asset_transfer_sbe::EndorsedAssets),
        metadata(example_commercial_paper::CommercialPaper),
        metadata(example_token_erc_20::Token),
    ] {
        assert!(made(&metadata, "rust").contains("impl "));
        assert!(made(&metadata, "typescript").contains("export class "));
    }
}

#[test]
fn what_a_stranger_calls_things_never_becomes_code() {
    let evil = "x\"; } */ // \n fn main() {} \u{2028} ${y} `";
    let metadata = json!({
        "contracts": { evil: {
            "info": { "title": evil, "version": evil, "description": evil },
            "transactions": [{
                "name": evil, "tag": ["EVALUATE"], "description": evil,
                "parameters": [{ "name": evil, "schema": { "$ref": evil } }],
                "returns": { "type": "array", "items": { "type": ["null", "integer"] } },
            }],
        }},
        "components": { "schemas": { "Other": {
            "description": evil,
            "properties": { evil: { "type": "string", "description": evil } },
        }}},
    });
    let rust = made(&metadata, "rust");
    assert!(
        !rust
            .lines()
            .any(|line| line.trim_start().starts_with("fn main")),
        "{rust}"
    );
    let typescript = made(&metadata, "typescript");
    // In quotes its words are text; in a comment they must not end it.
    for line in typescript.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/**").or_else(|| line.strip_prefix("* ")) {
            let words = words.strip_suffix("*/").unwrap_or(words);
            assert!(!words.contains("*/"), "{line}");
        }
    }
}

#[test]
fn a_record_that_holds_itself_does_so_in_a_box() {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let metadata = json!({
        "contracts": {},
        "components": { "schemas": {
            "Node": { "properties": {
                "next": named("Link"), "all": { "type": "array", "items": named("Node") },
            }},
            "Link": { "properties": { "node": named("Node") }, "required": ["node"] },
        }},
    });
    let rust = made(&metadata, "rust");
    assert!(rust.contains("pub next: Option<Box<Link>>,"), "{rust}");
    assert!(rust.contains("pub node: Box<Node>,"), "{rust}");
    assert!(rust.contains("pub all: Option<Vec<Node>>,"), "{rust}");
}

#[test]
fn metadata_that_make_no_client_are_refused() {
    let shell = Shell::new();
    shell.write("empty.json", "{}");
    shell.write("text.json", "no json");
    let twice = json!({ "contracts": { "c": { "transactions": [
        { "name": "CreateAsset" }, { "name": "create_asset" },
    ]}}});
    shell.write("twice.json", &twice.to_string());
    for (file, reason) in [
        ("empty.json", "no `contracts`"),
        ("text.json", "not JSON"),
        ("twice.json", "would both be called create_asset"),
        ("none.json", "cannot read"),
    ] {
        let error = shell.fails(&format!("contract bindgen --metadata {file}"));
        assert!(error.contains(reason), "{file}: {error}");
    }
    let output = shell.run("contract bindgen");
    assert!(
        text(&output.stderr).contains("<NAME>"),
        "{}",
        text(&output.stderr)
    );
}
