//! `intervals.csv`: one line for each second, for spreadsheets and plots.

use std::fmt::Write as _;

use crate::summary::{Latency, Summary};

const HEAD: &str = "second,planned,sent,dropped,offered,waiting,oldest_ms,in_hands,service_level,\
                    response_p50_ns,response_p99_ns,response_max_ns,wait_p50_ns,wait_p99_ns,wait_max_ns\n";

pub fn intervals(summary: &Summary) -> String {
    let mut text = HEAD.to_owned();
    for second in &summary.seconds {
        let level = second.service_level.map(|level| format!("{level:.4}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{level},{},{}",
            second.second,
            second.planned,
            second.sent,
            second.dropped,
            second.offered,
            second.waiting,
            second.oldest_ms,
            second.in_hands,
            latency(second.response.as_ref()),
            latency(second.wait.as_ref()),
        );
    }
    text
}

fn latency(latency: Option<&Latency>) -> String {
    match latency {
        Some(Latency { p50_ns, p99_ns, max_ns, .. }) => format!("{p50_ns},{p99_ns},{max_ns}"),
        None => ",,".to_owned(),
    }
}
