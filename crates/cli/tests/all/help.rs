//! Every command explains itself, with examples, and says what is wrong with how it was used.

use crate::{stderr, stdout, wissel};

const COMMANDS: [&[&str]; 11] = [
    &["init"],
    &["tenant"],
    &["tenant", "add"],
    &["tenant", "list"],
    &["check"],
    &["node"],
    &["apply"],
    &["dev"],
    &["verify"],
    &["journal"],
    &["archive"],
];

#[test]
fn everything_explains_itself() {
    let whole = stdout(&wissel(&["--help"]));
    assert!(whole.contains("Examples:") && whole.contains("Exit codes:"), "{whole}");
    for command in COMMANDS {
        assert!(whole.contains(command[0]), "{command:?} is not in the list");
        let output = wissel(&[command, &["--help"]].concat());
        let text = stdout(&output);
        assert!(output.status.success(), "{command:?}");
        assert!(text.contains("Usage: wissel"), "{command:?}: {text}");
        assert!(text.contains("Examples:") || command.len() == 2, "{command:?} has no examples");
    }
}

#[test]
fn wrong_use_is_told_from_failure() {
    for arguments in [
        &["nonsense"][..],
        &["dev", "--speed", "0"],
        &["dev", "--from", "7"],
        &["dev", "--no-play", "--day"],
        &["dev", "--from", "09:00", "--until", "08:00"],
        &["init", "--journal-bytes", "5GB"],
        &["tenant", "add", "a.b"],
        &["tenant", "add", "--", "-x"],
        &["init", "--shards", "0"],
        &["init", "--replicas", "2"],
        &["journal", "--count", "0"],
        &["journal", "--identity", "3f2504e0"],
        &["archive"],
        &["verify", "-o", "yaml"],
        &["--log", "not=a=filter", "check"],
    ] {
        let output = wissel(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    for command in [
        &["check"][..],
        &["init"],
        &["verify"],
        &["journal"],
        &["archive", "--to", "/nowhere"],
        &["node"],
        &["tenant", "list"],
    ] {
        // Nobody listens on port 1.
        let output = wissel(&[command, &["--servers", "nats://127.0.0.1:1"]].concat());
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let said = stderr(&output);
        assert!(said.contains("nats://127.0.0.1:1") && said.contains("--servers"), "{command:?}: {said}");
    }
}

#[test]
fn an_error_is_in_the_form_of_the_log() {
    let output = wissel(&["check", "--servers", "nats://127.0.0.1:1", "--log-format", "json"]);
    let line: serde_json::Value = serde_json::from_slice(&output.stderr).expect("one line of JSON");
    assert_eq!(line["level"], "ERROR");
    let message = line["fields"]["message"].as_str().expect("a message");
    assert!(message.starts_with("cannot connect to nats://127.0.0.1:1: "), "{message}");
    assert_eq!(message.matches("refused").count(), 1, "the cause is said once: {message}");
}

#[test]
fn the_summary_has_a_schema() {
    let output = wissel(&["dev", "--print-schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for field in ["played", "real", "types", "lost", "assigned_twice", "latency_us", "wall_s", "speed_up"] {
        assert!(schema["properties"][field].is_object(), "{field}");
    }
}
