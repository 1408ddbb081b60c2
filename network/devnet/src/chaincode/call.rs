//! One transaction in a peer: runs chaincodes, answers what they ask, records what they do.
//!
//! Source: `core/chaincode/chaincode_support.go`, `handler.go`.

use bytes::Bytes;
use fabric_ledger::simulate::{SimulateError, SimulationResult, Simulator};
use fabric_protos::peer::{
    ChaincodeInput, ChaincodeMessage, ChaincodeSpec, SignedProposal, chaincode_message::Type,
};
use futures::{FutureExt as _, future::BoxFuture};
use prost::Message as _;
use tokio::time::Instant;

use super::{
    ChaincodeError, Service,
    collections::Collections,
    query::Queries,
    request::{self, Failure},
    stream::Lease,
    traces::Recorder,
};
use crate::{
    channel::{Channel, Policy, Resource},
    definitions::{Chaincode, sequence_key},
    endorser::Unpacked,
    package::ChaincodePackage,
    peer::Peer,
    private::PeerState,
    storage::StorageError,
    system,
};
use fabric_ledger::lifecycle::NAMESPACE as LIFECYCLE;
use std::sync::Arc;

/// Namespace of the lifecycle that Fabric had before 2.0.
const LEGACY_LIFECYCLE: &str = "lscc";

/// The key that says for which version a chaincode has been initialised.
const INITIALIZED: &str = "\u{0}\u{10FFFF}initialized";

/// To have one chaincode call another.
const CALL_CHAINCODE: Resource<'static> = Resource {
    name: "peer/ChaincodeToChaincode",
    default: Policy::ApplicationWriters,
};

/// What a transaction is run with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The peer that runs it.
    pub(crate) peer: &'a Peer,
    pub(crate) channel: &'a Channel,
    /// The channel as of the peer's height, as the peer sees it.
    pub(crate) state: &'a PeerState<'a>,
    pub(crate) signed: &'a SignedProposal,
    /// Who signed it, serialized.
    pub(crate) creator: &'a [u8],
    pub(crate) transaction_id: &'a str,
}

/// A transaction that runs.
pub(crate) struct Transaction<'a> {
    context: Context<'a>,
    simulator: Simulator<'a, PeerState<'a>>,
    recorder: Recorder,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(context: Context<'a>) -> Self {
        let mut simulator = Simulator::new(context.state, context.transaction_id);
        if context.peer.chaincodes().rich_queries {
            simulator = simulator.over_documents();
        }
        Self {
            context,
            simulator,
            recorder: Recorder::default(),
        }
    }

    /// What the transaction has done.
    pub(crate) fn finish(self) -> SimulationResult {
        let traces = &self.context.peer.chaincodes().traces;
        traces.keep(self.context.transaction_id, self.recorder.into_calls());
        self.simulator.finish()
    }

    /// The definition of a chaincode, recorded as read: a transaction is void once it changes.
    pub(crate) fn definition(&mut self, name: &str) -> Result<Arc<Chaincode>, ChaincodeError> {
        self.simulator
            .get(LIFECYCLE, &sequence_key(name))
            .map_err(unreadable)?;
        let found = self
            .context
            .channel
            .definition(self.context.state.view(), name)
            .map_err(|error| ChaincodeError::Invocation(error.to_string()))?;
        if found.is_none() {
            // A real peer looks among the chaincodes of its first lifecycle, too.
            self.simulator
                .get(LEGACY_LIFECYCLE, name)
                .map_err(unreadable)?;
        }
        found.ok_or_else(|| ChaincodeError::NotDefined {
            name: name.to_owned(),
        })
    }

    /// A chaincode that the peer runs: its definition, and the package that it runs it with.
    pub(crate) fn runnable(
        &mut self,
        name: &str,
    ) -> Result<(Arc<Chaincode>, Arc<ChaincodePackage>), ChaincodeError> {
        let definition = self.definition(name)?;
        let Context {
            peer,
            channel,
            state,
            ..
        } = &self.context;
        let package = peer
            .chaincodes()
            .package(state.view(), channel.name(), &definition)
            .map_err(|error| ChaincodeError::NotRunning(error.to_string()))?;
        Ok((definition, package))
    }

    /// Runs a chaincode to its last message. Calls of other chaincodes nest.
    pub(crate) fn invoke<'b>(
        &'b mut self,
        name: &'b str,
        input: &'b ChaincodeInput,
    ) -> BoxFuture<'b, Result<ChaincodeMessage, ChaincodeError>>
    where
        'a: 'b,
    {
        async move {
            let (service, r#type) = self.check_invocation(name, input)?;
            let stream = self.context.peer.chaincodes().stream(&service).await?;
            let lease = stream.lease(self.context.channel.name(), self.context.transaction_id)?;
            self.run(name, r#type, input, lease).await
        }
        .boxed()
    }

    /// Where the chaincode is, and whether the call initialises it.
    fn check_invocation(
        &mut self,
        name: &str,
        input: &ChaincodeInput,
    ) -> Result<(Service, Type), ChaincodeError> {
        let channel = self.context.channel.name();
        let (definition, package) = self.runnable(name).map_err(|error| {
            ChaincodeError::Invocation(format!(
                "[channel {channel}] failed to get chaincode container info for {name}: {error}"
            ))
        })?;
        let r#type = self.check_initialization(&definition, input)?;
        let service = Service {
            channel: channel.to_owned(),
            name: name.to_owned(),
            package,
        };
        Ok((service, r#type))
    }

    fn check_initialization(
        &mut self,
        definition: &Chaincode,
        input: &ChaincodeInput,
    ) -> Result<Type, ChaincodeError> {
        let Chaincode { name, version, .. } = definition;
        let mut needed = false;
        if definition.init_required {
            let value = self.simulator.get(name, INITIALIZED).map_err(unreadable)?;
            needed = value.as_deref() != Some(version.as_bytes());
        }
        let refuse = |text: String| Err(ChaincodeError::Invocation(text));
        match (input.is_init, needed) {
            (false, false) => Ok(Type::Transaction),
            (false, true) => refuse(format!(
                "chaincode '{name}' has not been initialized for this version, must call as init first"
            )),
            (true, _) if !definition.init_required => refuse(format!(
                "chaincode '{name}' does not require initialization but called as init"
            )),
            (true, false) => refuse(format!(
                "chaincode '{name}' is already initialized but called as init"
            )),
            (true, true) => {
                let value = version.clone();
                self.simulator
                    .put(name, INITIALIZED, value)
                    .map_err(unreadable)?;
                Ok(Type::Init)
            }
        }
    }

    /// Sends the call and answers requests until the chaincode has finished.
    async fn run(
        &mut self,
        namespace: &str,
        r#type: Type,
        input: &ChaincodeInput,
        mut lease: Lease,
    ) -> Result<ChaincodeMessage, ChaincodeError> {
        let deadline = Instant::now() + self.context.peer.chaincodes().execute_timeout;
        let call = ChaincodeMessage {
            r#type: r#type.into(),
            payload: input.encode_to_vec().into(),
            proposal: Some(self.context.signed.clone()),
            ..Default::default()
        };
        lease.send(call).await?;
        let mut queries = Queries::default();
        let mut collections = Collections::new(r#type == Type::Init);
        loop {
            let message = tokio::select! {
                biased;
                message = lease.incoming.recv() => message.ok_or(ChaincodeError::StreamTerminated)?,
                () = lease.closed.cancelled() => return Err(ChaincodeError::StreamTerminated),
                () = tokio::time::sleep_until(deadline) => return Err(ChaincodeError::Timeout),
            };
            let r#type = message.r#type();
            if matches!(r#type, Type::Completed | Type::Error) {
                return Ok(message);
            }
            let (asked, about) = (Instant::now(), message.payload.clone());
            let answer = match r#type {
                Type::InvokeChaincode => self.invoke_nested(message.payload).await,
                _ => {
                    let mut ledger = self.ledger(namespace, &mut collections);
                    answer(&mut ledger, r#type, message.payload, &mut queries)
                }
            };
            let peer = self.context.peer.name();
            self.recorder
                .add(peer, namespace, r#type, &about, asked.elapsed());
            match answer {
                Ok(payload) => lease.answer(Type::Response, payload).await?,
                Err(Failure(reason)) => {
                    let text = format!(
                        "{} failed: transaction ID: {}: {reason}",
                        r#type.as_str_name(),
                        lease.transaction_id()
                    );
                    lease.answer(Type::Error, text.into()).await?;
                }
            }
        }
    }

    /// The ledger as one chaincode of the transaction sees it.
    fn ledger<'l>(
        &'l mut self,
        namespace: &'l str,
        collections: &'l mut Collections,
    ) -> request::Ledger<'l, 'a> {
        request::Ledger {
            channel: self.context.channel,
            state: self.context.state,
            creator: self.context.creator,
            namespace,
            rich_queries: self.context.peer.chaincodes().rich_queries,
            collections,
            simulator: &mut self.simulator,
        }
    }

    /// Runs another chaincode within this transaction, for the one that asks.
    async fn invoke_nested(&mut self, payload: Bytes) -> Result<Bytes, Failure> {
        let spec: ChaincodeSpec = request::decode(payload)?;
        let id = spec.chaincode_id.unwrap_or_default();
        // `name:version/channel`, of which only the name must be there.
        let (name, channel) = id.name.split_once('/').unwrap_or((&id.name, ""));
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        let input = spec.input.unwrap_or_default();
        if !channel.is_empty() && channel != self.context.channel.name() {
            return self.invoke_elsewhere(channel, name, &input).await;
        }
        if system::is_system(name) {
            return Ok(refuse_system(name, &input, self.context.signed));
        }
        self.check_nested()?;
        let message = self
            .invoke(name, &input)
            .await
            .map_err(|error| Failure(format!("execute failed: {error}")))?;
        Ok(message.encode_to_vec().into())
    }

    /// Whether the client may have one chaincode call another.
    fn check_nested(&self) -> Result<(), Failure> {
        let Context {
            channel, creator, ..
        } = &self.context;
        let identity = channel.msps().identity(creator);
        let identity = identity.map_err(|error| Failure(error.to_string()))?;
        let permitted = channel.permit(CALL_CHAINCODE, identity);
        permitted
            .map(drop)
            .map_err(|denied| Failure(denied.on_channel(channel.name())))
    }
}

impl Transaction<'_> {
    /// Runs a chaincode on another channel of the peer. It reads there, and nothing of what it does
    /// becomes part of this transaction.
    async fn invoke_elsewhere(
        &self,
        channel: &str,
        name: &str,
        input: &ChaincodeInput,
    ) -> Result<Bytes, Failure> {
        let Context {
            peer,
            signed,
            creator,
            transaction_id,
            ..
        } = self.context;
        let Some(ledger) = peer.ledger(channel) else {
            return Err(Failure(format!(
                "Failed to get policy manager for channel [{channel}]"
            )));
        };
        if system::is_system(name) {
            return Ok(refuse_system(name, input, signed));
        }
        let there = ledger.channel();
        let (data, signature) = (&signed.proposal_bytes, &signed.signature);
        there
            .check(CALL_CHAINCODE, data, creator, signature)
            .map_err(|denied| Failure(denied.on_channel(channel)))?;
        let state = PeerState::new(ledger.view(), there, peer.endorser());
        let mut transaction = Transaction::new(Context {
            peer,
            channel: there,
            state: &state,
            signed,
            creator,
            transaction_id,
        });
        let message = transaction.invoke(name, input).await;
        let message = message.map_err(|error| Failure(format!("execute failed: {error}")))?;
        Ok(message.encode_to_vec().into())
    }
}

/// What a chaincode gets that calls a system chaincode.
fn refuse_system(name: &str, input: &ChaincodeInput, signed: &SignedProposal) -> Bytes {
    let original = Unpacked::read(signed).map_or_else(|_| String::new(), |read| read.chaincode);
    let response = system::refuse_nested(name, input.args.len(), &original);
    let message = ChaincodeMessage {
        r#type: Type::Completed.into(),
        payload: response.encode_to_vec().into(),
        ..Default::default()
    };
    message.encode_to_vec().into()
}

/// Answers a request about the ledger.
fn answer(
    ledger: &mut request::Ledger<'_, '_>,
    r#type: Type,
    payload: Bytes,
    queries: &mut Queries,
) -> Result<Bytes, Failure> {
    match r#type {
        Type::GetStateByRange => queries.range(ledger, payload),
        Type::GetQueryResult => queries.rich(ledger, payload),
        Type::GetHistoryForKey => queries.history(ledger, payload),
        Type::QueryStateNext => queries.next(ledger, payload),
        Type::QueryStateClose => queries.close(payload),
        _ => ledger.answer(r#type, payload),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn unreadable(error: SimulateError<StorageError>) -> ChaincodeError {
    ChaincodeError::Invocation(error.to_string())
}
