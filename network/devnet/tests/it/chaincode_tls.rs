//! Chaincode servers that ask for TLS, as their packages say.

use fabric_devnet::{
    Network,
    package::{ChaincodePackage, ClientKey, Connection, Tls},
};
use fabric_ledger::ValidationCode;
use fabric_msp::{Organization, OrganizationSpec};
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::support::{Client, TestChaincode, client::user, ephemeral, system::Definition};

/// A server's certificates, and those of who may connect.
struct Keys(Organization);

impl Keys {
    fn generate() -> Self {
        Self(Organization::generate(&OrganizationSpec::peer(1)).unwrap())
    }

    fn server(&self) -> ServerTlsConfig {
        let tls = self.0.member("peer0").unwrap().tls();
        let key = tls.private_key.expose();
        ServerTlsConfig::new().identity(Identity::from_pem(&tls.certificate_pem, key))
    }

    fn mutual(&self) -> ServerTlsConfig {
        let authority = Certificate::from_pem(self.0.tls_authority_pem());
        self.server().client_ca_root(authority)
    }

    fn tls(&self) -> Tls {
        Tls {
            root_certificate: self.0.tls_authority_pem().to_owned(),
            client: None,
        }
    }

    fn with_client(&self) -> Tls {
        let tls = self.0.member("User1").unwrap().tls();
        Tls {
            client: Some(ClientKey {
                certificate: tls.certificate_pem.clone(),
                key: tls.private_key.expose().to_owned(),
            }),
            ..self.tls()
        }
    }
}

/// Installs a package at the first peer; approves it for both organisations and commits, once.
async fn run_with(network: &Network, chaincode: &TestChaincode, tls: Option<Tls>, first: bool) {
    let connection = Connection {
        tls,
        ..Connection::plain(format!("localhost:{}", chaincode.address().port()))
    };
    let (package, bytes) = ChaincodePackage::write("basic_1.0", &connection).unwrap();
    let mut admins = Vec::new();
    for organization in [1, 2] {
        let identity = user(network, organization, "Admin");
        admins.push(Client::with(network, organization, identity).await);
    }
    admins[0].install(bytes).await.unwrap();
    let definition = Definition {
        name: "basic",
        version: "1.0",
        sequence: 1,
    };
    let approve = "ApproveChaincodeDefinitionForMyOrg";
    let approval = definition.approval(&package.id);
    for admin in &admins {
        admin.submit_lifecycle(approve, &approval, &[admin]).await;
    }
    if first {
        let commit = definition.commit();
        let endorsers = [&admins[0], &admins[1]];
        let committed = admins[0]
            .submit_lifecycle("CommitChaincodeDefinition", &commit, &endorsers)
            .await;
        assert_eq!(committed.code, ValidationCode::VALID);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_reached_by_what_its_package_says_and_by_nothing_less() {
    let network = ephemeral().await;
    let keys = Keys::generate();
    let chaincode = TestChaincode::with_tls(keys.mutual()).await;
    let client = Client::user1(&network).await;
    let ask = async || client.call_text("basic", &["echo", "hello"]).await;

    let without = [None, Some(keys.tls()), Some(Keys::generate().with_client())];
    for (number, tls) in without.into_iter().enumerate() {
        run_with(&network, &chaincode, tls, number == 0).await;
        let refused = ask().await;
        assert_eq!(refused.status, 500, "{number}: {refused:?}");
        assert!(
            refused
                .message
                .contains("could not launch chaincode basic_1.0:"),
            "{refused:?}"
        );
    }
    run_with(&network, &chaincode, Some(keys.with_client()), false).await;
    assert_eq!(ask().await.payload, "hello");

    let plain_tls = TestChaincode::with_tls(keys.server()).await;
    run_with(&network, &plain_tls, Some(keys.tls()), false).await;
    assert_eq!(ask().await.payload, "hello");
}
