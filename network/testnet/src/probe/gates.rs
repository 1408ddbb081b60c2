//! Gates that transactions wait at until a test opens them.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// A gate's state by its name.
#[derive(Debug)]
pub(super) struct Gates(watch::Sender<BTreeMap<String, Gate>>);

#[derive(Debug, Clone, Copy, Default)]
struct Gate {
    open: bool,
    arrived: usize,
}

impl Gates {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(BTreeMap::new()))
    }

    /// Arrives at a gate and waits until it is open.
    pub(super) async fn wait(&self, name: &str) {
        self.0.send_modify(|gates| {
            gates.entry(name.to_owned()).or_default().arrived += 1;
        });
        let open = |gates: &BTreeMap<String, Gate>| gates.get(name).is_some_and(|gate| gate.open);
        // The sender lives as long as this value: the wait cannot fail.
        let _ = self.0.subscribe().wait_for(open).await;
    }

    pub(super) fn open(&self, name: &str) {
        self.0.send_modify(|gates| {
            gates.entry(name.to_owned()).or_default().open = true;
        });
    }

    /// Waits until this many transactions have arrived.
    pub(super) async fn arrived(&self, name: &str, count: usize) {
        let enough = |gates: &BTreeMap<String, Gate>| {
            gates.get(name).is_some_and(|gate| gate.arrived >= count)
        };
        let _ = self.0.subscribe().wait_for(enough).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn transaction_waits_until_its_gate_is_open() {
        let gates = Gates::new();
        let waits = gates.wait("a");
        let test = async {
            gates.arrived("a", 1).await;
            gates.open("a");
        };
        tokio::join!(waits, test);
    }
}
