//! What an operator does through the typed client, on the embedded network and on real Fabric.

use fabric_gateway_sdk::ValidationCode;
use fabric_gateway_sdk::admin::{
    ChaincodeDefinition, ChaincodeService, ChannelAdmin, ChannelConfiguration, Collection,
    EndorsementPolicy, PackageId, PeerAdmin, Refusal,
};
use fabric_testnet::{Chaincode, TestNetwork};

const POLICY: &str = "OR('Org1MSP.peer', 'Org2MSP.peer')";
const COLLECTIONS: &str = r#"[{"name": "secrets", "policy": "OR('Org1MSP.member', 'Org2MSP.member')",
    "requiredPeerCount": 0, "maxPeerCount": 1, "blockToLive": 5, "memberOnlyRead": true}]"#;

/// A network and the administrators of its two organisations.
pub(crate) struct Operators {
    pub(crate) network: TestNetwork,
    pub(crate) admins: [PeerAdmin; 2],
}

impl Operators {
    pub(crate) async fn start() -> Self {
        let network = TestNetwork::start().await.unwrap();
        let admins = ["Org1MSP", "Org2MSP"].map(|id| network.administrator(id).unwrap());
        Self { network, admins }
    }

    pub(crate) fn channel(&self, organization: usize) -> ChannelAdmin {
        self.admins[organization].channel(self.network.channel())
    }

    /// Installs, approves and commits, step by step as two operators do.
    pub(crate) async fn define(&self, definition: &ChaincodeDefinition) {
        let package = ChaincodeService::new(&definition.name, "127.0.0.1:9999");
        let package = package.package().unwrap();
        let id = package.id();
        for (place, admin) in self.admins.iter().enumerate() {
            admin.ensure_installed(&package).await.unwrap();
            let channel = self.channel(place);
            let approved = channel.ensure_approved(definition, Some(&id));
            assert!(approved.await.unwrap());
        }
        let channel = self.channel(0).with_endorsers([&self.admins[1]]);
        let ready = || async {
            let readiness = channel.commit_readiness(definition).await;
            readiness.is_ok_and(|readiness| readiness.missing().next().is_none())
        };
        let deadline = std::time::Duration::from_secs(30);
        fabric_testnet::wait_until(deadline, ready).await.unwrap();
        let status = channel.commit(definition).await.unwrap();
        assert!(status.is_valid());
    }
}

fn definition(name: &str) -> ChaincodeDefinition {
    ChaincodeDefinition::new(name, "1.0", 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn definition_goes_through_the_lifecycle_and_comes_back() {
    let operators = Operators::start().await;
    let wanted = definition("bonds")
        .endorsement_policy(EndorsementPolicy::Signature(POLICY.parse().unwrap()))
        .collections(Collection::list_from_json(COLLECTIONS).unwrap());
    let package = ChaincodeService::new("bonds", "127.0.0.1:9999");
    let package = package.package().unwrap();
    let [admin, other] = &operators.admins;
    assert_eq!(admin.install(&package).await.unwrap(), package.id());

    let channel = operators.channel(0);
    let readiness = channel.commit_readiness(&wanted).await.unwrap();
    assert_eq!(readiness.missing().count(), 2);
    operators.define(&wanted).await;

    let committed = channel.committed_definition("bonds").await.unwrap();
    assert_eq!(committed.definition, wanted);
    assert_eq!(committed.approvals.len(), 2);
    assert!(committed.approvals.values().all(|approved| *approved));
    let all = channel.committed_definitions().await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].definition, wanted);
    approvals_come_back(&channel, &wanted, &package.id()).await;

    let installed = admin.installed_package(&package.id()).await.unwrap();
    assert_eq!(installed.label, "bonds");
    assert_eq!(installed.references[channel.name()][0].name, "bonds");
    assert_eq!(other.installed_packages().await.unwrap().len(), 1);
    let bytes = admin.package_bytes(&package.id()).await.unwrap();
    assert_eq!(&bytes, package.bytes());
    operators.network.stop().await;
}

/// What an organisation approved is private data of its own peers.
async fn approvals_come_back(
    channel: &ChannelAdmin,
    wanted: &ChaincodeDefinition,
    package_id: &PackageId,
) {
    let approved = channel.approved_definition("bonds", Some(1)).await.unwrap();
    assert_eq!(approved.definition, *wanted);
    assert_eq!(approved.package_id.as_ref(), Some(package_id));
    match channel.approved_definitions().await {
        Ok(all) => assert_eq!(all, [approved]),
        // Fabric 2.5 has the operation and no rule for who may call it; the embedded network has it not.
        Err(error) => assert_eq!(error.refusal(), Some(Refusal::Unsupported), "{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_definition_takes_the_next_sequence() {
    let operators = Operators::start().await;
    operators.define(&definition("bonds")).await;
    let changed = definition("bonds")
        .at_sequence(2)
        .endorsement_policy(EndorsementPolicy::Signature(POLICY.parse().unwrap()));
    operators.define(&changed).await;
    let committed = operators.channel(0).committed_definition("bonds").await;
    assert_eq!(committed.unwrap().definition, changed);
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_that_is_repeated_changes_nothing() {
    let mut operators = Operators::start().await;
    let channel = operators.channel(0);
    let chaincode = Chaincode::new("bonds", "127.0.0.1:9999").policy(POLICY);
    operators
        .network
        .deploy_chaincode(&chaincode)
        .await
        .unwrap();
    let before = channel.chain_info().await.unwrap();
    operators
        .network
        .deploy_chaincode(&chaincode)
        .await
        .unwrap();
    assert_eq!(channel.chain_info().await.unwrap(), before);

    let changed = Chaincode::new("bonds", "127.0.0.1:9999");
    operators.network.deploy_chaincode(&changed).await.unwrap();
    let committed = channel.committed_definition("bonds").await.unwrap();
    assert_eq!(committed.definition.sequence, 2);
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_is_read_by_number_hash_and_transaction() {
    let operators = Operators::start().await;
    operators.define(&definition("bonds")).await;
    let channel = operators.channel(0);

    let info = channel.chain_info().await.unwrap();
    let newest = channel.block_by_number(info.height - 1).await.unwrap();
    assert_eq!(newest.number() + 1, info.height);
    assert_eq!(newest.previous_hash(), &info.previous_block_hash);
    let latest = channel.block_by_number(u64::MAX).await.unwrap();
    assert_eq!(latest.number(), newest.number());
    let by_hash = channel
        .block_by_hash(&info.current_block_hash)
        .await
        .unwrap();
    assert_eq!(by_hash.bytes(), newest.bytes());

    let in_block = newest.transactions().next().unwrap();
    let id = in_block.decode().unwrap().transaction_id;
    let by_id = channel.block_by_transaction(id.clone()).await.unwrap();
    assert_eq!(by_id.bytes(), newest.bytes());
    let transaction = channel.transaction(id).await.unwrap();
    assert_eq!(transaction.code, ValidationCode::VALID);
    assert_eq!(&transaction.envelope, in_block.envelope());
    operators.network.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_and_their_configuration_are_read() {
    let operators = Operators::start().await;
    let channel = operators.channel(1);
    let name = channel.name().to_owned();
    assert_eq!(operators.admins[0].channels().await.unwrap(), [name]);

    let configuration = channel.configuration().await.unwrap();
    let block = channel.config_block().await.unwrap();
    let from_block = ChannelConfiguration::from_block(&block).unwrap();
    assert_eq!(configuration, from_block);
    let application = configuration.application().unwrap();
    let ids = application.organizations.iter().map(|one| &*one.msp_id);
    assert_eq!(ids.collect::<Vec<_>>(), ["Org1MSP", "Org2MSP"]);
    let anchor = application.organizations[0].anchor_peers[0].to_string();
    let peer = operators.network.peer_endpoint("Org1MSP").unwrap();
    assert!(anchor.ends_with(&format!(":{}", peer.port())), "{anchor}");
    let ordering = configuration.ordering().unwrap();
    assert_eq!(ordering.consensus, "etcdraft");
    assert_eq!(ordering.consenters.len(), 1);
    operators.network.stop().await;
}
