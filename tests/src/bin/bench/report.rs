//! The figures as a table: embedded, its target, real Fabric, and the ratio of the two.

use std::time::Duration;

use crate::mirroring::Copied;
use crate::network::Figures;
use crate::submitting::CLIENTS;

/// Everything that was measured.
pub(crate) struct Report {
    pub(crate) embedded: Figures,
    pub(crate) fabric: Option<Figures>,
    /// None where it was left out.
    pub(crate) mirror: Option<Copied>,
}

/// A line of the table.
struct Line {
    name: String,
    unit: &'static str,
    target: &'static str,
    value: fn(&Figures) -> f64,
}

impl Report {
    /// Prints the table.
    pub(crate) fn print(&self) {
        println!("\n{}", machine());
        println!("blocks are cut at once (embedded), at 500 transactions or 100 ms (Fabric)");
        println!(
            "\n{:<38} {:>10} {:>10} {:>10} {:>16}",
            "", "embedded", "target", "Fabric", "embedded/Fabric"
        );
        for line in lines() {
            let embedded = (line.value)(&self.embedded);
            let fabric = self.fabric.as_ref().map(line.value);
            let ratio = fabric.map(|fabric| embedded / fabric);
            println!(
                "{:<38} {:>10} {:>10} {:>10} {:>16}",
                format!("{}, {}", line.name, line.unit),
                number(embedded),
                line.target,
                fabric.map_or_else(|| "-".to_owned(), number),
                ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            );
        }
        let (embedded, fabric) = (&self.embedded, self.fabric.as_ref());
        for (name, figures) in
            std::iter::once(("embedded", embedded)).chain(fabric.map(|f| ("Fabric", f)))
        {
            figures.idle.print(name, figures.resident_loaded);
        }
        if let Some(mirror) = &self.mirror {
            print_mirror(mirror, self.embedded.drain_per_second);
        }
        let alone = self.embedded.alone;
        println!(
            "embedded, one client: p95/p50 is {:.2} (target: at most 2)",
            alone.p95.as_secs_f64() / alone.p50.as_secs_f64()
        );
        if self.fabric.is_none() {
            println!("set FABRIC_BIN to the folder of Fabric's programs for the columns beside");
        }
    }
}

fn print_mirror(mirror: &Copied, drain_per_second: f64) {
    let per_second = mirror.per_second();
    println!(
        "\nmirror: {} transactions in {} blocks in {:.1} s, {} a second: {:.2} of the block stream",
        mirror.transactions,
        mirror.blocks,
        mirror.took.as_secs_f64(),
        number(per_second),
        per_second / drain_per_second,
    );
}

/// What the figures depend on most: cores, and what else they did.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    format!("{cores} cores, load averages {load}")
}

fn lines() -> Vec<Line> {
    let line = |name: &str, unit, target, value| Line {
        name: name.to_owned(),
        unit,
        target,
        value,
    };
    let many = |what: &str| format!("one-key put, {CLIENTS} clients{what}");
    vec![
        line("network ready", "ms", "< 1,000", |figures| {
            milliseconds(figures.ready)
        }),
        line("resident when ready", "MB", "< 80", |figures| {
            megabytes(figures.resident_idle)
        }),
        line("resident after the load", "MB", "", |figures| {
            megabytes(figures.resident_loaded)
        }),
        line(&many(""), "1/s", ">= 2,000", |figures| {
            figures.many.per_second
        }),
        line(&many(", p50"), "ms", "", |figures| {
            milliseconds(figures.many.latency.p50)
        }),
        line(&many(", p95"), "ms", "", |figures| {
            milliseconds(figures.many.latency.p95)
        }),
        line("one-key put, one client, p50", "ms", "< 10", |figures| {
            milliseconds(figures.alone.p50)
        }),
        line("one-key put, one client, p95", "ms", "", |figures| {
            milliseconds(figures.alone.p95)
        }),
        line("block stream, one reader", "tx/s", "", |figures| {
            figures.drain_per_second
        }),
    ]
}

fn number(value: f64) -> String {
    if value < 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a table shows three digits")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
