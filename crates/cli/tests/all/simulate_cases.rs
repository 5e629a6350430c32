//! `wissel simulate --cases` as people run it.

use serde_json::Value;
use testkit::Scratch;

use crate::{stderr, stdout, wissel};

const THEORY: &str = include_str!("../../../simulate/cases/theory.json");

fn written(scratch: &Scratch, text: &str) -> String {
    let path = scratch.join("cases.json");
    std::fs::write(&path, text).expect("a file can be written");
    path.display().to_string()
}

#[test]
fn what_theory_expects_stands_beside_what_was_measured() {
    let scratch = Scratch::new();
    let cases = written(&scratch, THEORY);
    let output = wissel(&[
        "simulate",
        "--cases",
        &cases,
        "--contacts",
        "5000",
        "--only",
        "EA-05,CH-01",
        "-o",
        "table",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    for part in ["EA-05", "p_abandon", "0.36788", "inside", "2 of 2 cases played"] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(stderr(&output).contains("case 2 of 2"), "{}", stderr(&output));
    let output =
        wissel(&["simulate", "--cases", &cases, "--contacts", "5000", "--only", "EA-05", "-o", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(report["totals"]["outside"], 0);
    let metric = &report["cases"][0]["metrics"][0];
    for key in ["expected", "measured", "interval", "band", "verdict"] {
        assert!(!metric[key].is_null(), "{key} in {metric:#}");
    }
}

#[test]
fn the_exit_code_says_whether_all_landed_inside() {
    let scratch = Scratch::new();
    let other = written(&scratch, &THEORY.replace("\"p_block\": 0.2145823431", "\"p_block\": 0.4"));
    let output = wissel(&["simulate", "--cases", &other, "--contacts", "20000", "--only", "EB-04"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("OUTSIDE"), "{}", stdout(&output));
}

#[test]
fn a_wrong_file_and_a_wrong_case_are_refused_where_they_are_wrong() {
    let scratch = Scratch::new();
    let wrong = written(&scratch, &THEORY.replacen("\"lambda\": 10.0", "\"lambda\": \"ten\"", 1));
    let output = wissel(&["simulate", "--cases", &wrong]);
    assert_eq!(output.status.code(), Some(1));
    let said = "cases[0].setup.classes[0].lambda: \"ten\" is not a number; write it without quotes";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    let cases = written(&scratch, THEORY);
    let output = wissel(&["simulate", "--cases", &cases, "--only", "EA-99"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no case \"EA-99\"; there are EB-04"), "{}", stderr(&output));
    assert_eq!(
        wissel(&["simulate", "--contacts", "5000"]).status.code(),
        Some(2),
        "contacts are those of cases"
    );
}
