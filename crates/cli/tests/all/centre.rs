//! `wissel dev --centre`: a described day through a real server and a node.

use serde_json::Value;

use crate::{stderr, stdout, wissel};

/// The same plan and the same draws as the engine alone has in `wissel simulate`: what server, journal and feed add decides nothing.
#[test]
fn a_described_day_is_the_same_through_the_whole_product_as_through_the_engine() {
    let arguments = ["--seed", "3", "--percent", "2", "-o", "json"];
    let output = wissel(&[&["dev", "--centre", "office"], &arguments[..]].concat());
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["faults"], Value::Array(Vec::new()));
    assert_eq!(report["is_whole"], true);
    let accounts = &report["day"]["accounts"];
    assert!(accounts["came"].as_u64().is_some_and(|came| came > 100), "{accounts:#}");
    assert_eq!([&accounts["stuck"], &accounts["unaccounted"]], [0, 0]);

    let output = wissel(&[&["simulate"], &arguments[..]].concat());
    let simulated: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["day"], simulated["candidates"][0]["days"][0]);
}

#[test]
fn what_cannot_be_played_is_refused() {
    let refused = |arguments: &[&str]| {
        let output = wissel(&[&["dev", "--centre"], arguments].concat());
        assert!(!output.status.success());
        stderr(&output)
    };
    assert!(refused(&["office", "--speed", "60"]).contains("cannot hurry"));
    assert!(refused(&["/nowhere"]).contains("a folder with day.toml and tenant.toml"));
}
