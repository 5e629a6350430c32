//! One `GET` over plain HTTP, for the server's monitoring port.
//!
//! The product has no HTTP client, and the monitoring port speaks HTTP/1.0 without encryption or
//! authentication; forty lines are less to trust than a client library. `https` is refused by name.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A monitoring answer is made from memory; a server that needs longer is not well.
const LIMIT: Duration = Duration::from_secs(5);

/// `/varz` of a busy server is a few KB; what is far beyond comes from something else.
const BODY_BYTES_MAX: u64 = 4 << 20;

/// Fetches `path` from `base` (`http://host:port`): the status and the body, whatever the status.
pub async fn get(base: &str, path: &str) -> Result<(u16, String)> {
    let authority = authority(base)?;
    tokio::time::timeout(LIMIT, exchange(authority, path))
        .await
        .with_context(|| format!("no answer from {base}{path} within {LIMIT:?}"))?
        .with_context(|| format!("cannot read {base}{path}"))
}

fn authority(base: &str) -> Result<&str> {
    let Some(rest) = base.strip_prefix("http://") else {
        bail!("{base:?} is not a monitoring address; it has the form http://host:port (plain HTTP only)");
    };
    let authority = rest.trim_end_matches('/');
    if authority.contains('/') || !authority.contains(':') {
        bail!("{base:?} is not a monitoring address; it has the form http://host:port, without a path");
    }
    Ok(authority)
}

async fn exchange(authority: &str, path: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(authority).await?;
    // HTTP/1.0: the answer ends with the connection, so there is no chunked form to decode.
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {authority}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(BODY_BYTES_MAX).read_to_end(&mut answer).await?;
    parse(&String::from_utf8_lossy(&answer))
}

fn parse(answer: &str) -> Result<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let status =
        head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("the answer has no status")?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken() {
        assert_eq!(authority("http://127.0.0.1:8222").expect("plain"), "127.0.0.1:8222");
        assert_eq!(authority("http://nats:8222/").expect("plain"), "nats:8222");
        for refused in ["https://nats:8222", "nats:8222", "http://nats", "http://nats:8222/varz"] {
            assert!(authority(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        let answer = "HTTP/1.0 503 Service Unavailable\r\nDate: today\r\n\r\n{}";
        assert_eq!(parse(answer).expect("an answer"), (503, "{}".to_owned()));
        assert!(parse("SSH-2.0").is_err());
    }
}
