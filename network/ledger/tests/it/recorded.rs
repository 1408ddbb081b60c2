//! The chains recorded from real Fabric (`fixtures/`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use fabric_protos::common::Block;
use prost::Message;

/// A recorded chain.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chain {
    /// Fabric 3.1, every feature once.
    Fabric31,
    /// Fabric 2.5, a random workload.
    Fabric25,
    /// Fabric 3.1, three organisations: nested policies, collections with policies of their own.
    Policies31,
}

impl Chain {
    pub(crate) const ALL: [Self; 3] = [Self::Fabric31, Self::Fabric25, Self::Policies31];

    pub(crate) fn dir(self) -> PathBuf {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        fixtures.join(match self {
            Self::Fabric31 => "fabric-3.1",
            Self::Fabric25 => "fabric-2.5",
            Self::Policies31 => "fabric-3.1-policies",
        })
    }

    pub(crate) fn length(self) -> u64 {
        match self {
            Self::Fabric31 => 39,
            Self::Fabric25 => 44,
            Self::Policies31 => 52,
        }
    }

    pub(crate) fn block_bytes(self, number: u64) -> Bytes {
        let name = match self {
            Self::Fabric31 => format!("block_{number:02}.pb"),
            Self::Fabric25 | Self::Policies31 => format!("block_{number:03}.block"),
        };
        let path = self.dir().join(name);
        match std::fs::read(&path) {
            Ok(bytes) => bytes.into(),
            Err(error) => panic!("recorded block {}: {error}", path.display()),
        }
    }

    pub(crate) fn block(self, number: u64) -> Block {
        Block::decode(self.block_bytes(number)).unwrap()
    }

    pub(crate) fn blocks(self) -> impl Iterator<Item = Block> {
        (0..self.length()).map(move |number| self.block(number))
    }

    /// The names of the codes, as recorded beside the blocks.
    pub(crate) fn code_names(self) -> BTreeMap<u64, Vec<String>> {
        match self {
            Self::Fabric31 => {
                let mut codes: BTreeMap<u64, BTreeMap<u64, String>> = BTreeMap::new();
                for file in ["recs1.json", "recs2.json"] {
                    let records = self.json(file);
                    for record in records.as_array().unwrap() {
                        let number = |name: &str| record[name].as_u64().unwrap();
                        let code = record["code"].as_str().unwrap().to_owned();
                        let block = codes.entry(number("block")).or_default();
                        block.insert(number("tx"), code);
                    }
                }
                let blocks = codes.into_iter();
                blocks
                    .map(|(block, codes)| (block, codes.into_values().collect()))
                    .collect()
            }
            Self::Fabric25 | Self::Policies31 => {
                let codes = self.json("codes.json");
                let blocks = codes.as_object().unwrap().iter();
                let names = |codes: &serde_json::Value| -> Vec<String> {
                    let codes = codes.as_array().unwrap().iter();
                    codes
                        .map(|code| code.as_str().unwrap().to_owned())
                        .collect()
                };
                blocks
                    .map(|(block, codes)| (block.parse().unwrap(), names(codes)))
                    .collect()
            }
        }
    }

    /// The commit hashes, in hexadecimal, as recorded beside the blocks.
    pub(crate) fn commit_hashes(self) -> Vec<Option<String>> {
        let recorded = self.json("commit_hashes.json");
        let hash = |value: &serde_json::Value| {
            let text = value.as_str().filter(|text| *text != "(none)");
            text.map(str::to_owned)
        };
        match self {
            Self::Fabric31 => {
                let blocks = recorded.as_array().unwrap().iter();
                blocks.map(|block| hash(&block["commitHash"])).collect()
            }
            Self::Fabric25 | Self::Policies31 => (0..self.length())
                .map(|number| hash(&recorded[number.to_string()]))
                .collect(),
        }
    }

    fn json(self, file: &str) -> serde_json::Value {
        let text = std::fs::read_to_string(self.dir().join(file)).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}
