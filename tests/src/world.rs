//! A world: a network, the asset chaincode deployed on it, and a process that serves it; in a folder and
//! on ports of its own, started through the programs that a user types.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use fabric_testnet::ports::Port;
use fabric_testnet::{NetworkKind, wait_until};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use crate::AssetClient;
use crate::network::{RunningNetwork, State};
use crate::program;
use crate::selvedge::Selvedge;
use crate::service::{Service, tail};
use crate::warden::Warden;

/// Name of the chaincode on the channel.
pub const CHAINCODE: &str = "assets";
/// A chaincode process listens within a moment; a machine under load takes longer.
const LISTEN_DEADLINE: Duration = Duration::from_secs(30);

/// A network with the asset chaincode. Dropping it stops everything and removes its folder.
#[derive(Debug)]
pub struct World {
    // Fields drop in this order; the warden, shared by all, goes last and takes the folder with it.
    chaincode: Service,
    network: RunningNetwork,
    package_id: String,
    chaincode_port: Port,
    folder: PathBuf,
    warden: Arc<Warden>,
}

impl World {
    /// Starts a world on the network that `SELVEDGE_NETWORK` chooses.
    ///
    /// # Panics
    /// Where a program is missing or a step fails; the text says what to do.
    pub async fn start() -> Self {
        let kind = NetworkKind::from_environment();
        Self::start_on(kind.unwrap_or_else(|error| panic!("{error}"))).await
    }

    /// Starts a world on a network of this kind.
    ///
    /// # Panics
    /// As [`World::start`].
    pub async fn start_on(kind: NetworkKind) -> Self {
        let folder = tempfile::Builder::new().prefix("selvedge-world-").tempdir();
        let folder = folder.expect("a temporary folder can be made").keep();
        let warden = Arc::new(Warden::of(&folder));
        let network = RunningNetwork::start(kind, &folder.join("network"), &warden).await;
        let chaincode_port = Port::free().unwrap_or_else(|error| panic!("{error}"));
        let address = chaincode_port.address().to_string();
        let selvedge = Selvedge::of(&folder.join("network"));
        let deployed = selvedge
            .run(&["chaincode", "deploy", CHAINCODE, "--address", &address])
            .await;
        let package_id = deployed["package_id"]
            .as_str()
            .expect("a deployment has a package id")
            .to_owned();
        let chaincode = serve_chaincode(&package_id, &address, &folder, &warden);
        let mut world = Self {
            chaincode,
            network,
            package_id,
            chaincode_port,
            folder,
            warden,
        };
        world.chaincode_listens().await;
        world
    }

    /// The world of the tests that break nothing: one for all, on the network of [`World::start`].
    ///
    /// # Panics
    /// As [`World::start`].
    pub async fn shared() -> &'static Self {
        // No destructor runs for it: the end of the process is the warden's signal.
        static SHARED: OnceCell<World> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    /// The command line program, about this network.
    #[must_use]
    pub fn selvedge(&self) -> Selvedge {
        Selvedge::of(&self.folder.join("network"))
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &RunningNetwork {
        &self.network
    }

    /// The network, to start it again.
    pub fn network_mut(&mut self) -> &mut RunningNetwork {
        &mut self.network
    }

    /// Endpoints and identities.
    #[must_use]
    pub fn state(&self) -> &State {
        self.network.state()
    }

    /// The chaincode's process.
    pub fn chaincode(&mut self) -> &mut Service {
        &mut self.chaincode
    }

    /// Where the chaincode's process listens.
    #[must_use]
    pub fn chaincode_address(&self) -> String {
        self.chaincode_port.address().to_string()
    }

    /// Starts the chaincode's process again, killing it first if it runs.
    ///
    /// # Panics
    /// Where it does not listen in time.
    pub async fn restart_chaincode(&mut self) {
        self.chaincode.kill();
        let address = self.chaincode_address();
        self.chaincode = serve_chaincode(&self.package_id, &address, &self.folder, &self.warden);
        self.chaincode_listens().await;
    }

    /// The asset chaincode through the SDK, called by `User1` of the first organisation.
    #[must_use]
    pub fn client(&self) -> AssetClient {
        AssetClient::connect(self.state(), 1, "User1")
    }

    /// Folder of this world, for the files of its tests.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Who ends this world's processes.
    #[must_use]
    pub fn warden(&self) -> &Arc<Warden> {
        &self.warden
    }

    async fn chaincode_listens(&mut self) {
        let address = self.chaincode_port.address();
        let listens = wait_until(LISTEN_DEADLINE, || async move {
            TcpStream::connect(address).await.is_ok()
        })
        .await;
        let log = self.chaincode.log_tail();
        assert!(
            listens.is_ok() && self.chaincode.ended().is_none(),
            "the chaincode does not serve:\n{log}"
        );
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for log in ["network/network.log", "chaincode.log", "mirror.log"] {
            eprintln!("--- the end of {log}\n{}", tail(&self.folder.join(log)));
        }
    }
}

fn serve_chaincode(
    package_id: &str,
    address: &str,
    folder: &Path,
    warden: &Arc<Warden>,
) -> Service {
    let mut command = Command::new(program::path(program::ASSET_CHAINCODE));
    command
        .env("CHAINCODE_ID", package_id)
        .env("CHAINCODE_SERVER_ADDRESS", address);
    Service::start(command, "chaincode", folder, warden)
}
