//! Administration of peers, channels and ordering nodes, typed.
//!
//! - [`ChaincodeService`] packages a chaincode that runs as a service.
//! - [`PeerAdmin`] acts on one peer: packages, channels. [`ChannelAdmin`] acts on a channel through
//!   it: definitions of chaincodes, the ledger, the configuration and changes of it.
//! - [`OrdererAdmin`] makes ordering nodes join and leave channels.
//!
//! ```no_run
//! use fabric_gateway_sdk::admin::{ChaincodeDefinition, ChaincodeService, PeerAdmin};
//! use fabric_gateway_sdk::{Endpoint, Identity};
//!
//! # async fn example(admin1: Identity, admin2: Identity, peer1: Endpoint, peer2: Endpoint)
//! #     -> Result<(), Box<dyn std::error::Error>> {
//! let org1 = PeerAdmin::connect_lazy(admin1, peer1)?;
//! let org2 = PeerAdmin::connect_lazy(admin2, peer2)?;
//! let package = ChaincodeService::new("bonds_1.0", "bonds.example.com:9999").package()?;
//! let definition = ChaincodeDefinition::new("bonds", "1.0", 1);
//! for organization in [&org1, &org2] {
//!     organization.install(&package).await?;
//!     organization.channel("mychannel").approve(&definition, Some(&package.id())).await?;
//! }
//! let channel = org1.channel("mychannel").with_endorsers([&org2]);
//! channel.commit(&definition).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # How a configuration is changed
//!
//! ```no_run
//! use fabric_gateway_sdk::admin::{ChannelAdmin, ChannelPolicy, ImplicitRule};
//!
//! # async fn example(org1: ChannelAdmin, org2: ChannelAdmin)
//! #     -> Result<(), Box<dyn std::error::Error>> {
//! let mut edit = org1.configuration().await?.edit();
//! let all = ChannelPolicy::Implicit {
//!     rule: ImplicitRule::All,
//!     policy: "Endorsement".to_owned(),
//! };
//! edit.set_policy("Application/Endorsement", &all)?;
//! let update = edit.update()?;
//!
//! // Each administrator signs wherever the key is; update and approvals travel as bytes.
//! let approvals = [
//!     update.sign(org1.peer().identity()).await?,
//!     update.sign(org2.peer().identity()).await?,
//! ];
//! let update = approvals.into_iter().fold(update, |update, approval| update.with_signature(approval));
//! let change = org1.submit_update(&update).await?;
//! println!("in force from block {} on", change.block_number);
//! # Ok(())
//! # }
//! ```
//!
//! # How transactions are made
//!
//! Endorsements are asked for directly of the peers that the operator names, not through the gateway:
//! an approval belongs to the operator's own peers, and a commit to those of organisations that
//! have just come and that no gateway knows yet. The transaction is then submitted through the gateway of
//! the operator's peer, not to an orderer of the operator's choice: the gateway knows the channel's
//! ordering nodes and their TLS authorities, goes on to the next where one is down, reaches the
//! quorum that a BFT ordering service wants, and says when the transaction is committed on the very
//! peer that is asked next.

mod call;
mod collection;
mod configuration;
mod configure;
mod definition;
mod endorse;
mod error;
mod installed;
mod ledger;
mod lifecycle;
mod membership;
mod package;
mod participation;
mod peer;
mod policy;

pub use collection::{Collection, CollectionError};
pub use configuration::{
    ApplicationConfiguration, ApprovalError, Batch, CapabilityScope, ChannelConfiguration,
    ChannelOrganization, ChannelPolicy, ConfigurationEdit, ConfigurationError,
    ConfigurationSignature, ConfigurationToSign, ConfigurationUpdate, Consenter, EditError,
    ImplicitRule, NewOrganization, NodeAddress, OrderingConfiguration,
};
pub use configure::ConfigurationChange;
pub use definition::{
    ApprovedDefinition, ChaincodeDefinition, CommitReadiness, CommittedDefinition,
};
pub use error::{AdminError, Refusal, UpdateRefusal};
pub use installed::{ChaincodeReference, InstalledPackage};
pub use ledger::{ChainInfo, LedgerTransaction};
pub use package::{ChaincodePackage, ChaincodeService, PackageError, PackageId, ServiceTls};
pub use participation::{
    ConsensusRelation, OrdererAdmin, OrdererChannel, ParticipationError, ParticipationStatus,
};
pub use peer::{ChannelAdmin, PeerAdmin};
pub use policy::{EndorsementPolicy, PolicyTextError, SignaturePolicy};
