//! `wissel apply --offline`: a file is judged as a node would judge it, with every mistake at once.

use testkit::Scratch;

use crate::{stderr, stdout, wissel};

fn check(text: impl AsRef<[u8]>, code: i32, expected: &str) {
    let scratch = Scratch::new();
    let path = scratch.join("tenant.toml");
    std::fs::write(&path, text).expect("a file");
    let name = path.display().to_string();
    let output = wissel(&["apply", "--offline", "--tenant", "acme", "-f", &name]);
    let said = stdout(&output) + &stderr(&output);
    assert_eq!(said.replace(&name, "FILE"), expected);
    assert_eq!(output.status.code(), Some(code));
}

const GOOD: &str = r#"version = 7
skills = ["sales"]

[channels.voice]

[queues.sales]
skills = { sales = 3 }

[aux]
reasons = ["no_answer"]

[rona]
retries = 2
aux = "no_answer"
"#;

#[test]
fn a_good_file_is_valid() {
    check(GOOD, 0, "FILE is valid: version 7, 1 channels, 1 queues, 1 skills\n");
}

#[test]
fn every_mistake_is_told_with_its_place_and_the_name_that_was_meant() {
    let text = GOOD
        .replace("skills = { sales = 3 }", "skills = { sale = 3 }\noffer_timeout = \"20\"")
        .replace("retries = 2", "retry = 2");
    let expected = r#"FILE:7:12: unknown skill "sale"; did you mean "sales"?
FILE:8:17: "20" is not a length of time such as "20s", "1m30s" or "2h", at most "365d"
FILE:14:1: unknown key "retry" in rona; there are "retries", "aux"
"#;
    check(&text, 1, expected);
}

#[test]
fn what_is_hardly_meant_is_warned_of() {
    let text = GOOD.replace("[channels.voice]", "[channels.voice]\ncost = 1000");
    let expected = "FILE is valid: version 7, 1 channels, 1 queues, 1 skills\n\
                    FILE: warning: channel \"voice\" costs 1000 units; an agent has 100, unless its roster entry says \
                    more, and gets none of what it has too few for\n";
    check(text, 0, expected);
}

#[test]
fn what_is_no_text_is_told_with_its_line() {
    let bytes = [GOOD.as_bytes(), b"# caf\xe9\n"].concat();
    check(bytes, 1, "wissel: FILE:15: this line is not UTF-8; save the file as UTF-8\n");
    check(b"\xff\xfev\0", 1, "wissel: FILE is UTF-16; save it as UTF-8\n");
}

#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let output = wissel(&["apply", "--offline", "--tenant", "acme", "-f", "/dev/zero"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/dev/zero has more than"), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = wissel(&["apply", "--offline", "--tenant", "acme", "-f", "/nowhere/tenant.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot read /nowhere/tenant.toml"));
}
