//! What can be wrong with a transaction before any policy or state is asked.

use crate::code::ValidationCode;
use crate::rwset::RwsetError;

/// When a peer notices: it checks signature and ids in between, and the first failure gives the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before the creator's signature is checked.
    Header,
    /// After the signature, before the transaction id.
    Type,
    /// After the transaction id, before the search for duplicates.
    Structure,
    /// After the search for duplicates.
    Action,
}

/// Why a transaction is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformation {
    /// A part is not the protobuf message that it should be.
    #[error("the {part} is not valid protobuf")]
    Undecodable {
        /// Which part.
        part: Part,
        /// What the decoder says.
        #[source]
        source: prost::DecodeError,
    },
    /// A part that must be there is not.
    #[error("the {0} is missing")]
    Missing(Part),
    /// A header type that never is in a block.
    #[error("header type {0} is not one that a block carries")]
    HeaderType(i32),
    /// A configuration update outside of a configuration.
    #[error("a configuration update stands where only a whole configuration may")]
    BareConfigUpdate,
    /// The epoch is not zero.
    #[error("the channel header's epoch is {0}, it must be 0")]
    Epoch(u64),
    /// Not exactly one action.
    #[error("the transaction has {0} actions, it must have exactly one")]
    ActionCount(usize),
    /// The endorsed proposal is not the one in the transaction.
    #[error("the proposal hash that was endorsed is not that of the transaction's proposal")]
    ProposalHash,
    /// The read-write set does not decode.
    #[error("the read-write set is malformed")]
    Rwset(#[source] RwsetError),
    /// Header and action name different chaincodes.
    #[error("the header names chaincode '{header}', the action '{action}'")]
    ChaincodeMismatch {
        /// As the header has it.
        header: String,
        /// As the action has it.
        action: String,
    },
    /// No name or no version of the chaincode.
    #[error("the chaincode's {0} is empty")]
    EmptyChaincode(&'static str),
    /// The event claims to come from another chaincode.
    #[error("the event names chaincode '{0}', which is not the one that was invoked")]
    EventChaincode(String),
    /// A namespace more than once.
    #[error("the read-write set has namespace '{0}' twice")]
    DuplicateNamespace(String),
}

/// Parts of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `common.Envelope`
    Envelope,
    /// `common.Payload`
    Payload,
    /// `common.Header`
    Header,
    /// `common.ChannelHeader`
    ChannelHeader,
    /// `common.SignatureHeader`
    SignatureHeader,
    /// The nonce in a signature header.
    Nonce,
    /// The creator in a signature header.
    Creator,
    /// `protos.Transaction`
    Transaction,
    /// The signature header of an action.
    ActionHeader,
    /// `protos.ChaincodeActionPayload`
    ActionPayload,
    /// `protos.ChaincodeEndorsedAction`
    EndorsedAction,
    /// The proposal in an action's payload.
    ProposalPayload,
    /// `protos.ProposalResponsePayload`
    ResponsePayload,
    /// The extension of a proposal response payload.
    ResponseExtension,
    /// `protos.ChaincodeAction`
    ChaincodeAction,
    /// `protos.ChaincodeHeaderExtension`
    HeaderExtension,
    /// The chaincode id in the header extension.
    HeaderChaincode,
    /// The chaincode id in the chaincode action.
    ActionChaincode,
    /// `protos.ChaincodeEvent`
    Event,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Envelope => "envelope",
            Self::Payload => "payload",
            Self::Header => "header",
            Self::ChannelHeader => "channel header",
            Self::SignatureHeader => "signature header",
            Self::Nonce => "nonce",
            Self::Creator => "creator",
            Self::Transaction => "transaction",
            Self::ActionHeader => "action's signature header",
            Self::ActionPayload => "action's payload",
            Self::EndorsedAction => "endorsed action",
            Self::ProposalPayload => "proposal payload",
            Self::ResponsePayload => "proposal response payload",
            Self::ResponseExtension => "proposal response's extension",
            Self::ChaincodeAction => "chaincode action",
            Self::HeaderExtension => "chaincode header extension",
            Self::HeaderChaincode => "header's chaincode id",
            Self::ActionChaincode => "action's chaincode id",
            Self::Event => "chaincode event",
        })
    }
}

impl Malformation {
    /// When a peer notices this.
    #[must_use]
    pub fn stage(&self) -> Stage {
        use Part::{
            ActionChaincode, ActionHeader, ActionPayload, ChannelHeader, Creator, EndorsedAction,
            Envelope, Header, Nonce, Payload, ProposalPayload, ResponsePayload, SignatureHeader,
            Transaction,
        };
        match self {
            Self::Undecodable { part, .. } | Self::Missing(part) => match part {
                Envelope | Payload | Header | ChannelHeader | SignatureHeader | Nonce | Creator => {
                    Stage::Header
                }
                Transaction | ActionHeader | ActionPayload | EndorsedAction | ProposalPayload
                | ResponsePayload => Stage::Structure,
                Part::ResponseExtension
                | Part::ChaincodeAction
                | Part::HeaderExtension
                | Part::HeaderChaincode
                | ActionChaincode
                | Part::Event => Stage::Action,
            },
            Self::HeaderType(_) | Self::Epoch(_) => Stage::Header,
            Self::BareConfigUpdate => Stage::Type,
            Self::ActionCount(_) | Self::ProposalHash => Stage::Structure,
            Self::Rwset(_)
            | Self::ChaincodeMismatch { .. }
            | Self::EmptyChaincode(_)
            | Self::EventChaincode(_)
            | Self::DuplicateNamespace(_) => Stage::Action,
        }
    }

    /// The code that a peer gives for this.
    #[must_use]
    pub fn code(&self) -> ValidationCode {
        match self {
            Self::Undecodable { part, .. } | Self::Missing(part) => part.code(),
            Self::HeaderType(_) | Self::Epoch(_) => ValidationCode::BAD_COMMON_HEADER,
            Self::BareConfigUpdate => ValidationCode::UNSUPPORTED_TX_PAYLOAD,
            Self::ActionCount(_) | Self::ProposalHash => {
                ValidationCode::INVALID_ENDORSER_TRANSACTION
            }
            Self::Rwset(_) => ValidationCode::BAD_RWSET,
            Self::ChaincodeMismatch { .. } | Self::EmptyChaincode(_) => {
                ValidationCode::INVALID_CHAINCODE
            }
            Self::EventChaincode(_) => ValidationCode::INVALID_OTHER_REASON,
            Self::DuplicateNamespace(_) => ValidationCode::ILLEGAL_WRITESET,
        }
    }
}

impl Part {
    fn code(self) -> ValidationCode {
        match self {
            Self::Payload => ValidationCode::BAD_PAYLOAD,
            Self::Header
            | Self::ChannelHeader
            | Self::SignatureHeader
            | Self::Nonce
            | Self::Creator => ValidationCode::BAD_COMMON_HEADER,
            Self::Transaction
            | Self::ActionHeader
            | Self::ActionPayload
            | Self::EndorsedAction
            | Self::ProposalPayload
            | Self::ResponsePayload => ValidationCode::INVALID_ENDORSER_TRANSACTION,
            Self::ResponseExtension | Self::ChaincodeAction => ValidationCode::BAD_RESPONSE_PAYLOAD,
            Self::HeaderExtension => ValidationCode::BAD_HEADER_EXTENSION,
            Self::Envelope | Self::HeaderChaincode | Self::ActionChaincode | Self::Event => {
                ValidationCode::INVALID_OTHER_REASON
            }
        }
    }
}
