//! Networks that are killed under load and go on in the same folder.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use fabric_devnet::{Deployment, Network, StateFile};
use fabric_ledger::ValidationCode;
use fabric_msp::{SigningIdentity, layout};
use tokio::sync::Mutex;

use crate::private;
use crate::support::{Client, TestChaincode, client::try_connect, in_folder, verify_chain, wait};

/// How often the network is killed, unless `KILLS` says otherwise: 1,000 make a soak of some minutes.
const KILLS: usize = 20;

/// Acknowledged transactions before the next kill, at most.
const LIFE: usize = 60;

/// Looks at a starting network, at most, before it is killed: it serves after about ten.
const GLANCES: usize = 20;

/// Clients that submit all the time.
const CLIENTS: usize = 8;

/// A network in a process of its own; killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    fn spawn(dir: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_fabric-devnet"))
            .arg(dir)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(crate) async fn start(dir: &Path) -> Self {
        Self::spawn(dir).served(dir).await
    }

    /// A network that may have only so many files open.
    pub(crate) async fn start_with_files(dir: &Path, files: usize) -> Self {
        let program = env!("CARGO_BIN_EXE_fabric-devnet");
        let limited = format!("ulimit -n {files} && exec \"$@\"");
        let child = Command::new("sh")
            .args(["-c", &limited, "sh", program])
            .arg(dir)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child).served(dir).await
    }

    async fn served(self, dir: &Path) -> Self {
        let process = self;
        let pid = process.0.id();
        wait::until("the network serves", || async {
            let state = StateFile::read(dir)
                .unwrap()
                .filter(|state| state.pid == pid);
            match state {
                None => false,
                Some(state) => tokio::net::TcpStream::connect(state.admin).await.is_ok(),
            }
        })
        .await;
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, and no sooner gone than reaped.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Submits until told to stop; keeps the keys of acknowledged transactions.
async fn load(dir: &Path, client: usize, stop: Arc<AtomicBool>, kept: Arc<Mutex<Vec<String>>>) {
    let state = StateFile::read(dir).unwrap().unwrap();
    let user = layout::user_msp(&state.organizations, 1, "User1");
    let identity = SigningIdentity::from_msp_dir(user, "Org1MSP").unwrap();
    let peer = &state.peers[0];
    let Ok(connection) = try_connect(peer.address, &peer.tls_ca).await else {
        // It died before.
        return;
    };
    let client_name = client;
    let client = Client::over(connection, identity, "mychannel");
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut nonce = [0; 8];
        aws_lc_rs::rand::fill(&mut nonce).unwrap();
        let key = format!("{client_name}-{number}-{}", hex::encode(nonce));
        // The network dies in the middle of it, sooner or later.
        let put = ["private", "put-both", "shared", &key, "value"];
        match client.transact(&put).await {
            Ok(committed) if committed.code == ValidationCode::VALID => {
                kept.lock().await.push(key);
            }
            Ok(committed) => panic!("{committed:?}"),
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_network_loses_nothing_that_it_acknowledged() {
    let kills = std::env::var("KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let chaincode = TestChaincode::start().await;
    let network = in_folder(dir.path()).await;
    private::deploy(&network, &chaincode).await;
    network.shutdown().await;
    let kept = Arc::new(Mutex::new(Vec::new()));

    for kill in 1..=kills {
        if kill % 5 == 0 {
            kill_while_starting(dir.path()).await;
        } else {
            kill_under_load(dir.path(), &kept).await;
        }
        if kill % 100 == 0 {
            eprintln!("{kill} kills, {} acknowledged", kept.lock().await.len());
        }
    }

    let network = in_folder(dir.path()).await;
    let kept = kept.lock().await;
    assert!(kept.len() >= kills / 2, "{} acknowledged", kept.len());
    assert_all_kept(&network, &kept).await;
    verify_chain(&network).await;
}

/// Any number below `bound`.
fn random(bound: usize) -> usize {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    usize::try_from(u64::from_le_bytes(bytes) % bound as u64).unwrap()
}

async fn kill_under_load(dir: &Path, kept: &Arc<Mutex<Vec<String>>>) {
    let process = Process::start(dir).await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (stop, kept, dir) = (Arc::clone(&stop), Arc::clone(kept), dir.to_owned());
            tokio::spawn(async move { load(&dir, client, stop, kept).await })
        })
        .collect();
    let goal = kept.lock().await.len() + random(LIFE);
    wait::until("enough transactions are acknowledged", || async {
        kept.lock().await.len() >= goal
    })
    .await;
    drop(process);
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        wait::within("the clients", client).await.unwrap();
    }
}

async fn kill_while_starting(dir: &Path) {
    let process = Process::spawn(dir);
    let glances = random(GLANCES);
    let mut seen = 0;
    wait::until("its time has come", || {
        seen += 1;
        async move { seen > glances }
    })
    .await;
    drop(process);
}

async fn assert_all_kept(network: &Network, keys: &[String]) {
    let client = Client::user1(network).await;
    for keys in keys.chunks(500) {
        for function in [&["multiple"][..], &["private", "multiple", "shared"]] {
            let mut args = function.to_vec();
            args.extend(keys.iter().map(String::as_str));
            let values = client.evaluate(&args).await.unwrap();
            assert!(values.split(',').all(|value| value == "value"), "{values}");
        }
    }
    // Read one by one plaintext must be of the version of its hash.
    for key in keys.iter().rev().take(50) {
        let get = client.evaluate(&["private", "get", "shared", key]).await;
        assert_eq!(get.unwrap(), "value");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_killed_before_its_first_block_starts_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fabric-devnet"))
            .arg(dir.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        wait::until("the folder is begun", || async {
            dir.path().join("organizations").exists()
        })
        .await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let network = in_folder(dir.path()).await;
    assert_eq!(network.height(), 1);
    let deployment = Deployment::new("basic", "127.0.0.1:9999");
    assert_eq!(network.deploy(deployment).await.unwrap().sequence, 1);
}
