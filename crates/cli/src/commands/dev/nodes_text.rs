//! Several nodes in the table, and what the reader may do to them.

use std::fmt::Write as _;
use std::time::Instant;

use super::members::{Members, Row};
use super::site::SHARD;

/// News that stay in sight.
const NEWS_LINES: usize = 4;

/// Stands above the table as long as it is shown.
pub const HEADING: &str = "\
Three servers, and several nodes that share the shards; the played one is shard 0, the others are empty. Kill its owner:
contacts go on within about a second, and the summary at the end says lost 0, assigned twice 0.";

/// The nodes one by one, what to try, and what happened last.
pub fn section(members: &Members, now: Instant) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{:<10}{:<10}{:<22}{:<10}follows", "node", "pid", "state", "owns");
    for Row { node, pid, state, owns, follows } in members.rows(now) {
        let pid = pid.map_or("-".to_owned(), |pid| pid.to_string());
        let _ = writeln!(text, "{node:<10}{pid:<10}{state:<22}{:<10}{}", list(&owns), list(&follows));
    }
    let _ = writeln!(text, "\nplayed    {}", played(members));
    let advice = advice(members).unwrap_or_default();
    let _ = writeln!(text, "try       {advice}\n");
    let news = members.news();
    for line in &news[news.len().saturating_sub(NEWS_LINES)..] {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// Who owns the played shard.
pub fn played(members: &Members) -> String {
    match members.owner(SHARD) {
        Some((node, epoch, _)) => format!("shard {SHARD} owned by {node}, epoch {epoch}"),
        None => format!("shard {SHARD} owned by nobody"),
    }
}

/// What to type to kill the owner of the played shard.
pub fn advice(members: &Members) -> Option<String> {
    let (node, _, pid) = members.owner(SHARD)?;
    Some(format!("kill -9 {pid}    in another terminal: {node}, the owner of shard {SHARD}"))
}

fn list(shards: &[u16]) -> String {
    if shards.is_empty() {
        return "-".to_owned();
    }
    shards.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}
