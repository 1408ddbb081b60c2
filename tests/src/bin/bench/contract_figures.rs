//! The figures of the four shims as a table, ours and its ratio to each other one.

use std::time::Duration;

use crate::contract_program::Shim;

/// What one shim costs.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) shim: Shim,
    /// From the start of the process until it listens.
    pub(crate) cold_start: Duration,
    /// Requests to the peer in a transfer; a real peer counts them.
    pub(crate) requests: Option<f64>,
    /// A transfer of one client, evaluated.
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    /// Transfers of many clients.
    pub(crate) evaluated_per_second: f64,
    pub(crate) submitted_per_second: f64,
    /// The chaincode process's time on all cores for one of those that were evaluated.
    pub(crate) cpu: Duration,
    /// `None` where it did not end before the peer's time limit.
    pub(crate) writes_1_000: Option<Duration>,
    pub(crate) writes_10_000: Option<Duration>,
    pub(crate) scan_10_000: Option<Duration>,
    pub(crate) resident: u64,
}

struct Line {
    name: &'static str,
    target: &'static str,
    value: fn(&Figures) -> Option<f64>,
}

const LINES: [Line; 12] = [
    Line {
        name: "requests in a transfer",
        target: "2",
        value: |figures| figures.requests,
    },
    Line {
        name: "transfer, one client, p50 ms",
        target: "",
        value: |figures| Some(millis(figures.p50)),
    },
    Line {
        name: "transfer, one client, p95 ms",
        target: "",
        value: |figures| Some(millis(figures.p95)),
    },
    Line {
        name: "p95/p50",
        target: "2",
        value: |figures| Some(millis(figures.p95) / millis(figures.p50)),
    },
    Line {
        name: "transfers evaluated/s",
        target: "",
        value: |figures| Some(figures.evaluated_per_second),
    },
    Line {
        name: "transfers submitted/s",
        target: "",
        value: |figures| Some(figures.submitted_per_second),
    },
    Line {
        name: "chaincode CPU in a transfer, us",
        target: "",
        value: |figures| Some(millis(figures.cpu) * 1000.0),
    },
    Line {
        name: "1,000 writes, ms",
        target: "100",
        value: |figures| figures.writes_1_000.map(millis),
    },
    Line {
        name: "10,000 writes, ms",
        target: "1000",
        value: |figures| figures.writes_10_000.map(millis),
    },
    Line {
        name: "query of 10,000 rows, ms",
        target: "",
        value: |figures| figures.scan_10_000.map(millis),
    },
    Line {
        name: "cold start, ms",
        target: "50",
        value: |figures| Some(millis(figures.cold_start)),
    },
    Line {
        name: "resident memory, MB",
        target: "20",
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        value: |figures| Some(figures.resident as f64 / 1e6),
    },
];

/// Prints the table. The first figures are ours.
pub(crate) fn print(all: &[Figures]) {
    let Some((ours, others)) = all.split_first() else {
        return;
    };
    print!("\n{:<34} {:>9}", "", "target");
    for figures in all {
        print!(" {:>12}", figures.shim.chaincode());
    }
    println!("   selvedge / each other one");
    for line in &LINES {
        print!("{:<34} {:>9}", line.name, line.target);
        for figures in all {
            print!(" {:>12}", number((line.value)(figures)));
        }
        let ratios = others.iter().map(|other| {
            let ratio = (line.value)(ours).zip((line.value)(other));
            number(ratio.map(|(ours, other)| ours / other))
        });
        println!("   {}", ratios.collect::<Vec<_>>().join("  "));
    }
    println!(
        "targets: CPU at most 0.7 of fabric-shim and 0.4 of go; the query at most a third of go's time"
    );
    if ours.requests.is_none() {
        println!(
            "set FABRIC_BIN to the folder of Fabric's programs: only a real peer counts requests"
        );
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}
