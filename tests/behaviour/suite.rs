//! The network that all cases share: three organisations, and probes deployed when first asked for.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use e2e::probes::{ProbedNetwork, Shape};
use fabric_testnet::probe::Probe;
use fabric_testnet::{Compat, NetworkKind};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell, RwLock};

use crate::definitions;

/// Organisations of the network.
pub(crate) const ORGANIZATIONS: u16 = 3;
/// Long enough for a few envelopes to come into one block, and for nothing else.
const BATCH_TIMEOUT: Duration = Duration::from_millis(150);

/// A channel beside the one that cases use.
pub(crate) const SECOND_CHANNEL: &str = "second";
/// Calls that a gateway serves at once: far more than cases make beside each other, and few enough
/// for one case to make too many.
pub(crate) const GATEWAY_CALLS: u16 = 60;

/// The network's tasks outlive the case that started it, so no case's own runtime serves.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime can be started"));
static SHARED: [OnceCell<Suite>; VERSIONS.len()] =
    [const { OnceCell::const_new() }; VERSIONS.len()];
/// What the embedded network is seen as.
const VERSIONS: [Compat; 2] = [Compat::V3_1, Compat::V2_5];

/// A network with everything that cases need.
pub(crate) struct Suite {
    network: ProbedNetwork,
    /// By channel and name.
    probes: Mutex<HashMap<(String, String), Arc<Probe>>>,
    /// Cases that count blocks run alone.
    pub(crate) company: RwLock<()>,
}

impl Deref for Suite {
    type Target = ProbedNetwork;

    fn deref(&self) -> &ProbedNetwork {
        &self.network
    }
}

/// The versions of the network that tests run on. Real Fabric is of the version that it is of.
pub(crate) fn versions(kind: NetworkKind) -> &'static [Compat] {
    match kind {
        NetworkKind::Embedded => &VERSIONS,
        NetworkKind::Fabric => &VERSIONS[..1],
    }
}

/// The network that `SELVEDGE_NETWORK` asks for.
pub(crate) fn kind() -> NetworkKind {
    NetworkKind::from_environment().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a case on the shared networks of all versions.
pub(crate) fn run(case: impl AsyncFn(&'static Suite)) {
    let kind = kind();
    RUNTIME.block_on(async {
        let networks = SHARED.iter().zip(versions(kind));
        let runs = networks.map(async |(shared, &compat)| {
            case(shared.get_or_init(|| Suite::start(kind, compat)).await).await;
        });
        futures::future::join_all(runs).await;
    });
}

impl Suite {
    async fn start(kind: NetworkKind, compat: Compat) -> Self {
        let shape = Shape {
            further_channels: vec![SECOND_CHANNEL.to_owned()],
            gateway_calls: GATEWAY_CALLS,
            ..Shape::new(ORGANIZATIONS, BATCH_TIMEOUT, compat)
        };
        Self {
            network: ProbedNetwork::start(kind, shape).await,
            probes: Mutex::default(),
            company: RwLock::new(()),
        }
    }

    /// The probe that serves this chaincode of a channel, deployed as `definitions` says.
    pub(crate) async fn probe(&self, channel: &str, name: &str) -> Arc<Probe> {
        let mut probes = self.probes.lock().await;
        let key = (channel.to_owned(), name.to_owned());
        if let Some(probe) = probes.get(&key) {
            return Arc::clone(probe);
        }
        let definition = |address| definitions::chaincode(name, address);
        let probe = Arc::new(self.network.deploy_on(channel, definition).await);
        probes.insert(key, Arc::clone(&probe));
        probe
    }
}
