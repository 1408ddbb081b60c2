//! What is told to logs and metrics, and what never is.

use std::io;
use std::sync::{Arc, Mutex};

use fabric_gateway_sdk::{Called, Committed, Gateway, Observer, Retry, Step};
use tonic::Code;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::mock::{Answer, ENDORSE, EVALUATE, Mock};
use crate::{alone, sample};

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn called(&self, call: &Called<'_>) {
        let outcome = if call.error.is_some() {
            "failed"
        } else {
            "went well"
        };
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {outcome}", call.step));
    }

    fn committed(&self, commit: &Committed) {
        self.0.lock().unwrap().push(format!(
            "{} from the stream: {}",
            commit.code, commit.from_stream
        ));
    }

    fn resumed(&self, step: Step, _: &fabric_gateway_sdk::Error) {
        self.0.lock().unwrap().push(format!("{step} resumed"));
    }
}

#[tokio::test]
async fn observer_hears_of_every_call_and_commit() {
    let mock = Mock::with_chain(&sample::chain(2)).await;
    mock.commit_submitted();
    mock.then(EVALUATE, Answer::status(Code::Unknown, "no"));
    let heard = Arc::new(Heard::default());
    let gateway = Gateway::builder(sample::user()).endpoint(mock.endpoint());
    let gateway = gateway.observer(heard.clone()).connect_lazy().unwrap();
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    contract.evaluate("read").await.unwrap_err();
    contract.submit("transfer").await.unwrap();
    let expected = [
        "evaluate failed",
        "endorse went well",
        "submit went well",
        "VALID from the stream: true",
    ];
    assert_eq!(*heard.0.lock().unwrap(), expected);
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn most_talkative_log_names_steps_and_holds_no_secret() {
    let name = "observing::most_talkative_log_names_steps_and_holds_no_secret";
    alone::run(name, log_of_a_transaction());
}

async fn log_of_a_transaction() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _installed = tracing::subscriber::set_default(subscriber);
    let mock = Mock::with_chain(&sample::chain(2)).await;
    mock.commit_submitted();
    mock.then(ENDORSE, Answer::status(Code::Unavailable, "restarting"));
    let gateway = Gateway::builder(sample::user())
        .endpoint(mock.endpoint())
        .connect_lazy()
        .unwrap();
    let contract = gateway.network(sample::CHANNEL).contract(sample::CHAINCODE);
    let call = contract
        .submit("transfer")
        .arg("the argument")
        .transient("price", "the price");
    let receipt = call
        .retry(Retry::default().and_on_trouble(1))
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let own: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("fabric_gateway_sdk"))
        .collect();
    println!("{}", own.join("\n"));
    assert!(
        text.contains("step=endorse") && text.contains("step=submit"),
        "{text}"
    );
    assert!(
        text.contains(receipt.transaction_id.as_str()) && text.contains("restarting"),
        "{text}"
    );
    for secret in ["the argument", "the price", "BEGIN", sample::RESULT] {
        assert!(!text.contains(secret), "the log holds {secret}");
    }
}
