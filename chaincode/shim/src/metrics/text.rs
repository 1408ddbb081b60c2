//! The figures in the text form that Prometheus reads.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

use fabric_protos::peer::chaincode_message::Type;

use super::{Histogram, KINDS, MICROS, Metrics, Outcome, REQUESTS};
use crate::runtime::Runtime;

/// Everything that a server counts, now.
pub(crate) fn text(runtime: &Runtime) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = write(&mut text, runtime);
    text
}

fn write(text: &mut String, runtime: &Runtime) -> std::fmt::Result {
    let metrics = &runtime.metrics;
    transactions(text, metrics)?;
    requests(text, metrics)?;
    gauges(text, runtime)?;
    family(
        text,
        "chaincode_tls_reloads_total",
        "counter",
        "Changes of the TLS files that were taken into use, or could not be.",
    )?;
    for (result, count) in ["taken", "refused"].iter().zip(&metrics.reloads) {
        let count = count.load(Ordering::Relaxed);
        writeln!(
            text,
            "chaincode_tls_reloads_total{{result=\"{result}\"}} {count}"
        )?;
    }
    Ok(())
}

fn transactions(text: &mut String, metrics: &Metrics) -> std::fmt::Result {
    family(
        text,
        "chaincode_transactions_total",
        "counter",
        "Transactions that have ended, by outcome.",
    )?;
    for ((_, outcome), count) in Outcome::ALL.iter().zip(&metrics.outcomes) {
        let count = count.load(Ordering::Relaxed);
        writeln!(
            text,
            "chaincode_transactions_total{{outcome=\"{outcome}\"}} {count}"
        )?;
    }
    let help = "Seconds from a transaction's message to its terminal message.";
    let name = "chaincode_transaction_duration_seconds";
    histogram(text, name, help, (&MICROS, 1e-6), &metrics.micros)
}

fn requests(text: &mut String, metrics: &Metrics) -> std::fmt::Result {
    family(
        text,
        "chaincode_requests_total",
        "counter",
        "Requests to peers, by message type.",
    )?;
    let kinds = (0_i32..).zip(&metrics.kinds);
    for (kind, count) in kinds.take(KINDS) {
        let count = count.load(Ordering::Relaxed);
        if let (Ok(kind), 1..) = (Type::try_from(kind), count) {
            let name = kind.as_str_name();
            writeln!(text, "chaincode_requests_total{{type=\"{name}\"}} {count}")?;
        }
    }
    let help = "Requests to the peer that a transaction made.";
    let name = "chaincode_requests_per_transaction";
    histogram(text, name, help, (&REQUESTS, 1.0), &metrics.requests)
}

fn gauges(text: &mut String, runtime: &Runtime) -> std::fmt::Result {
    let streams = runtime.metrics.streams.load(Ordering::Relaxed);
    let gauges = [
        (
            "chaincode_transactions_in_flight",
            "Transactions that run or wait for a thread.",
            runtime.transactions.len(),
        ),
        (
            "chaincode_threads_given_up",
            "Threads whose contract goes on after its transaction's deadline.",
            runtime.threads.given_up_count(),
        ),
        (
            "chaincode_transaction_bytes",
            "Bytes held for transactions in flight, at most.",
            runtime.budget.held(),
        ),
        ("chaincode_streams", "Peers that are connected.", streams),
    ];
    for (name, help, value) in gauges {
        family(text, name, "gauge", help)?;
        writeln!(text, "{name} {value}")?;
    }
    Ok(())
}

/// `scale` makes what the bounds and the sum are counted in the unit of the name.
fn histogram<const N: usize>(
    text: &mut String,
    name: &str,
    help: &str,
    (bounds, scale): (&[u64; N], f64),
    histogram: &Histogram<N>,
) -> std::fmt::Result {
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures for people, to 15 digits"
    )]
    let scaled = |value: u64| value as f64 * scale;
    let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
    family(text, name, "histogram", help)?;
    for (bound, below) in bounds.iter().zip(&histogram.below) {
        let (bound, below) = (scaled(*bound), load(below));
        writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {below}")?;
    }
    let (sum, count) = (scaled(load(&histogram.sum)), load(&histogram.count));
    writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}")?;
    writeln!(text, "{name}_sum {sum}\n{name}_count {count}")
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}
