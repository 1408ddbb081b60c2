//! Our client beside the crate `fabric-gateway`, and the official clients for Node and Go: the same
//! calls on the same network, in turns, each in a process of its own. `scripts/bench sdk` builds them.

use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use fabric_msp::layout::OrganizationLayout;
use fabric_testnet::NetworkKind;
use serde::Deserialize;
use tokio::process::Command;

use crate::measured_network::MeasuredNetwork;

/// Turns of every client: the median is of so many.
const ROUNDS: usize = 3;
/// Length of a turn unless `BENCH_SECONDS` says otherwise.
const SECONDS: &str = "10";

/// What a client does in a turn.
#[derive(Debug, Clone, Copy)]
struct Work {
    name: &'static str,
    mode: &'static str,
    clients: usize,
}

const WORKS: [Work; 2] = [
    Work {
        name: "submit, 256 at once",
        mode: "submit",
        clients: 256,
    },
    Work {
        name: "evaluate, 64 at once",
        mode: "evaluate",
        clients: 64,
    },
];

/// What a client printed.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Figures {
    count: u32,
    seconds: f64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    cpu_ms: f64,
}

impl Figures {
    fn per_second(&self) -> f64 {
        f64::from(self.count) / self.seconds
    }

    fn cpu_per_call(&self) -> f64 {
        self.cpu_ms / f64::from(self.count.max(1))
    }
}

/// Measures on the embedded network and, where `FABRIC_BIN` leads to it, on real Fabric.
pub(crate) async fn measure() -> anyhow::Result<()> {
    measure_on(NetworkKind::Embedded).await?;
    if std::env::var_os("FABRIC_BIN").is_some() {
        measure_on(NetworkKind::Fabric).await?;
    }
    Ok(())
}

async fn measure_on(kind: NetworkKind) -> anyhow::Result<()> {
    eprintln!("measuring four clients on {kind:?}");
    let (mut network, _) = MeasuredNetwork::start(kind).await?;
    network.deploy().await?;
    println!("\n{kind:?}: medians of {ROUNDS} turns; CPU of the client alone");
    let header = ["per second", "p50 ms", "p95 ms", "CPU ms/call", "of ours"].map(str::to_owned);
    for work in WORKS {
        println!("\n{}", row(work.name, &header));
        let mut turns: Vec<Vec<Figures>> = vec![Vec::new(); Client::ALL.len()];
        for round in 0..ROUNDS {
            for (client, turns) in Client::ALL.into_iter().zip(&mut turns) {
                turns.push(client.run(&network, work.mode, work.clients, round).await?);
            }
        }
        report(&turns);
    }
    drains(&network).await?;
    network.remove().await
}

fn report(turns: &[Vec<Figures>]) {
    let medians: Vec<Figures> = turns.iter().map(|turns| median(turns)).collect();
    for (client, figures) in Client::ALL.into_iter().zip(&medians) {
        let number =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
        let cells = [
            format!("{:.0}", figures.per_second()),
            number(figures.p50_ms),
            number(figures.p95_ms),
            format!("{:.3}", figures.cpu_per_call()),
            format!("{:.2}", figures.per_second() / medians[0].per_second()),
        ];
        println!("{}", row(client.name(), &cells));
    }
}

/// One stream of the whole chain, through the SDK and through a bare client.
async fn drains(network: &MeasuredNetwork) -> anyhow::Result<()> {
    let mut best = [0.0_f64; 2];
    for round in 0..ROUNDS {
        for (best, mode) in best.iter_mut().zip(["drain", "bare drain"]) {
            let figures = Client::Own.run(network, mode, 1, round).await?;
            *best = best.max(figures.per_second());
        }
    }
    let [ours, bare] = best;
    println!(
        "\nblocks: {ours:.0} transactions a second, {:.2} of a bare client",
        ours / bare
    );
    Ok(())
}

fn row(name: &str, cells: &[String]) -> String {
    let cells = cells.iter().map(|cell| format!("{cell:>12}"));
    format!("{name:<24}{}", cells.collect::<String>())
}

fn median(turns: &[Figures]) -> Figures {
    let mut sorted = turns.to_vec();
    sorted.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
    sorted[sorted.len() / 2]
}

/// A client that is measured; ours is the first, the others are compared with it.
#[derive(Debug, Clone, Copy)]
enum Client {
    Own,
    Crate,
    Go,
    Node,
}

impl Client {
    const ALL: [Self; 4] = [Self::Own, Self::Crate, Self::Go, Self::Node];

    fn name(self) -> &'static str {
        match self {
            Self::Own => "fabric-gateway-sdk",
            Self::Crate => "crate fabric-gateway",
            Self::Go => "Go client",
            Self::Node => "Node client",
        }
    }

    fn command(self) -> anyhow::Result<Command> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        Ok(match self {
            Self::Own => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("sdk-client");
                command
            }
            Self::Crate => Command::new(tests.join("rivals/target/release/rival")),
            Self::Go => Command::new(tests.join("interop/vectors/target/load")),
            Self::Node => {
                let mut command = Command::new("node");
                command.arg(tests.join("interop/node/load.mjs"));
                command
            }
        })
    }

    async fn run(
        self,
        network: &MeasuredNetwork,
        mode: &str,
        clients: usize,
        round: usize,
    ) -> anyhow::Result<Figures> {
        let state = network.state();
        let (peer, user) = (
            &state.peers[0],
            OrganizationLayout::peer(&state.organizations, 1),
        );
        let mut command = self.command()?;
        command
            .env("INTEROP_PEER", &peer.address)
            .env("INTEROP_TLS_CA", &peer.tls_ca)
            .env("INTEROP_MSP_ID", &peer.msp_id)
            .env("INTEROP_USER_MSP", user.user("User1").join("msp"))
            .env("INTEROP_CHANNEL", &state.channel)
            .env("INTEROP_CHAINCODE", network.chaincode())
            .env("LOAD_MODE", mode)
            .env("LOAD_CLIENTS", clients.to_string())
            .env("LOAD_PREFIX", format!("{self:?}-{round}"));
        if std::env::var_os("BENCH_SECONDS").is_none() {
            command.env("LOAD_SECONDS", SECONDS);
        } else {
            command.env("LOAD_SECONDS", std::env::var("BENCH_SECONDS")?);
        }
        let output = command
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("{} is not built; run scripts/bench sdk", self.name()))?;
        anyhow::ensure!(output.status.success(), "{} failed", self.name());
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{} printed no figures", self.name()))
    }
}
