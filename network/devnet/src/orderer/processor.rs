//! What the orderer looks at before it puts a message in the queue of a channel, and again before it
//! puts it in a block where the configuration has changed meanwhile.
//!
//! Source: `orderer/common/msgprocessor`, `orderer/consensus/etcdraft/chain.go` (`ordered`).

use bytes::Bytes;
use fabric_ledger::channel::{ChannelConfig, OrdererConfig, text};
use fabric_msp::SigningIdentity;
use fabric_protos::common::{
    ChannelHeader, ConfigEnvelope, Envelope, Header, HeaderType, Payload, SignatureHeader, Status,
};
use prost::Message as _;

use super::{Accepted, Rejected};
use crate::{
    Compat,
    channel::{Channel, Policy},
    limits::BLOCK_BYTES_MAX,
};

/// How a message is processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is ordered as it is.
    Normal,
    /// What it makes of the configuration is ordered.
    ConfigUpdate,
}

/// Processes the messages of one channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processor<'a> {
    pub(crate) channel: &'a Channel,
    /// Signs configurations.
    pub(crate) signer: &'a SigningIdentity,
}

/// How messages of a type are processed.
pub(super) fn classify(r#type: i32, compat: Compat) -> Result<Kind, Rejected> {
    match HeaderType::try_from(r#type) {
        Ok(HeaderType::Config) => Err(Rejected::bad_request(
            "message is of type that cannot be processed directly",
        )),
        Ok(HeaderType::OrdererTransaction) => {
            Err(Rejected::bad_request(compat.refused_orderer_transaction()))
        }
        Ok(HeaderType::ConfigUpdate) => Ok(Kind::ConfigUpdate),
        Ok(_) | Err(_) => Ok(Kind::Normal),
    }
}

impl Processor<'_> {
    /// A message for the queue, or why there is none.
    pub(super) fn process(&self, kind: Kind, envelope: &Envelope) -> Result<Accepted, Rejected> {
        match kind {
            Kind::Normal => self.process_normal(envelope),
            Kind::ConfigUpdate => self.process_update(envelope),
        }
    }

    /// A message of the queue, looked at again where the configuration has changed since; none
    /// where it is not ordered any more.
    pub(crate) fn look_again(&self, accepted: Accepted) -> Option<Accepted> {
        if accepted.sequence == self.channel.config().sequence() {
            return Some(accepted);
        }
        let again = Envelope::decode(accepted.envelope.clone())
            .map_err(|_| Rejected::bad_request("not an envelope"))
            .and_then(|envelope| match accepted.is_configuration {
                true => self.process_update(&update_of(&envelope)?),
                false => self.process_normal(&envelope),
            });
        again
            .inspect_err(|Rejected { info, .. }| {
                let channel = self.channel.name();
                tracing::warn!(
                    info,
                    channel,
                    "a message is dropped: the configuration has changed since it was accepted"
                );
            })
            .ok()
    }

    fn process_normal(&self, envelope: &Envelope) -> Result<Accepted, Rejected> {
        let config = self.channel.config();
        let orderer = config.orderer();
        if orderer.is_some_and(OrdererConfig::is_under_maintenance) {
            return Err(Rejected {
                status: Status::ServiceUnavailable,
                info: "normal transactions are rejected: maintenance mode".to_owned(),
            });
        }
        self.filter(&config, envelope)?;
        Ok(Accepted {
            envelope: envelope.encode_to_vec().into(),
            sequence: config.sequence(),
            is_configuration: false,
        })
    }

    /// The configuration that an update makes, signed by the orderer.
    fn process_update(&self, envelope: &Envelope) -> Result<Accepted, Rejected> {
        let config = self.channel.config();
        let prefixed = |stage: &str| {
            let prefix = format!("config update for existing channel did not pass {stage} checks");
            move |Rejected { status, info }: Rejected| Rejected {
                status,
                info: format!("{prefix}: {info}"),
            }
        };
        self.filter(&config, envelope)
            .map_err(prefixed("initial"))?;
        let proposed = config.propose(envelope).map_err(|error| {
            let channel = self.channel.name();
            Rejected::bad_request(format!(
                "error applying config update to existing channel '{channel}': {}",
                text(&error)
            ))
        })?;
        let envelope = self.sign(&proposed)?;
        self.filter(&config, &envelope).map_err(prefixed("final"))?;
        config
            .check_maintenance(&proposed)
            .map_err(|error| Rejected::bad_request(text(&error)))
            .map_err(prefixed("maintenance"))?;
        Ok(Accepted {
            envelope: envelope.encode_to_vec().into(),
            sequence: config.sequence(),
            is_configuration: true,
        })
    }

    /// Size, time and signature.
    fn filter(&self, config: &ChannelConfig, envelope: &Envelope) -> Result<(), Rejected> {
        let orderer = config.orderer();
        let bytes_max = orderer.map_or(BLOCK_BYTES_MAX, |orderer| {
            orderer.batch_size().absolute_max_bytes
        });
        let size = envelope.payload.len() + envelope.signature.len();
        if size > bytes_max as usize {
            return Err(Rejected::bad_request(format!(
                "message payload is {size} bytes and exceeds maximum allowed {bytes_max} bytes"
            )));
        }
        let creator = creator(envelope)?;
        if crate::endorser::has_expired(config.msps(), &creator, self.channel.now()) {
            return Err(Rejected::bad_request("broadcast client identity expired"));
        }
        let Envelope { payload, signature } = envelope;
        self.channel
            .check(Policy::ChannelWriters, payload, &creator, signature)
            .map(drop)
            .map_err(|denied| Rejected {
                status: Status::Forbidden,
                info: format!("{denied}: permission denied"),
            })
    }

    /// The envelope of a configuration. (`protoutil.CreateSignedEnvelope`)
    fn sign(&self, proposed: &ConfigEnvelope) -> Result<Envelope, Rejected> {
        let failed = |reason: String| Rejected {
            status: Status::InternalServerError,
            info: format!("the configuration cannot be signed: {reason}"),
        };
        let nonce = self.channel.nonce();
        let nonce = nonce.map_err(|error| failed(error.to_string()))?;
        let channel_header = ChannelHeader {
            r#type: HeaderType::Config.into(),
            timestamp: Some(self.channel.timestamp()),
            channel_id: self.channel.name().to_owned(),
            ..Default::default()
        };
        let signature_header = SignatureHeader {
            creator: self.signer.serialized().clone(),
            nonce,
        };
        let payload: Bytes = Payload {
            header: Some(Header {
                channel_header: channel_header.encode_to_vec().into(),
                signature_header: signature_header.encode_to_vec().into(),
            }),
            data: proposed.encode_to_vec().into(),
        }
        .encode_to_vec()
        .into();
        let signature = self.signer.sign(&payload);
        Ok(Envelope {
            signature: signature.map_err(|error| failed(error.to_string()))?,
            payload,
        })
    }
}

fn creator(envelope: &Envelope) -> Result<Bytes, Rejected> {
    let malformed = |name: &str| {
        Rejected::bad_request(format!(
            "could not convert message to signedData: error unmarshalling {name}: proto: cannot parse invalid wire-format data"
        ))
    };
    let payload = Payload::decode(envelope.payload.clone()).map_err(|_| malformed("Payload"))?;
    let header = payload.header.unwrap_or_default().signature_header;
    let header = SignatureHeader::decode(header).map_err(|_| malformed("SignatureHeader"))?;
    Ok(header.creator)
}

/// The update that led to a configuration.
fn update_of(envelope: &Envelope) -> Result<Envelope, Rejected> {
    let payload = Payload::decode(envelope.payload.clone());
    let config = payload.and_then(|payload| ConfigEnvelope::decode(payload.data));
    config
        .ok()
        .and_then(|config| config.last_update)
        .ok_or_else(|| Rejected::bad_request("the configuration names no update"))
}
