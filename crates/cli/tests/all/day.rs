//! `wissel dev` on a real server: the first hours of the real day, in lock-step.

use serde_json::Value;
use testkit::Scratch;

use crate::{stderr, stdout, wissel};

/// The trace has this many calls before 09:00.
const CALLS: u64 = 192;

fn play(arguments: &[&str]) -> Value {
    let output = wissel(&[&["dev", "--speed", "max", "--until", "09:00", "-o", "json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    // One object and nothing else.
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON object")
}

#[test]
fn every_caller_has_one_outcome_and_the_figures_stand_beside_the_real_ones() {
    let report = play(&[]);
    let number =
        |path: &str| report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(number("/played/contacts"), CALLS as f64);
    assert_eq!(number("/real/contacts"), CALLS as f64);
    assert_eq!(number("/played/answered") + number("/played/abandoned"), CALLS as f64);
    assert_eq!([number("/lost"), number("/assigned_twice"), number("/open")], [0.0, 0.0, 0.0]);
    assert_eq!(report["is_whole"], true);
    let types = report["types"].as_object().expect("types");
    assert_eq!(types.len(), 6);
    let of_types: f64 = types.values().filter_map(|pair| pair["played"]["contacts"].as_f64()).sum();
    assert_eq!(of_types, CALLS as f64);
    // Near the real centre, as the whole day is.
    assert!((number("/played/answered") - number("/real/answered")).abs() < 30.0, "{report:#}");
    for latency in ["decision", "commit", "end_to_end"] {
        let [p50, p99] = ["p50", "p99"].map(|name| number(&format!("/latency_us/{latency}/{name}")));
        assert!(0.0 < p50 && p50 <= p99, "{latency}: {p50} {p99}");
        assert!(number(&format!("/latency_us/{latency}/count")) > 20.0, "{latency}");
    }
    assert!(number("/speed_up") > 100.0 && number("/wall_s") > 0.0 && number("/inputs") > 500.0);
}

#[test]
fn virtual_time_makes_the_figures_the_same_every_time() {
    let figures = |report: &Value| (report["played"].clone(), report["types"].clone());
    let (one, other) = (play(&["--from", "08:30"]), play(&["--from", "08:30"]));
    assert_eq!(figures(&one), figures(&other));
    assert_ne!(figures(&one), figures(&play(&["--from", "08:30", "--seed", "1"])));
}

#[test]
fn by_the_wall_clock_too_and_again_on_the_same_store() {
    let scratch = Scratch::new();
    let store = scratch.join("store").display().to_string();
    for _ in 0..2 {
        let arguments = ["--day", "--speed", "100", "--from", "10:00", "--until", "10:03", "--store", &store];
        let output = wissel(&[&["dev", "-o", "json"], &arguments[..]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        let count = |name: &str| report["played"][name].as_u64().unwrap_or_else(|| panic!("{name}"));
        assert!(count("contacts") > 5, "{report:#}");
        assert_eq!(count("answered") + count("abandoned"), count("contacts"), "{report:#}");
    }
    let refused = wissel(&["dev", "--speed", "max", "--store", &store]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("--store"), "{}", stderr(&refused));
}

#[test]
fn people_get_a_table() {
    let output = wissel(&["dev", "--speed", "max", "--until", "07:30"]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}{}", stderr(&output));
    for part in ["from 06:57 to 07:30", "wissel", "real", "lost 0, assigned twice 0", "end to end"] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}
