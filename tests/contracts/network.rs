//! The program on a network, in Rust in this process, or in Go beside it.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use e2e::probes::{ProbedNetwork, Shape};
use e2e::service::Service;
use e2e::warden::Warden;
use e2e::wire::{self, Client, chaincode_action};
use fabric_chaincode_shim::Server;
use fabric_ledger::{Version, rwset::TxRwset};
use fabric_protos::peer::ChaincodeEvent;
use fabric_testnet::ports::Port;
use fabric_testnet::{Chaincode, Compat, NetworkKind, wait_until};
use prost::Message as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use crate::script::{CALLEE, CHAINCODE, COLLECTION, Call, TRANSIENT};
use crate::scripted::Scripted;
use crate::seen::{self, Versions};

/// Transactions come one after the other: blocks need not wait for more.
const BATCH_TIMEOUT: Duration = Duration::from_millis(20);
const LISTEN_DEADLINE: Duration = Duration::from_secs(60);

/// What the program is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    Go,
}

/// A network on which the program is deployed twice.
pub(crate) struct Served {
    network: ProbedNetwork,
    programs: Vec<Program>,
    folder: tempfile::TempDir,
    warden: Arc<Warden>,
}

/// A running program.
enum Program {
    Rust(AbortHandle),
    Go { _service: Service, _port: Port },
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Self::Rust(server) = self {
            server.abort();
        }
    }
}

impl Served {
    pub(crate) async fn start(kind: NetworkKind, language: Language) -> Self {
        let folder = tempfile::tempdir().expect("a folder for logs");
        let shape = Shape::new(1, BATCH_TIMEOUT, Compat::default());
        let mut served = Self {
            network: ProbedNetwork::start(kind, shape).await,
            programs: Vec::new(),
            warden: Arc::new(Warden::of(folder.path())),
            folder,
        };
        for name in [CHAINCODE, CALLEE] {
            let program = served.deploy(name, language).await;
            served.programs.push(program);
        }
        served
    }

    async fn deploy(&self, name: &str, language: Language) -> Program {
        let port = Port::free().unwrap_or_else(|error| panic!("{error}"));
        let address = port.address().to_string();
        let collection = serde_json::json!([{
            "name": COLLECTION,
            "policy": "OR('Org1MSP.member')",
            "requiredPeerCount": 0,
            "maxPeerCount": 0,
            "blockToLive": 0,
            "memberOnlyRead": true,
            "memberOnlyWrite": true,
        }]);
        let chaincode = Chaincode::new(name, &address)
            .policy("OR('Org1MSP.peer')")
            .collections(collection.to_string());
        let package = chaincode
            .package()
            .unwrap_or_else(|error| panic!("{error}"));
        let id = package.id().as_str().to_owned();
        let program = match language {
            Language::Rust => serve(&id, &address).await,
            Language::Go => Program::Go {
                _service: self.start_go(name, &id, &address).await,
                _port: port,
            },
        };
        self.network.deploy_chaincode(&chaincode).await;
        program
    }

    async fn start_go(&self, name: &str, id: &str, address: &str) -> Service {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/go/target/contracts");
        let mut command = go(&program);
        command
            .env("CHAINCODE_ID", id)
            .env("CHAINCODE_SERVER_ADDRESS", address);
        let service = Service::start(command, name, self.folder.path(), &self.warden);
        let listens = wait_until(LISTEN_DEADLINE, || async {
            TcpStream::connect(address).await.is_ok()
        });
        assert!(listens.await.is_ok(), "{}", service.log_tail());
        service
    }

    /// The beginning of a case.
    pub(crate) fn begin(&self) -> Run {
        Run {
            client: self.network.client(1, "User1"),
            versions: Versions::default(),
        }
    }
}

fn go(program: &Path) -> Command {
    assert!(
        program.exists(),
        "{} is missing: build it by `go build -o target/ ./contracts` in tests/interop/go",
        program.display()
    );
    Command::new(program)
}

async fn serve(id: &str, address: &str) -> Program {
    let server = Server::builder(Scripted).id(id).address(address);
    let server = server
        .bind()
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let serving = tokio::spawn(server.serve_with_shutdown(std::future::pending()));
    Program::Rust(serving.abort_handle())
}

/// A case in progress.
pub(crate) struct Run {
    client: Client,
    versions: Versions,
}

impl Run {
    pub(crate) async fn call(&mut self, call: &Call) -> Value {
        let args = [call.function().to_owned(), call.argument()];
        let mut proposal = wire::Call::new(CHAINCODE, args.map(Bytes::from));
        let (name, data) = TRANSIENT;
        proposal.transient = vec![(name.to_owned(), data.into())];
        let proposed = self.client.propose(&proposal);
        let response = self.client.process(1, &proposed.signed).await;
        let response = response.unwrap_or_else(|status| panic!("{call:?}: {status}"));
        let answer = response.response.clone().unwrap_or_default();
        if answer.status >= 400 {
            return seen::refused(answer.status);
        }
        let action = chaincode_action(&response.payload).expect("an endorsed action");
        let rwset = TxRwset::decode(action.results).expect("a read-write set");
        let event = ChaincodeEvent::decode(action.events).expect("an event");
        let event = (!event.event_name.is_empty()).then_some(event);
        let event = event.as_ref();
        let event = event.map(|event| (event.event_name.as_str(), &event.payload[..]));
        let seen = seen::endorsed(&answer.payload, event, &rwset, &self.versions);
        if call.submits {
            let envelope = self.client.assemble(&proposed, &[response]);
            let since = self.client.newest(1).await;
            let sent = self.client.broadcast(vec![envelope.clone()]).await;
            assert!(
                sent.expect("the orderer answers")
                    .iter()
                    .all(|answer| answer.status == 200)
            );
            let placed = self.client.find(1, since, &[envelope]).await[0];
            assert_eq!(placed.code, 0, "{call:?}");
            let index = u64::try_from(placed.index).expect("a place in a block");
            self.versions.committed(Version::new(placed.block, index));
        }
        seen
    }
}
