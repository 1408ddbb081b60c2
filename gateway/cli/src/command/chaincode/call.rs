//! Calls of any chaincode from the command line: arguments as text, the reply as it is.

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use crate::ledger::Session;
use crate::output::Output;
use crate::place::Place;

/// A function with its arguments, and who calls it where.
#[derive(Args)]
pub(crate) struct Call {
    /// Name of the chaincode on the channel.
    name: String,
    /// Function, such as Transfer, or contract:function where the chaincode has several contracts.
    function: String,
    /// Arguments: text as it is, everything else as JSON. Write -- before one that begins with a hyphen.
    #[arg(allow_negative_numbers = true)]
    arguments: Vec<String>,
    /// An entry of the transient data, which stands on no chain; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_entry)]
    transient: Vec<(String, String)>,
    /// Organisation whose peers must endorse, by MSP id; may be given again. Fabric chooses where
    /// none is given.
    #[arg(long, value_name = "MSP_ID")]
    endorsed_by: Vec<String>,
    /// Channel; the network's first where none is given.
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Number of the organisation whose peer is used and whose user calls; the first of the
    /// channel's members where none is given.
    #[arg(long, value_name = "N")]
    org: Option<usize>,
    /// User of the organisation who calls.
    #[arg(long, default_value = "User1")]
    user: String,
}

fn parse_entry(text: &str) -> Result<(String, String), String> {
    let entry = text.split_once('=').filter(|(name, _)| !name.is_empty());
    entry
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "write NAME=VALUE, such as price=100".to_owned())
}

impl Call {
    /// Runs it on one peer, and commits nothing.
    pub(crate) async fn query(self, output: &Output) -> anyhow::Result<()> {
        let mut call = self.contract()?.evaluate(&self.function);
        call = call.args(&self.arguments);
        for (name, value) in &self.transient {
            call = call.transient(name, value);
        }
        if !self.endorsed_by.is_empty() {
            call = call.endorsing_orgs(&self.endorsed_by);
        }
        let reply = call.await.with_context(|| self.what())?;
        output.result(&read(&reply), |_| {
            String::from_utf8_lossy(&reply).into_owned()
        })
    }

    /// Runs it to its commit.
    pub(crate) async fn invoke(self, output: &Output) -> anyhow::Result<()> {
        let mut call = self.contract()?.submit(&self.function);
        call = call.args(&self.arguments);
        for (name, value) in &self.transient {
            call = call.transient(name, value);
        }
        if !self.endorsed_by.is_empty() {
            call = call.endorsing_orgs(&self.endorsed_by);
        }
        let receipt = call.await.with_context(|| self.what())?;
        let done = json!({
            "transaction_id": receipt.transaction_id.to_string(),
            "block": receipt.block_number,
            "reply": read(&receipt.result),
        });
        output.result(&done, |_| {
            let reply = String::from_utf8_lossy(&receipt.result);
            let (id, block) = (&receipt.transaction_id, receipt.block_number);
            format!("{reply}\ncommitted in block {block} as {id}")
                .trim_start()
                .to_owned()
        })
    }

    fn what(&self) -> String {
        format!("{} of {} failed", self.function, self.name)
    }

    fn contract(&self) -> anyhow::Result<fabric_gateway_sdk::Contract> {
        let session = Session::of(
            self.place.clone(),
            self.channel.clone(),
            self.org,
            &self.user,
        );
        let network = session.network()?;
        Ok(network.contract(&self.name))
    }
}

/// A reply as JSON: what it says, or else its text.
fn read(reply: &[u8]) -> Value {
    match reply {
        [] => Value::Null,
        reply => serde_json::from_slice(reply)
            .unwrap_or_else(|_| String::from_utf8_lossy(reply).into_owned().into()),
    }
}
