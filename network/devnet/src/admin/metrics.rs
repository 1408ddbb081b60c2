//! `/metrics`: the network's figures in the text form that Prometheus reads.
//!
//! Where Fabric has a figure of the same meaning it has the same name here.

use std::fmt::Write as _;

use axum::extract::State;

use super::Admin;
use crate::metrics::{CallKey, ChannelMetrics, Metrics};

pub(super) async fn text(State(admin): State<Admin>) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = write(&mut text, &admin);
    text
}

fn write(text: &mut String, admin: &Admin) -> std::fmt::Result {
    let control = &admin.control;
    family(
        text,
        "ledger_blockchain_height",
        "gauge",
        "Blocks that a peer has.",
    )?;
    for peer in &control.peers {
        for ledger in peer.ledgers().iter() {
            let (channel, peer) = (ledger.channel().name(), peer.name());
            let height = ledger.height();
            writeln!(
                text,
                "ledger_blockchain_height{{channel=\"{channel}\",peer=\"{peer}\"}} {height}"
            )?;
        }
    }
    family(
        text,
        "ledger_transaction_count",
        "counter",
        "Transactions in blocks, by validation code.",
    )?;
    for channel in &control.channels {
        for (code, count) in channel.metrics().codes() {
            let channel = channel.name();
            writeln!(
                text,
                "ledger_transaction_count{{channel=\"{channel}\",validation_code=\"{code}\"}} {count}"
            )?;
        }
    }
    family(
        text,
        "ledger_block_processing_time",
        "histogram",
        "Seconds from a block's order to its commit.",
    )?;
    for channel in &control.channels {
        histogram(text, channel.name(), channel.metrics())?;
    }
    calls(text, &control.metrics)
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn histogram(text: &mut String, channel: &str, metrics: &ChannelMetrics) -> std::fmt::Result {
    const NAME: &str = "ledger_block_processing_time";
    let (buckets, count, sum) = metrics.commits();
    for (bound, below) in buckets {
        writeln!(
            text,
            "{NAME}_bucket{{channel=\"{channel}\",le=\"{bound}\"}} {below}"
        )?;
    }
    writeln!(
        text,
        "{NAME}_bucket{{channel=\"{channel}\",le=\"+Inf\"}} {count}"
    )?;
    writeln!(text, "{NAME}_sum{{channel=\"{channel}\"}} {sum}")?;
    writeln!(text, "{NAME}_count{{channel=\"{channel}\"}} {count}")
}

fn calls(text: &mut String, metrics: &Metrics) -> std::fmt::Result {
    const NAME: &str = "grpc_server_requests";
    family(
        text,
        NAME,
        "counter",
        "Calls that were answered, by gRPC status; of a stream, its beginning.",
    )?;
    for (key, count) in metrics.calls() {
        let CallKey {
            node,
            service,
            method,
            code,
        } = key;
        writeln!(
            text,
            "{NAME}{{node=\"{node}\",service=\"{service}\",method=\"{method}\",code=\"{code}\"}} {count}"
        )?;
    }
    const OPEN: &str = "grpc_server_calls_open";
    family(
        text,
        OPEN,
        "gauge",
        "Calls and streams that are being served.",
    )?;
    for (node, service, open) in metrics.open() {
        writeln!(
            text,
            "{OPEN}{{node=\"{node}\",service=\"{service}\"}} {open}"
        )?;
    }
    Ok(())
}
