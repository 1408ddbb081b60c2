//! Clients that are connected by TLS and ask nothing: what they cost, and that others are served.

use anyhow::Context as _;
use fabric_gateway_sdk::Contract;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::measured_network::MeasuredNetwork;
use crate::submitting::{self, Latency};

/// As many as a busy company's services, many times over.
const CLIENTS: usize = 10_000;

/// Files that this process has open beside connections, and some to spare.
const OTHER_FILES: usize = 500;

/// Connections on their way at once.
const HASTE: usize = 64;

/// What idle clients cost.
#[derive(Debug)]
pub(crate) struct Idle {
    /// How many there were.
    pub(crate) clients: usize,
    /// Resident memory of all processes of the network with them, in bytes.
    pub(crate) resident: u64,
    /// What one client that submits beside them sees.
    pub(crate) alone: Latency,
}

/// Connects them all to the first organisation's peer, and submits beside them.
pub(crate) async fn measure(
    network: &MeasuredNetwork,
    contract: &Contract,
) -> anyhow::Result<Idle> {
    let clients = CLIENTS.min(files()?.saturating_sub(OTHER_FILES));
    let endpoint = endpoint(network)?;
    let connecting = stream::iter(0..clients).map(|_| endpoint.connect());
    let connections: Vec<Channel> = connecting
        .buffer_unordered(HASTE)
        .try_collect()
        .await
        .context("a client cannot connect; the network's log says more")?;
    let resident = network.resident()?;
    let alone = submitting::alone(contract).await?;
    drop(connections);
    Ok(Idle {
        clients,
        resident,
        alone,
    })
}

fn endpoint(network: &MeasuredNetwork) -> anyhow::Result<Endpoint> {
    let peer = network.state().peers.first();
    let peer = peer.context("a network has a peer")?;
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(std::fs::read(&peer.tls_ca)?))
        .domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", peer.address))?;
    Ok(endpoint.tls_config(tls)?)
}

/// How many files this process may have open, and so may the network that it started.
fn files() -> anyhow::Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3));
    let soft = soft.context("the system says how many files may be open")?;
    match soft {
        "unlimited" => Ok(usize::MAX),
        number => Ok(number.parse()?),
    }
}

impl Idle {
    /// Prints what they cost beside the figures without them.
    pub(crate) fn print(&self, name: &str, resident_before: u64) {
        let Self {
            clients, resident, ..
        } = self;
        let cost = resident.saturating_sub(resident_before) / u64::try_from(*clients).unwrap_or(1);
        println!(
            "{name}, {clients} idle clients: resident {} MB ({} KB each); one-key put beside them, p50 {:.1} ms",
            resident / 1_000_000,
            cost / 1000,
            self.alone.p50.as_secs_f64() * 1000.0
        );
        if *clients < CLIENTS {
            let needed = CLIENTS + OTHER_FILES;
            println!("`ulimit -n {needed}` lets {CLIENTS} clients connect");
        }
    }
}
