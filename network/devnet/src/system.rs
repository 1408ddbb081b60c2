//! The peer's own chaincodes: `_lifecycle`, `qscc` and `cscc`. They run in the peer, on the same
//! transaction as any other, and who may call which function is checked here and not before.
//!
//! Source: `core/scc`, `core/chaincode/lifecycle/scc.go`.

mod acl;
mod cscc;
mod lifecycle;
mod local;
mod packages;
mod qscc;
mod running;

use bytes::Bytes;
use fabric_ledger::{lifecycle::NAMESPACE as LIFECYCLE, simulate::Simulator};
use fabric_protos::peer::Response;
use prost::Message;

use crate::{
    channel::Channel,
    endorser::{Simulated, Unpacked},
    peer::{Peer, PeerLedger},
    storage::View,
};

pub(crate) use packages::{InstallError, Packages, file_name as package_file_name};
pub(crate) use running::{NotRunning, Running};

/// Version that peers give their system chaincodes.
const VERSION: &str = "syscc";

const QSCC: &str = "qscc";
const CSCC: &str = "cscc";

const SUCCESS: i32 = 200;
const NOT_FOUND: i32 = 404;
const ERROR: i32 = 500;

/// What a system chaincode is called with.
pub(crate) struct Call<'c> {
    pub(crate) peer: &'c Peer,
    /// None for calls about the peer alone.
    pub(crate) ledger: Option<&'c PeerLedger>,
    pub(crate) proposal: &'c Unpacked,
}

/// Whether a name is that of a system chaincode.
pub(crate) fn is_system(name: &str) -> bool {
    matches!(name, LIFECYCLE | QSCC | CSCC)
}

/// Runs a system chaincode. Whatever goes wrong is its response.
pub(crate) async fn simulate(call: &Call<'_>) -> Simulated {
    let mut simulated = Simulated {
        response: Response::default(),
        event: None,
        result: None,
        version: VERSION.to_owned(),
    };
    simulated.response = match (call.proposal.chaincode.as_str(), call.ledger) {
        (QSCC, _) => qscc::invoke(call),
        (CSCC, _) => cscc::invoke(call),
        (_, None) => lifecycle::invoke(call, None).await,
        (_, Some(ledger)) => {
            let view = ledger.view();
            let channel = ledger.channel();
            let mut simulator = Simulator::new(&view, call.proposal.transaction_id());
            let response = lifecycle::invoke(call, Some((channel, &mut simulator))).await;
            simulated.result = Some(simulator.finish());
            response
        }
    };
    simulated
}

/// What a chaincode gets that calls a system chaincode.
pub(crate) fn refuse_nested(name: &str, arguments: usize, original: &str) -> Response {
    error(match name {
        QSCC | CSCC if arguments < 2 => format!("Incorrect number of arguments, {arguments}"),
        LIFECYCLE if arguments != 2 => lifecycle::wrong_number_of_arguments(arguments),
        QSCC => format!(
            "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for '{original}'"
        ),
        CSCC => format!(
            "Rejecting invoke of CSCC from another chaincode, original invocation for '{original}'"
        ),
        // A real peer would run it; no chaincode is known that wants that.
        _ => format!(
            "Rejecting invoke of {name} from another chaincode, original invocation for '{original}'"
        ),
    })
}

/// A transaction of a system chaincode.
type Transaction<'t, 'v> = (&'t Channel, &'t mut Simulator<'v, View>);

impl Call<'_> {
    fn channel(&self) -> Option<&Channel> {
        self.ledger.map(|ledger| &**ledger.channel())
    }

    fn arguments(&self) -> &[Bytes] {
        &self.proposal.input.args
    }

    /// An argument as text, as Go prints bytes that are none.
    fn text(&self, index: usize) -> String {
        let argument = self.arguments().get(index);
        argument.map_or_else(String::new, |bytes| {
            String::from_utf8_lossy(bytes).into_owned()
        })
    }
}

fn success(message: &impl Message) -> Response {
    Response {
        status: SUCCESS,
        payload: message.encode_to_vec().into(),
        ..Default::default()
    }
}

fn error(message: impl Into<String>) -> Response {
    Response {
        status: ERROR,
        message: message.into(),
        ..Default::default()
    }
}
