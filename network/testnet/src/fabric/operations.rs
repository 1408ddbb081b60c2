//! A node's operations endpoint: its health and one figure out of its metrics.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Whether the node says that it is well.
pub(super) async fn is_healthy(endpoint: SocketAddr) -> bool {
    get(endpoint, "/healthz").await.is_some()
}

/// The value of a metric of one channel.
pub(super) async fn metric(endpoint: SocketAddr, name: &str, channel: &str) -> Option<f64> {
    let text = get(endpoint, "/metrics").await?;
    value(&text, &format!("{name}{{channel=\"{channel}\"}} "))
}

fn value(text: &str, prefix: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(prefix))?
        .trim()
        .parse()
        .ok()
}

/// The body of an answer with status 200. HTTP 1.0 has neither chunks nor kept connections.
async fn get(endpoint: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(endpoint).await.ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {endpoint}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    (head.split_whitespace().nth(1) == Some("200")).then(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_of_the_channel_is_found() {
        let text = "# HELP x\nx{channel=\"other\"} 7\nx{channel=\"mychannel\"} 2\n";
        assert_eq!(value(text, "x{channel=\"mychannel\"} "), Some(2.0));
        assert_eq!(value(text, "y{channel=\"mychannel\"} "), None);
    }
}
