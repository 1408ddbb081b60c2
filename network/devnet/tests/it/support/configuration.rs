//! Administrators who change the configuration of the channel.

use bytes::Bytes;
use fabric_devnet::Network;
use fabric_ledger::channel::compute_update;
use fabric_msp::{SigningIdentity, layout};
use fabric_protos::{
    common::{
        Config, ConfigGroup, ConfigSignature, ConfigUpdateEnvelope, ConfigValue, Envelope,
        HeaderType, SignatureHeader,
    },
    orderer::BroadcastResponse,
};
use prost::Message;

use super::{
    Client,
    client::{nonce, orderer, user},
    wait,
};

/// An administrator of an organisation of peers.
pub(crate) fn admin(network: &Network, organization: usize) -> SigningIdentity {
    user(network, organization, "Admin")
}

/// The administrator of the orderer.
pub(crate) fn orderer_admin(network: &Network) -> SigningIdentity {
    let dir = layout::orderer_user_msp(network.organizations_dir(), "Admin");
    SigningIdentity::from_msp_dir(dir, layout::ORDERER_MSP_ID).unwrap()
}

/// The configuration as the peer of an organisation has it.
pub(crate) async fn config_at(network: &Network, organization: usize) -> Config {
    let admin = admin(network, organization);
    let client = Client::with(network, organization, admin).await;
    let args = ["GetChannelConfig", network.channel()];
    let response = client.call_text("cscc", &args).await;
    assert_eq!(response.status, 200, "{}", response.message);
    Config::decode(response.payload).unwrap()
}

/// The configuration as Org1's peer has it.
pub(crate) async fn config(network: &Network) -> Config {
    config_at(network, 1).await
}

/// A group by path, `Application/Org1MSP`; the root where it is empty.
pub(crate) fn at<'a>(config: &'a mut Config, path: &str) -> &'a mut ConfigGroup {
    let mut group = config.channel_group.as_mut().unwrap();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        group = group.groups.get_mut(name).unwrap();
    }
    group
}

/// Sets a value of a group.
pub(crate) fn set(group: &mut ConfigGroup, name: &str, message: &impl Message) {
    let value = ConfigValue {
        value: message.encode_to_vec().into(),
        mod_policy: "Admins".to_owned(),
        ..Default::default()
    };
    group.values.insert(name.to_owned(), value);
}

/// The update that an edit makes of the present configuration, signed by these.
pub(crate) async fn update(
    network: &Network,
    signers: &[SigningIdentity],
    edit: impl FnOnce(&mut Config),
) -> ConfigUpdateEnvelope {
    let original = config(network).await;
    let mut updated = original.clone();
    edit(&mut updated);
    let update = compute_update(network.channel(), &original, &updated).unwrap();
    let config_update: Bytes = update.encode_to_vec().into();
    let signatures = signers.iter().map(|signer| {
        let signature_header: Bytes = SignatureHeader {
            creator: signer.serialized().clone(),
            nonce: nonce(),
        }
        .encode_to_vec()
        .into();
        ConfigSignature {
            signature: signer
                .sign(&[&*signature_header, &*config_update].concat())
                .unwrap(),
            signature_header,
        }
    });
    ConfigUpdateEnvelope {
        signatures: signatures.collect(),
        config_update,
    }
}

/// The envelope in which somebody broadcasts an update.
pub(crate) async fn envelope(
    network: &Network,
    sender: SigningIdentity,
    update: &ConfigUpdateEnvelope,
) -> Envelope {
    let client = Client::with(network, 1, sender).await;
    client.envelope(HeaderType::ConfigUpdate, update.encode_to_vec().into())
}

/// The orderer's answer to an envelope.
pub(crate) async fn send(network: &Network, envelope: Envelope) -> BroadcastResponse {
    let requests = tokio_stream::iter([envelope]);
    let answers = orderer(network).await.broadcast(requests).await;
    answers
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap()
}

/// The orderer's answer to an edit that these sign, and the first of them sends.
pub(crate) async fn broadcast(
    network: &Network,
    signers: &[SigningIdentity],
    edit: impl FnOnce(&mut Config),
) -> BroadcastResponse {
    let update = update(network, signers, edit).await;
    send(
        network,
        envelope(network, signers[0].clone(), &update).await,
    )
    .await
}

/// Makes an edit, and waits until it is in force; gives the number of its block.
pub(crate) async fn change(
    network: &Network,
    signers: &[SigningIdentity],
    edit: impl FnOnce(&mut Config),
) -> u64 {
    let height = network.height();
    let answer = broadcast(network, signers, edit).await;
    assert_eq!(answer.info, "");
    wait::until("the configuration has its block", async || {
        network.height() > height
    })
    .await;
    height
}
