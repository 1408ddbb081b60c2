//! The network that all cases share: three organisations, and probes deployed when first asked for.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use e2e::probes::ProbedNetwork;
use fabric_testnet::NetworkKind;
use fabric_testnet::probe::Probe;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell, RwLock};

use crate::definitions;

/// Organisations of the network.
pub(crate) const ORGANIZATIONS: u16 = 3;
/// Long enough for a few envelopes to come into one block, and for nothing else.
const BATCH_TIMEOUT: Duration = Duration::from_millis(150);

/// The network's tasks outlive the case that started it, so no case's own runtime serves.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("a runtime can be started"));
static SHARED: OnceCell<Suite> = OnceCell::const_new();

/// A network with everything that cases need.
pub(crate) struct Suite {
    network: ProbedNetwork,
    probes: Mutex<HashMap<String, Arc<Probe>>>,
    /// Cases that count blocks run alone.
    pub(crate) company: RwLock<()>,
}

impl Deref for Suite {
    type Target = ProbedNetwork;

    fn deref(&self) -> &ProbedNetwork {
        &self.network
    }
}

/// Runs a case on the shared network.
pub(crate) fn run<Output>(case: impl AsyncFnOnce(&'static Suite) -> Output) -> Output {
    RUNTIME.block_on(async { case(SHARED.get_or_init(Suite::start).await).await })
}

impl Suite {
    async fn start() -> Self {
        let kind = NetworkKind::from_environment().unwrap_or_else(|error| panic!("{error}"));
        Self {
            network: ProbedNetwork::start(kind, ORGANIZATIONS, BATCH_TIMEOUT).await,
            probes: Mutex::default(),
            company: RwLock::new(()),
        }
    }

    /// The probe that serves this chaincode, deployed as `definitions` says.
    pub(crate) async fn probe(&self, name: &str) -> Arc<Probe> {
        let mut probes = self.probes.lock().await;
        if let Some(probe) = probes.get(name) {
            return Arc::clone(probe);
        }
        let definition = |address| definitions::chaincode(name, address);
        let probe = Arc::new(self.network.deploy(definition).await);
        probes.insert(name.to_owned(), Arc::clone(&probe));
        probe
    }
}
