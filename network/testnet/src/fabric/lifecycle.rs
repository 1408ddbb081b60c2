//! Deploying a chaincode: install, approve for every organisation, commit, and wait until the
//! gateways of all peers can find it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::Value;

use super::organizations::{Organizations, single_file};
use super::package::Package;
use super::peer::admin_environment;
use super::state::{DeployedChaincode, PeerNode, State};
use super::tools::Tools;
use crate::chaincode::Chaincode;
use crate::error::Error;
use crate::wait::wait_until;

/// Gossip between idle peers takes a second.
const DISCOVERY_DEADLINE: Duration = Duration::from_secs(60);
/// Clients see it in blocks; sequences tell definitions apart.
const VERSION: &str = "1.0";

/// What has to be done to get a chaincode deployed as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// It is.
    Nothing,
    /// The definition stands; the organisations choose another package for it.
    Approve(i64),
    /// A new definition.
    ApproveAndCommit(i64),
}

/// Compares what was asked for with what this crate has deployed and what the channel has.
fn plan(wanted: &Chaincode, deployed: Option<&DeployedChaincode>, committed: i64) -> Plan {
    let Some(known) = deployed.filter(|known| known.sequence == committed) else {
        return Plan::ApproveAndCommit(committed + 1);
    };
    if known.chaincode == *wanted {
        return Plan::Nothing;
    }
    let (old, new) = (&known.chaincode, wanted);
    if (&old.policy, &old.collections) == (&new.policy, &new.collections) {
        return Plan::Approve(committed);
    }
    Plan::ApproveAndCommit(committed + 1)
}

/// Deploys `chaincode` and gives the record to keep.
pub(super) async fn deploy(
    tools: &Tools,
    state: &State,
    folder: &Path,
    chaincode: &Chaincode,
) -> Result<DeployedChaincode, Error> {
    let package = Package::of(chaincode)?;
    let lifecycle = Lifecycle {
        tools,
        state,
        folder,
        chaincode,
        package_id: &package.id,
    };
    let committed = lifecycle.committed_sequence().await?;
    let plan = plan(chaincode, state.chaincodes.get(&chaincode.name), committed);
    let sequence = match plan {
        Plan::Nothing => committed,
        Plan::Approve(sequence) | Plan::ApproveAndCommit(sequence) => {
            lifecycle.install(&package).await?;
            lifecycle.approve(sequence).await?;
            sequence
        }
    };
    if matches!(plan, Plan::ApproveAndCommit(_)) {
        lifecycle.commit(sequence).await?;
    }
    lifecycle.discovered().await?;
    Ok(DeployedChaincode {
        chaincode: chaincode.clone(),
        package_id: package.id,
        sequence,
    })
}

struct Lifecycle<'a> {
    tools: &'a Tools,
    state: &'a State,
    folder: &'a Path,
    chaincode: &'a Chaincode,
    package_id: &'a str,
}

impl Lifecycle<'_> {
    /// 0 where the channel does not know the chaincode.
    async fn committed_sequence(&self) -> Result<i64, Error> {
        #[derive(Deserialize)]
        struct Definition {
            sequence: i64,
        }
        let (channel, name) = (&*self.state.channel, &*self.chaincode.name);
        let arguments = ["querycommitted", "-C", channel, "-n", name, "-O", "json"];
        let answer = match self.run(self.state.first_peer()?, arguments).await {
            Err(Error::CommandFailed { output, .. }) if output.contains("is not defined") => {
                return Ok(0);
            }
            answer => answer?,
        };
        let definition =
            serde_json::from_str(&answer).map(|definition: Definition| definition.sequence);
        let what = "the answer of querycommitted".to_owned();
        definition.map_err(|source| Error::Format { what, source })
    }

    async fn install(&self, package: &Package) -> Result<(), Error> {
        let path = self
            .folder
            .join("packages")
            .join(format!("{}.tar.gz", self.chaincode.name));
        write(&path, &package.bytes)?;
        let path = path.display().to_string();
        let installs = self.state.peers.iter().map(|peer| {
            let arguments = ["install", &path];
            async move {
                settled(
                    self.run(peer, arguments).await,
                    "already successfully installed",
                )
            }
        });
        try_join_all(installs).await.map(drop)
    }

    async fn approve(&self, sequence: i64) -> Result<(), Error> {
        let definition = self.definition(sequence)?;
        let approvals = self.state.peers.iter().map(|peer| {
            let command = ["approveformyorg", "--package-id", self.package_id].into_iter();
            let arguments = command.chain(definition.iter().map(String::as_str));
            // An earlier attempt may have come this far.
            async move { settled(self.run(peer, arguments).await, "unchanged content") }
        });
        try_join_all(approvals).await.map(drop)
    }

    async fn commit(&self, sequence: i64) -> Result<(), Error> {
        let mut arguments = vec!["commit".to_owned()];
        arguments.extend(self.definition(sequence)?);
        for peer in &self.state.peers {
            arguments.extend(["--peerAddresses".to_owned(), peer.address.to_string()]);
            arguments.extend(["--tlsRootCertFiles".to_owned(), text(&peer.tls_ca)]);
        }
        let arguments = arguments.iter().map(String::as_str);
        self.run(self.state.first_peer()?, arguments)
            .await
            .map(drop)
    }

    /// The flags that approval and commit have in common.
    fn definition(&self, sequence: i64) -> Result<Vec<String>, Error> {
        let orderer_tls_ca = Organizations::at(&self.state.organizations).orderer_tls_ca();
        let mut flags = vec!["--tls".to_owned()];
        let mut flag = |name: &str, value: String| flags.extend([name.to_owned(), value]);
        flag("--orderer", self.state.orderer.to_string());
        flag("--cafile", text(&orderer_tls_ca));
        flag("--channelID", self.state.channel.clone());
        flag("--name", self.chaincode.name.clone());
        flag("--version", VERSION.to_owned());
        flag("--sequence", sequence.to_string());
        if let Some(policy) = &self.chaincode.policy {
            flag("--signature-policy", policy.clone());
        }
        if let Some(collections) = &self.chaincode.collections {
            let name = format!("{}-collections.json", self.chaincode.name);
            let path = self.folder.join("packages").join(name);
            write(&path, collections.as_bytes())?;
            flag("--collections-config", text(&path));
        }
        Ok(flags)
    }

    /// Waits until every peer knows of every peer that has the chaincode.
    async fn discovered(&self) -> Result<(), Error> {
        for peer in &self.state.peers {
            let arguments = self.discovery_arguments(peer)?;
            let arguments = &arguments;
            let waited = wait_until(DISCOVERY_DEADLINE, || async move {
                let arguments = arguments.iter().map(String::as_str);
                let answer = self.tools.run("discover", &[], arguments).await;
                answer.is_ok_and(|answer| self.all_have_it(&answer))
            });
            waited.await.map_err(|passed| Error::DeadlinePassed {
                what: format!(
                    "the discovery of {} by {}",
                    self.chaincode.name, peer.msp_id
                ),
                deadline: passed.deadline,
                detail: "see the peers' logs".to_owned(),
            })?;
        }
        Ok(())
    }

    fn discovery_arguments(&self, peer: &PeerNode) -> Result<Vec<String>, Error> {
        let admin = Organizations::at(&self.state.organizations).admin_msp(&peer.domain);
        let flags = [
            ("--peerTLSCA", text(&peer.tls_ca)),
            ("--userKey", text(&single_file(&admin.join("keystore"))?)),
            ("--userCert", text(&single_file(&admin.join("signcerts"))?)),
            ("--MSP", peer.msp_id.clone()),
        ];
        let mut arguments: Vec<String> = flags
            .into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value])
            .collect();
        let query = ["peers", "--channel", &self.state.channel, "--server"];
        arguments.extend(query.map(str::to_owned));
        arguments.push(peer.address.to_string());
        Ok(arguments)
    }

    fn all_have_it(&self, answer: &str) -> bool {
        let peers: Vec<Value> = serde_json::from_str(answer).unwrap_or_default();
        let name = Value::from(&*self.chaincode.name);
        let has_it = |peer: &&Value| {
            peer["Chaincodes"]
                .as_array()
                .is_some_and(|installed| installed.contains(&name))
        };
        peers.iter().filter(has_it).count() == self.state.peers.len()
    }

    async fn run<'a>(
        &self,
        peer: &PeerNode,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Result<String, Error> {
        let environment = admin_environment(self.state, peer);
        let command = ["lifecycle", "chaincode"].into_iter().chain(arguments);
        self.tools.run("peer", &environment, command).await
    }
}

/// A refusal that says `done` says that there was nothing left to do.
fn settled(answer: Result<String, Error>, done: &str) -> Result<(), Error> {
    match answer {
        Err(Error::CommandFailed { output, .. }) if output.contains(done) => Ok(()),
        answer => answer.map(drop),
    }
}

fn write(path: &PathBuf, contents: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    fs::write(path, contents).map_err(Error::io("write", path))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployed(chaincode: Chaincode) -> DeployedChaincode {
        DeployedChaincode {
            chaincode,
            package_id: String::new(),
            sequence: 3,
        }
    }

    #[track_caller]
    fn check(wanted: &Chaincode, committed: i64, expect: Plan) {
        let known = deployed(Chaincode::new("assets", "127.0.0.1:1").policy("OR('Org1MSP.peer')"));
        assert_eq!(plan(wanted, Some(&known), committed), expect);
    }

    #[test]
    fn plan_follows_what_differs() {
        let same = Chaincode::new("assets", "127.0.0.1:1").policy("OR('Org1MSP.peer')");
        let moved = Chaincode::new("assets", "127.0.0.1:2").policy("OR('Org1MSP.peer')");
        let freed = Chaincode::new("assets", "127.0.0.1:1");
        check(&same, 3, Plan::Nothing);
        check(&moved, 3, Plan::Approve(3));
        check(&freed, 3, Plan::ApproveAndCommit(4));
    }

    #[test]
    fn definition_that_somebody_else_changed_is_replaced() {
        let same = Chaincode::new("assets", "127.0.0.1:1").policy("OR('Org1MSP.peer')");
        check(&same, 5, Plan::ApproveAndCommit(6));
    }

    #[test]
    fn first_deployment_has_sequence_one() {
        let chaincode = Chaincode::new("assets", "127.0.0.1:1");
        assert_eq!(plan(&chaincode, None, 0), Plan::ApproveAndCommit(1));
    }
}
