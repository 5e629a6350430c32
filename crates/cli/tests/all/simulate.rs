//! `wissel simulate` as people run it.

use serde_json::Value;
use testkit::Scratch;

use crate::{stderr, stdout, wissel};

#[test]
fn a_day_is_shown_by_channels() {
    let output = wissel(&["simulate", "--percent", "10"]);
    let said = stdout(&output);
    for part in ["voice", "appointment", "all live", "deadlines", "busy", "ended once"] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}{}", stderr(&output));
    }
}

#[test]
fn configurations_stand_side_by_side() {
    let output =
        wissel(&["simulate", "--percent", "10", "--seeds", "3", "--against", "multichannel", "-o", "json"]);
    let comparison: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(comparison["seeds"], serde_json::json!([1, 2, 3]));
    let names: Vec<&Value> =
        ["/candidates/0/name", "/candidates/1/name"].iter().filter_map(|at| comparison.pointer(at)).collect();
    assert_eq!(names, ["town hall", "multichannel"]);
    let repeated = comparison["candidates"][1]["measures"].as_array().expect("measures");
    let repeated = repeated.iter().find(|one| one["measure"] == "repeated_work").expect("the measure");
    assert_eq!(repeated["values"].as_array().map(Vec::len), Some(3));
    assert_eq!(repeated["against"]["higher"], 3, "{repeated:#}");
}

#[test]
fn ones_own_files_are_read_and_refused_where_they_are_wrong() {
    let scratch = Scratch::new();
    let write = |name: &str, text: &str| {
        let path = scratch.join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.display().to_string()
    };
    let (day, tenant) =
        (stdout(&wissel(&["simulate", "--print-day"])), stdout(&wissel(&["simulate", "--print-tenant"])));
    let (own, config) = (write("day.toml", &day), write("quieter.toml", &tenant));
    let output = wissel(&["simulate", "--day", &own, "--config", &config, "--percent", "5"]);
    assert!(stdout(&output).starts_with("quieter, a municipality"), "{}{}", stdout(&output), stderr(&output));
    let wrong = write("wrong.toml", &day.replace("per_day = 2650", "perday = 2650"));
    let output = wissel(&["simulate", "--day", &wrong, "--config", &config]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("perday") && stderr(&output).contains("per_day"), "{}", stderr(&output));
    let wrong = write("wrong.toml", &tenant.replace("[queues.taxes]", "[queues.rates]"));
    let output = wissel(&["simulate", "--day", &own, "--config", &wrong]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        wissel(&["simulate", "--day", &own]).status.code(),
        Some(2),
        "a day of one's own has a tenant of its own"
    );
}
