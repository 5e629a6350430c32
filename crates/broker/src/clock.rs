//! How far this machine's clock is from the server's.
//!
//! A contact arrives when the server stamps it, and a node that takes over is refused when its clock is far
//! from that stamp. The server puts its time into every stream's description, so no other port is needed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::check::Finding;

/// Waiting times and service levels are counted in seconds; a quarter of one is not seen.
const WARN_FROM: SignedDuration = SignedDuration::from_millis(250);
/// More than this is no drift but a clock that nobody sets.
const FAIL_FROM: SignedDuration = SignedDuration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(5);

const FIX: &str = "timedatectl set-ntp true (on this machine and on the server's)";

/// The difference to the server that leads `stream`.
pub(crate) async fn finding(client: &async_nats::Client, stream: &str) -> Result<Finding> {
    let before = Timestamp::now();
    let started = Instant::now();
    let server = server_time(client, stream).await.context("cannot ask for the server's time")?;
    let round_trip = SignedDuration::try_from(started.elapsed()).context("a round trip beyond all bounds")?;
    Ok(judge(server.duration_since(before), round_trip))
}

fn judge(server_after_request: SignedDuration, round_trip: SignedDuration) -> Finding {
    // The stamp was made somewhere within the round trip; half of it is the best guess, and the error.
    let (guess, error) = (server_after_request - round_trip / 2, round_trip / 2);
    let certain = guess.abs() - error;
    let what = "this clock against the server's".to_owned();
    let found = format!("{} ms ± {} ms", guess.as_millis(), error.as_millis());
    let expected = format!("within {} ms", WARN_FROM.as_millis());
    if certain >= FAIL_FROM {
        Finding::fail("clock", what, found, expected, FIX)
    } else if certain >= WARN_FROM {
        Finding::warn("clock", what, found, expected, FIX)
    } else {
        Finding::ok("clock", what, found)
    }
}

#[derive(Deserialize)]
struct Stamped {
    ts: String,
}

async fn server_time(client: &async_nats::Client, stream: &str) -> Result<Timestamp> {
    let request = client.request(format!("$JS.API.STREAM.INFO.{stream}"), "".into());
    let answer = tokio::time::timeout(LIMIT, request).await.context("no answer within five seconds")??;
    let stamped: Stamped = serde_json::from_slice(&answer.payload).context("the answer has no time in it")?;
    stamped.ts.parse().with_context(|| format!("the answer's time is {:?}", stamped.ts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::State;

    fn check(server_after_request_ms: i64, round_trip_ms: i64, expected: State) {
        let of = SignedDuration::from_millis;
        assert_eq!(judge(of(server_after_request_ms), of(round_trip_ms)).state, expected);
    }

    #[test]
    fn a_difference_counts_only_beyond_what_the_round_trip_explains() {
        check(1, 2, State::Ok);
        check(900, 1800, State::Ok);
        check(300, 2, State::Warn);
        check(-300, 2, State::Warn);
        check(700, 1800, State::Ok);
        check(-5_000, 10, State::Fail);
    }
}
