//! The peer's own counter of what chaincodes ask of it: exact, and the same on every machine.

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const COUNTER: &str = "chaincode_shim_requests_received{";

/// Requests of a chaincode that a peer has received so far.
pub(crate) async fn requests(operations: &str, chaincode: &str) -> anyhow::Result<u64> {
    let text = metrics(operations).await?;
    // The label is the package id: the name, a colon and a hash.
    let label = format!("chaincode=\"{chaincode}:");
    let lines = text
        .lines()
        .filter(|line| line.starts_with(COUNTER) && line.contains(&label));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok(counts.sum())
}

/// HTTP 1.0 has neither chunks nor kept connections.
async fn metrics(operations: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(operations).await?;
    let request = format!("GET /metrics HTTP/1.0\r\nHost: {operations}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .context("the peer's metrics have a head")?;
    Ok(body.to_owned())
}
