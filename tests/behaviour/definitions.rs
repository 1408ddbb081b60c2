//! The chaincodes of the suite: one probe each, under the policy that its name tells.

use fabric_testnet::Chaincode;

/// One endorsement of anybody's peer.
pub(crate) const ANY: &str = "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";

/// `shared` is kept by two of three organisations, `own` by one that alone may use it, `brief` by all for
/// two blocks; `guarded` and `majority` are written under policies of their own.
const COLLECTIONS: &str = r#"[
  {"name": "shared", "policy": "OR('Org1MSP.member','Org2MSP.member')", "requiredPeerCount": 0,
   "maxPeerCount": 2, "blockToLive": 0},
  {"name": "own", "policy": "OR('Org1MSP.member')", "requiredPeerCount": 0, "maxPeerCount": 0,
   "blockToLive": 0, "memberOnlyRead": true, "memberOnlyWrite": true},
  {"name": "brief", "policy": "OR('Org1MSP.member','Org2MSP.member','Org3MSP.member')",
   "requiredPeerCount": 0, "maxPeerCount": 2, "blockToLive": 2},
  {"name": "guarded", "policy": "OR('Org1MSP.member','Org2MSP.member')", "requiredPeerCount": 0,
   "maxPeerCount": 2, "blockToLive": 0,
   "endorsementPolicy": {"signaturePolicy": "AND('Org1MSP.peer','Org2MSP.peer')"}},
  {"name": "majority", "policy": "OR('Org1MSP.member','Org2MSP.member','Org3MSP.member')",
   "requiredPeerCount": 0, "maxPeerCount": 2, "blockToLive": 0,
   "endorsementPolicy": {"channelConfigPolicy": "/Channel/Application/Endorsement"}}
]"#;

/// The definition of a chaincode of this suite.
pub(crate) fn chaincode(name: &str, address: String) -> Chaincode {
    let chaincode = Chaincode::new(name, address);
    match name {
        "probe" | "other" | "broken" | "events" | "unreachable" | "empty" | "slow" | "batches" | "greeted"
        | "limited" | "here" | "there" | "unprepared" => chaincode.policy(ANY),
        "private" => chaincode.policy(ANY).collections(COLLECTIONS),
        "prepared" => chaincode
            .policy(ANY)
            .collections(COLLECTIONS)
            .init_required(),
        "both" => chaincode.policy("AND('Org1MSP.peer','Org2MSP.peer')"),
        "nested" => chaincode.policy(
            "OutOf(2,'Org1MSP.peer',OutOf(1,'Org2MSP.peer','Org3MSP.peer'),AND('Org2MSP.peer','Org3MSP.peer'))",
        ),
        "majority" => chaincode,
        "nobody" => chaincode.policy("OR('Org9MSP.peer')"),
        other => panic!("{other} is no chaincode of this suite"),
    }
}
