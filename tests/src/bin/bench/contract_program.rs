//! The programs that are compared: one contract on four shims.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::net::TcpStream;

use crate::contract_chaincode;

/// A program listens within this time, or not at all.
const LISTEN_DEADLINE: Duration = Duration::from_secs(30);
/// How often it is asked: finer than anything that is printed.
const LISTEN_POLL: Duration = Duration::from_micros(500);

/// Built in the profile that this program was built in.
const CRATE_PROGRAM: &str = if cfg!(debug_assertions) {
    "rust/target/debug/bench-fabric-shim"
} else {
    "rust/target/release/bench-fabric-shim"
};

/// A shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shim {
    /// Ours.
    Selvedge,
    /// Crate `fabric-shim` 0.1.1.
    Crate,
    /// The official one for Go, under its contract API.
    Go,
    /// The official one for Node.
    Node,
}

impl Shim {
    pub(crate) const ALL: [Self; 4] = [Self::Selvedge, Self::Crate, Self::Go, Self::Node];

    /// The name of its chaincode.
    pub(crate) fn chaincode(self) -> &'static str {
        match self {
            Self::Selvedge => "selvedge",
            Self::Crate => "fabric-shim",
            Self::Go => "go",
            Self::Node => "node",
        }
    }

    /// A function's name as its contract has it.
    pub(crate) fn function(self, name: &str) -> String {
        let (first, rest) = name.split_at(1);
        match self {
            Self::Selvedge => name.to_owned(),
            Self::Crate | Self::Go | Self::Node => first.to_uppercase() + rest,
        }
    }

    /// How to build what is missing; `None` where nothing is.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let (path, help) = match self {
            Self::Selvedge => return None,
            Self::Crate => (
                CRATE_PROGRAM,
                "cargo build in tests/interop/rust (it may need Debian's protobuf-compiler)",
            ),
            Self::Go => (
                "go/target/bench",
                "go build -o target/ ./bench in tests/interop/go",
            ),
            Self::Node => (
                "node/node_modules/fabric-shim",
                "npm install in tests/interop/node",
            ),
        };
        (!interop(path).exists()).then_some(help)
    }

    fn command(self) -> anyhow::Result<Command> {
        Ok(match self {
            Self::Selvedge => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg(contract_chaincode::ARGUMENT);
                command
            }
            Self::Crate => Command::new(interop(CRATE_PROGRAM)),
            Self::Go => Command::new(interop("go/target/bench")),
            Self::Node => {
                let mut command = Command::new("node");
                command.arg(interop("node/bench.cjs"));
                command
            }
        })
    }
}

fn interop(path: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    folder.join(path)
}

/// A program that serves; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    /// Starts a program, and says how long it took until it listened.
    pub(crate) async fn start(
        shim: Shim,
        package_id: &str,
        address: &str,
    ) -> anyhow::Result<(Self, Duration)> {
        let start = Instant::now();
        let child = shim
            .command()?
            .env("CHAINCODE_ID", package_id)
            .env("CHAINCODE_SERVER_ADDRESS", address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start the chaincode on {shim:?}"))?;
        let running = Self(child);
        let listening = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(LISTEN_POLL).await;
            }
        };
        tokio::time::timeout(LISTEN_DEADLINE, listening)
            .await
            .with_context(|| format!("the chaincode on {shim:?} does not listen"))?;
        Ok((running, start.elapsed()))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
