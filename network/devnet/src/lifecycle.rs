//! Deploying: a definition is committed by an endorsed transaction of `_lifecycle`, as on a real
//! channel, so that clients, validation and readers of blocks find it where they look.
//!
//! Here one transaction does what takes a real network an approval by each organisation too.

use std::sync::Arc;

use bytes::Bytes;
use fabric_ledger::{
    ValidationCode,
    block::transaction_id,
    channel::ENDORSEMENT_POLICY,
    lifecycle::{ChaincodeDefinition, NAMESPACE, metadata_key},
    policy,
    simulate::Simulator,
};
use fabric_msp::SigningIdentity;
use fabric_protos::{
    common::{ChannelHeader, Header, HeaderType, SignatureHeader},
    lifecycle::CommitChaincodeDefinitionArgs,
    peer::{
        ApplicationPolicy, ChaincodeHeaderExtension, ChaincodeId, ChaincodeInput,
        ChaincodeInvocationSpec, ChaincodeProposalPayload, ChaincodeSpec, Proposal, Response,
        SignedProposal, application_policy::Type,
    },
};
use prost::Message as _;

use crate::{
    Deployed, Deployment, DevnetError,
    channel::Channel,
    definitions::{Chaincode, sequence_key},
    endorser::{Purpose, Simulated, Unpacked},
    orderer::Orderer,
    peer::Peer,
};

/// Version that peers give their system chaincodes.
const SYSTEM_VERSION: &str = "syscc";

/// The system chaincode of former versions, which a real peer asks whether it has the name.
const LEGACY_NAMESPACE: &str = "lscc";

/// Version of a deployment that names none.
const DEFAULT_VERSION: &str = "1.0";

/// Names that belong to the peer itself.
const SYSTEM_NAMES: [&str; 5] = ["lscc", "escc", "vscc", "qscc", "cscc"];

/// What deploying takes.
#[derive(Debug)]
pub(crate) struct Deployer {
    /// All channels of the network, in the order in which it was asked for them.
    pub(crate) channels: Vec<Arc<Channel>>,
    /// All peers of the network.
    pub(crate) peers: Vec<Arc<Peer>>,
    pub(crate) orderer: Orderer,
    /// The administrators of the organisations, of which one that is a member of the channel signs.
    pub(crate) admins: Vec<SigningIdentity>,
    /// One deployment at a time: of two with the same sequence only one would be valid.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl Deployer {
    /// Brings definition and address of a chaincode in line with a deployment.
    pub(crate) async fn deploy(&self, deployment: Deployment) -> Result<Deployed, DevnetError> {
        let _turn = self.turn.lock().await;
        let name = deployment.name.clone();
        self.try_deploy(deployment)
            .await
            .map_err(|reason| DevnetError::Deployment { name, reason })
    }

    async fn try_deploy(&self, deployment: Deployment) -> Result<Deployed, String> {
        let Deployment {
            name,
            address,
            channel,
            policy,
            version,
        } = deployment;
        let on = self.on(channel.as_deref())?;
        check_name(&name)?;
        check_address(&address)?;
        let policy = parse_policy(policy.as_deref())?;
        let version = version.unwrap_or_else(|| DEFAULT_VERSION.to_owned());
        on.set_service(&name, &address).await?;

        let current = on
            .channel
            .chaincode(&name)
            .map_err(|error| error.to_string())?;
        let sequence = current.as_ref().map_or(0, |current| current.sequence);
        if let Some(Chaincode {
            version: in_force,
            policy: current,
            ..
        }) = current.as_deref()
            && *in_force == version
            && *current == policy
        {
            return Ok(Deployed {
                name,
                sequence,
                version,
                transaction_id: None,
            });
        }
        let definition = ChaincodeDefinition::new(sequence + 1, &version, &policy);
        let id = on.commit(&name, &definition).await?;
        let sequence = definition.sequence;
        Ok(Deployed {
            name,
            sequence,
            version,
            transaction_id: Some(id),
        })
    }

    /// What deploying on one channel takes.
    fn on(&self, name: Option<&str>) -> Result<OnChannel<'_>, String> {
        let mut channels = self.channels.iter();
        let channel = match name {
            None => channels.next(),
            Some(name) => channels.find(|channel| channel.name() == name),
        };
        let channel = channel.ok_or_else(|| {
            format!(
                "the network has no channel `{}`; see `selvedge network status`",
                name.unwrap_or_default()
            )
        })?;
        let is_member = |admin: &&SigningIdentity| channel.msps().msp(admin.msp_id()).is_some();
        let admin = self.admins.iter().find(is_member);
        Ok(OnChannel {
            deployer: self,
            channel,
            admin: admin.ok_or("the channel has no member")?,
        })
    }
}

/// A deployer on one channel.
#[derive(Clone, Copy)]
struct OnChannel<'d> {
    deployer: &'d Deployer,
    channel: &'d Arc<Channel>,
    /// Signs the transaction.
    admin: &'d SigningIdentity,
}

impl OnChannel<'_> {
    async fn set_service(&self, name: &str, address: &str) -> Result<(), String> {
        let channel = Arc::clone(self.channel);
        let (name, address) = (name.to_owned(), address.to_owned());
        tokio::task::spawn_blocking(move || channel.chain().set_service(&name, &address))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())
    }

    /// Endorses the definition on every peer, orders it and waits; gives the transaction's id.
    async fn commit(&self, name: &str, definition: &ChaincodeDefinition) -> Result<String, String> {
        let proposal = self.propose(name, definition)?;
        let mut results = Vec::new();
        let joined = |peer: &&Arc<Peer>| peer.ledger(self.channel.name()).is_some();
        for peer in self.deployer.peers.iter().filter(joined) {
            let simulated = self.simulate(name, definition, &proposal)?;
            let response = peer.respond(&proposal, simulated, Purpose::Endorsement)?;
            results.push((response.payload, response.endorsement.unwrap_or_default()));
        }
        let result = results
            .first()
            .map(|(result, _)| result.clone())
            .unwrap_or_default();
        let endorsements = results
            .into_iter()
            .map(|(_, endorsement)| endorsement)
            .collect();
        let mut envelope = proposal.transaction(result, endorsements);
        envelope.signature = self.sign(&envelope.payload)?;

        let id = proposal.transaction_id().to_owned();
        self.deployer
            .orderer
            .broadcast_own(self.channel.name(), &envelope)
            .await
            .map_err(|rejected| rejected.info)?;
        let status = self
            .channel
            .chain()
            .wait_for(&id)
            .await
            .map_err(|error| error.to_string())?
            .ok_or("the network has stopped")?;
        match status.code {
            ValidationCode::VALID => Ok(id),
            code => Err(format!("its definition was committed as {code}")),
        }
    }

    fn sign(&self, data: &[u8]) -> Result<Bytes, String> {
        self.admin.sign(data).map_err(|error| error.to_string())
    }

    /// The proposal that an administrator would send.
    fn propose(&self, name: &str, definition: &ChaincodeDefinition) -> Result<Unpacked, String> {
        let arguments = CommitChaincodeDefinitionArgs {
            sequence: definition.sequence,
            name: name.to_owned(),
            version: definition.endorsement_info.version.clone(),
            validation_parameter: definition.validation_info.validation_parameter.clone(),
            ..Default::default()
        };
        let args = vec![
            Bytes::from_static(b"CommitChaincodeDefinition"),
            arguments.encode_to_vec().into(),
        ];
        let id = ChaincodeId {
            name: NAMESPACE.to_owned(),
            ..Default::default()
        };
        let spec = ChaincodeInvocationSpec {
            chaincode_spec: Some(ChaincodeSpec {
                chaincode_id: Some(id.clone()),
                input: Some(ChaincodeInput {
                    args,
                    ..Default::default()
                }),
                ..Default::default()
            }),
        };
        let payload = ChaincodeProposalPayload {
            input: spec.encode_to_vec().into(),
            ..Default::default()
        };
        let proposal = Proposal {
            header: self.header(id)?.encode_to_vec().into(),
            payload: payload.encode_to_vec().into(),
            ..Default::default()
        };
        let proposal_bytes: Bytes = proposal.encode_to_vec().into();
        let signature = self.sign(&proposal_bytes)?;
        let signed = SignedProposal {
            proposal_bytes,
            signature,
        };
        Unpacked::read(&signed).map_err(|refusal| refusal.to_string())
    }

    fn header(&self, chaincode: ChaincodeId) -> Result<Header, String> {
        let creator = self.admin.serialized().clone();
        let nonce = self.channel.nonce().map_err(|error| error.to_string())?;
        let extension = ChaincodeHeaderExtension {
            chaincode_id: Some(chaincode),
        };
        let channel_header = ChannelHeader {
            r#type: HeaderType::EndorserTransaction.into(),
            timestamp: Some(self.channel.timestamp()),
            channel_id: self.channel.name().to_owned(),
            tx_id: transaction_id(&nonce, &creator),
            extension: extension.encode_to_vec().into(),
            ..Default::default()
        };
        Ok(Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: SignatureHeader { creator, nonce }.encode_to_vec().into(),
        })
    }

    /// What `_lifecycle` reads and writes for a commit.
    fn simulate(
        &self,
        name: &str,
        definition: &ChaincodeDefinition,
        proposal: &Unpacked,
    ) -> Result<Simulated, String> {
        let view = self.channel.chain().view();
        let mut simulator = Simulator::new(&view, proposal.transaction_id());
        let reads = [
            (NAMESPACE, sequence_key(name)),
            (NAMESPACE, metadata_key(name)),
            (LEGACY_NAMESPACE, name.to_owned()),
        ];
        for (namespace, key) in reads {
            simulator
                .get(namespace, &key)
                .map_err(|error| error.to_string())?;
        }
        for (key, value) in definition.entries(name) {
            simulator
                .put(NAMESPACE, &key, value)
                .map_err(|error| error.to_string())?;
        }
        Ok(Simulated {
            response: Response {
                status: 200,
                ..Default::default()
            },
            event: None,
            rwset: simulator.finish().rwset,
            version: SYSTEM_VERSION.to_owned(),
        })
    }
}

/// Fabric's rule: letters and digits in groups joined by single `-` or `_`.
fn check_name(name: &str) -> Result<(), String> {
    let groups_are_good = name
        .split(['-', '_'])
        .all(|group| !group.is_empty() && group.chars().all(|c| c.is_ascii_alphanumeric()));
    if !groups_are_good {
        return Err(
            "the name must be letters and digits, in groups joined by `-` or `_`".to_owned(),
        );
    }
    if SYSTEM_NAMES.contains(&name) {
        return Err("the name is that of a system chaincode; choose another".to_owned());
    }
    Ok(())
}

fn check_address(address: &str) -> Result<(), String> {
    let port = address
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(1..)) => Ok(()),
        _ => Err(format!(
            "`{address}` is no address; give host and port, as 127.0.0.1:9999"
        )),
    }
}

/// A policy's text, or the path of one in the channel's configuration.
fn parse_policy(text: Option<&str>) -> Result<ApplicationPolicy, String> {
    let text = text.unwrap_or(ENDORSEMENT_POLICY);
    let r#type = if text.starts_with('/') {
        Type::ChannelConfigPolicyReference(text.to_owned())
    } else {
        let policy = policy::parse(text).map_err(|error| {
            format!("its policy makes no sense: {error}; give one like OR('Org1MSP.peer')")
        })?;
        Type::SignaturePolicy(policy)
    };
    Ok(ApplicationPolicy {
        r#type: Some(r#type),
    })
}
