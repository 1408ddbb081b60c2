//! Discovery, as Fabric's `discover` and older SDKs ask it.

use std::collections::BTreeMap;

use bytes::Bytes;
use fabric_devnet::{Deployment, Network, Ports};
use fabric_ledger::ValidationCode;
use fabric_msp::{Msp, MspManager, Organization, OrganizationSpec, SigningIdentity, layout};
use fabric_protos::{
    discovery::{
        AuthInfo, ChaincodeQuery, ChaincodeQueryResult, ConfigQuery, LocalPeerQuery,
        PeerMembershipQuery, Peers, Query, QueryResult, Request, SignedRequest,
        discovery_client::DiscoveryClient, query::Query as Kind, query_result::Result as Answer,
    },
    gossip::{Envelope, GossipMessage, gossip_message::Content},
    msp::SerializedIdentity,
    peer::{ChaincodeCall, ChaincodeInterest},
};
use prost::Message as _;
use tonic::{Code, Status};

use crate::support::{
    Client, EITHER, TestChaincode,
    client::{assert_fails, user},
    deploy, ephemeral, hold, setup,
};

/// What a client hears that asks these queries about a channel.
async fn ask(client: &Client, channel: &str, queries: Vec<Kind>) -> Result<Vec<Answer>, Status> {
    let queries = queries.into_iter().map(|query| Query {
        channel: channel.to_owned(),
        query: Some(query),
    });
    let request = Request {
        authentication: Some(AuthInfo {
            client_identity: client.identity.serialized().clone(),
            client_tls_cert_hash: Bytes::new(),
        }),
        queries: queries.collect(),
    };
    let payload: Bytes = request.encode_to_vec().into();
    let signature = client.identity.sign(&payload).unwrap();
    send(client, SignedRequest { payload, signature }).await
}

async fn send(client: &Client, signed: SignedRequest) -> Result<Vec<Answer>, Status> {
    let mut discovery = DiscoveryClient::new(client.connection());
    let response = discovery.discover(signed).await?.into_inner();
    let answer = |result: QueryResult| result.result.unwrap();
    Ok(response.results.into_iter().map(answer).collect())
}

async fn ask_one(client: &Client, channel: &str, query: Kind) -> Answer {
    let mut answers = ask(client, channel, vec![query]).await.unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// The only answer, which is an error.
async fn refusal(client: &Client, channel: &str, query: Kind) -> String {
    match ask_one(client, channel, query).await {
        Answer::Error(error) => error.content,
        other => panic!("{other:?}"),
    }
}

fn peers() -> Kind {
    Kind::PeerQuery(PeerMembershipQuery::default())
}

fn local() -> Kind {
    Kind::LocalPeers(LocalPeerQuery {})
}

fn call(name: &str) -> ChaincodeCall {
    ChaincodeCall {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn endorsers(chaincodes: impl Into<Vec<ChaincodeCall>>) -> Kind {
    Kind::CcQuery(ChaincodeQuery {
        interests: vec![ChaincodeInterest {
            chaincodes: chaincodes.into(),
        }],
    })
}

/// Opens what a peer said of itself, which it signed.
fn open(envelope: &Envelope, network: &Network, identity: &Bytes) -> Content {
    let config = SerializedIdentity::decode(identity.clone()).unwrap();
    let number: usize = config.mspid[3..4].parse().unwrap();
    let dir = layout::peer_msp(network.organizations_dir(), number, 0);
    let msp = Msp::from_dir(dir, &config.mspid).unwrap();
    let signer = MspManager::new([msp]).identity(identity).unwrap();
    signer
        .verify(&envelope.payload, &envelope.signature)
        .unwrap();
    let message = GossipMessage::decode(envelope.payload.clone()).unwrap();
    message.content.unwrap()
}

/// Address, height and chaincodes of each peer, in text.
fn describe(network: &Network, by_organization: &BTreeMap<String, Peers>) -> Vec<String> {
    let mut found = Vec::new();
    for (msp_id, peers) in by_organization {
        for peer in &peers.peers {
            let membership = peer.membership_info.as_ref().unwrap();
            let Content::AliveMsg(alive) = open(membership, network, &peer.identity) else {
                panic!("{peer:?}");
            };
            assert!(alive.timestamp.is_some());
            let endpoint = alive.membership.unwrap().endpoint;
            let (host, _) = endpoint.split_once(':').unwrap();
            let mut text = format!("{msp_id} {host}");
            if let Some(info) = &peer.state_info {
                let Content::StateInfo(info) = open(info, network, &peer.identity) else {
                    panic!("{peer:?}");
                };
                assert!(info.timestamp.is_some() && info.channel_mac.len() == 32);
                let properties = info.properties.unwrap();
                let chaincodes = properties.chaincodes.iter();
                let chaincodes: Vec<_> = chaincodes
                    .map(|one| format!("{}:{}", one.name, one.version))
                    .collect();
                let height = properties.ledger_height;
                text = format!("{text} {height} {}", chaincodes.join(","));
            }
            found.push(text);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_of_a_channel_have_their_own_heights() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    hold(&setup.network, "peer0.org2.example.com").await;
    let committed = client.transact(&["put", "a", "1"]).await.unwrap();
    assert_eq!(committed.code, ValidationCode::VALID);

    let Answer::Members(members) = ask_one(&client, "mychannel", peers()).await else {
        panic!("no members");
    };

    let (height, before) = (setup.network.height(), setup.network.height() - 1);
    assert_eq!(
        describe(&setup.network, &members.peers_by_org),
        [
            format!("Org1MSP peer0.org1.example.com {height} _lifecycle:1,basic:1"),
            format!("Org2MSP peer0.org2.example.com {before} _lifecycle:1,basic:1"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_may_be_asked_for_by_what_they_can_endorse() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let asked = |name: &str| {
        Kind::PeerQuery(PeerMembershipQuery {
            filter: Some(ChaincodeInterest {
                chaincodes: vec![call(name)],
            }),
        })
    };
    let Answer::Members(members) = ask_one(&client, "mychannel", asked("basic")).await else {
        panic!("no members");
    };
    assert_eq!(members.peers_by_org.len(), 2);
    assert_eq!(
        refusal(&client, "mychannel", asked("nothing")).await,
        "No metadata was found for chaincode nothing in channel mychannel"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configuration_names_organisations_and_orderers() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let query = Kind::ConfigQuery(ConfigQuery {});
    let Answer::ConfigResult(config) = ask_one(&client, "mychannel", query).await else {
        panic!("no configuration");
    };
    let msps: Vec<_> = config.msps.keys().map(String::as_str).collect();
    assert_eq!(msps, ["OrdererMSP", "Org1MSP", "Org2MSP"]);
    let org1 = &config.msps["Org1MSP"];
    assert!(!org1.root_certs.is_empty() && !org1.tls_root_certs.is_empty());
    assert_eq!(config.orderers.len(), 1);
    let orderer = &config.orderers["OrdererMSP"].endpoint[0];
    assert_eq!(orderer.host, "orderer.example.com");
    assert_eq!(orderer.port, u32::from(network.orderer_endpoint().port()));
}

/// Layouts of the only descriptor, as organisations.
fn layouts(answer: Answer) -> Vec<String> {
    let Answer::CcQueryRes(ChaincodeQueryResult { content }) = answer else {
        panic!("{answer:?}");
    };
    let [descriptor] = &content[..] else {
        panic!("{content:?}");
    };
    let organization = |group: &String| {
        let peer = &descriptor.endorsers_by_groups[group].peers[0];
        assert!(peer.state_info.is_some() && peer.membership_info.is_some());
        let identity = SerializedIdentity::decode(peer.identity.clone()).unwrap();
        identity.mspid.trim_end_matches("MSP").to_owned()
    };
    let layouts = descriptor.layouts.iter();
    let mut texts: Vec<_> = layouts
        .map(|layout| {
            let mut names: Vec<_> = layout
                .quantities_by_group
                .iter()
                .map(|(group, quantity)| format!("{}:{quantity}", organization(group)))
                .collect();
            names.sort();
            names.join("+")
        })
        .collect();
    texts.sort();
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endorsers_come_in_layouts() {
    let builder = Network::builder().ephemeral().ports(Ports::Free);
    let network = builder.organizations(3).start().await.unwrap();
    let chaincode = TestChaincode::start().await;
    deploy(&network, &chaincode, None).await;
    let other = Deployment::new("other", chaincode.address().to_string());
    let other = other.policy("AND('Org1MSP.peer', OR('Org2MSP.peer','Org3MSP.peer'))");
    network.deploy(other).await.unwrap();
    let client = Client::user1(&network).await;
    let ask = async |chaincodes: &[&str]| {
        let calls: Vec<_> = chaincodes.iter().map(|name| call(name)).collect();
        layouts(ask_one(&client, "mychannel", endorsers(calls)).await)
    };

    // The channel's own policies are majorities.
    let majority = ["Org1:1+Org2:1", "Org1:1+Org3:1", "Org2:1+Org3:1"];
    assert_eq!(ask(&["basic"]).await, majority);
    assert_eq!(ask(&["_lifecycle"]).await, majority);
    assert_eq!(ask(&["basic", "other"]).await, majority[..2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_query_has_its_answer() {
    let setup = setup(Some(EITHER)).await;
    let client = Client::user1(&setup.network).await;
    let queries = vec![
        peers(),
        endorsers([call("nothing")]),
        endorsers([call("basic")]),
    ];
    let answers = ask(&client, "mychannel", queries).await.unwrap();
    assert!(matches!(answers[0], Answer::Members(_)));
    let Answer::Error(error) = &answers[1] else {
        panic!("{answers:?}");
    };
    assert_eq!(
        error.content,
        r#"failed constructing descriptor for chaincodes:{name:"nothing"}"#
    );
    assert!(matches!(answers[2], Answer::CcQueryRes(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_ask_for_nothing_are_refused() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let refused = async |query| refusal(&client, "mychannel", query).await;
    assert_eq!(
        refused(Kind::CcQuery(ChaincodeQuery::default())).await,
        "chaincode query must have at least one chaincode interest"
    );
    assert_eq!(
        refused(endorsers([])).await,
        "chaincode interest must contain at least one chaincode"
    );
    assert_eq!(
        refused(endorsers([call("")])).await,
        "chaincode name in interest cannot be empty"
    );
    assert_eq!(refused(local()).await, "unknown or missing request type");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_administrators_may_ask_about_the_peer_itself() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    assert_eq!(refusal(&client, "", local()).await, "access denied");
    let stranger = Client::with(&network, 1, user(&network, 2, "Admin")).await;
    assert_eq!(refusal(&stranger, "", local()).await, "access denied");

    let admin = Client::with(&network, 1, user(&network, 1, "Admin")).await;
    let Answer::Members(members) = ask_one(&admin, "", local()).await else {
        panic!("no members");
    };
    assert_eq!(
        describe(&network, &members.peers_by_org),
        [
            "Org1MSP peer0.org1.example.com",
            "Org2MSP peer0.org2.example.com"
        ]
    );
    assert_eq!(
        refusal(&admin, "", peers()).await,
        "unknown or missing request type"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_denied() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    assert_eq!(refusal(&client, "nowhere", peers()).await, "access denied");

    let impostor = Organization::generate(&OrganizationSpec::peer(1)).unwrap();
    let impostor = impostor.member("User1").unwrap().identity().clone();
    let impostor = Client::with(&network, 1, impostor).await;
    let denied = refusal(&impostor, "mychannel", peers()).await;
    assert_eq!(denied, "access denied");

    // A peer is a reader and no writer of the channel.
    let dir = layout::peer_msp(network.organizations_dir(), 1, 0);
    let peer = SigningIdentity::from_msp_dir(dir, "Org1MSP").unwrap();
    let peer = Client::with(&network, 1, peer).await;
    assert_eq!(refusal(&peer, "mychannel", peers()).await, "access denied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_a_client_fail() {
    let network = ephemeral().await;
    let client = Client::user1(&network).await;
    let check = async |payload: Vec<u8>, text: &str| {
        let signed = SignedRequest {
            payload: payload.into(),
            signature: Bytes::new(),
        };
        assert_fails(send(&client, signed).await, Code::Unknown, text);
    };
    let nobody = Request {
        authentication: Some(AuthInfo::default()),
        ..Default::default()
    };
    check(
        Vec::new(),
        "access denied, no authentication info in request",
    )
    .await;
    check(
        nobody.encode_to_vec(),
        "access denied, client identity wasn't supplied",
    )
    .await;
    check(
        vec![0xff; 9],
        "failed parsing request: proto: cannot parse invalid wire-format data",
    )
    .await;
}
