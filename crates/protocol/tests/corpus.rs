//! Every file of the corpus is decoded, and what comes out is compared with what is written beside the files:
//! `good.expected` and `bad.expected`. After a change that is meant, write them anew with
//! `UPDATE_EXPECTED=1 cargo test -p wissel-protocol --test corpus` and read the difference.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{InputBody, Refusal, TenantId, Time};
use wissel_protocol::input::{DETAIL_SIZE_MAX, decode, redacted_head};

/// 2026-03-01 at noon.
const STAMP: Time = Time(1_772_366_400_000);

#[test]
fn good_inputs_are_decoded() {
    let configs = configs();
    let mut actual = String::new();
    for (name, bytes) in files("input/good") {
        let input = decode(&subject(&name, 0), &bytes, 17, STAMP, None, &configs).unwrap();
        assert!(!matches!(input.body, InputBody::Malformed { .. }), "{name}: {:?}", input.body);
        writeln!(actual, "== {name}\nsent_at {:?}\n{:#?}\n", input.sent_at, input.body).unwrap();
    }
    compare("input/good.expected", &actual);
}

#[test]
fn bad_inputs_are_refused_for_the_reason_in_their_name() {
    let configs = configs();
    let mut actual = String::new();
    for (name, bytes) in files("input/bad") {
        let input = decode(&subject(&name, 1), &bytes, 17, STAMP, None, &configs).unwrap();
        let InputBody::Malformed { reason, detail, agent } = input.body else { panic!("{name} was taken") };
        assert_eq!(Some(reason.code()), name.split("--").next(), "{name}: {detail}");
        assert_eq!(agent.is_some(), name.contains("--agent--"), "{name}");
        assert!(detail.len() <= DETAIL_SIZE_MAX, "{name}: {detail}");
        let head = redacted_head(&bytes);
        assert!(head.is_ascii() && head.len() <= 260, "{name}: {head}");
        writeln!(actual, "== {name}\n{detail}\n{head}\n").unwrap();
    }
    compare("input/bad.expected", &actual);
}

#[test]
fn every_reason_of_the_decoder_has_a_case() {
    let names: Vec<String> = files("input/bad").into_iter().map(|(name, _)| name).collect();
    for reason in [
        Refusal::TooLarge,
        Refusal::NotUtf8,
        Refusal::NotJson,
        Refusal::DuplicateKey,
        Refusal::BadField,
        Refusal::ForeignTenant,
        Refusal::ForeignAgent,
        Refusal::ConfigMissing,
        Refusal::ConfigInvalid,
    ] {
        assert!(names.iter().any(|name| name.starts_with(&format!("{reason}--"))), "{reason}");
    }
}

/// Too large to keep as files; refused before they are looked into.
#[test]
fn huge_inputs_are_refused_by_their_size() {
    let keys: String = (0..100_000).map(|key| format!("\"k{key}\":0,")).collect();
    for body in [format!("{{{keys}\"z\":0}}"), "{\"a\":".repeat(100_000), "9".repeat(10_000_000)] {
        let input = decode(&subject("contact--", 0), body.as_bytes(), 1, Time(0), None, &configs()).unwrap();
        assert!(matches!(input.body, InputBody::Malformed { reason: Refusal::TooLarge, .. }));
    }
}

#[test]
fn good_configurations_are_taken() {
    let mut actual = String::new();
    for (name, bytes) in files("config/good") {
        let text = std::str::from_utf8(&bytes).unwrap();
        let config = wissel_protocol::config::parse(text);
        let config = config.unwrap_or_else(|diagnostics| panic!("{name}: {diagnostics:#?}"));
        writeln!(actual, "== {name}\n{}\n{config:#?}\n", wissel_protocol::config::hash(text)).unwrap();
    }
    compare("config/good.expected", &actual);
}

#[test]
fn bad_configurations_are_refused_with_all_their_mistakes() {
    let mut actual = String::new();
    for (name, bytes) in files("config/bad") {
        let text = std::str::from_utf8(&bytes).unwrap();
        let diagnostics = wissel_protocol::config::parse(text).unwrap_err();
        assert!(!diagnostics.is_empty(), "{name}");
        writeln!(actual, "== {name}\n{}", wissel_protocol::config::hash(text)).unwrap();
        for diagnostic in diagnostics {
            writeln!(actual, "{diagnostic}").unwrap();
        }
        actual.push('\n');
    }
    compare("config/bad.expected", &actual);
}

/// One mistake at a time in the documented example: each is told on its line. A block is a piece of the example, what stands in its place, and
/// what that is answered.
#[test]
fn each_mistake_in_the_example_is_told_where_it_stands() {
    let example = wissel_protocol::config::EXAMPLE;
    let written = fs::read_to_string(corpus().join("config/mistakes.expected")).unwrap();
    let mut actual = String::new();
    for block in written.split("\n\n") {
        let block: Vec<&str> = block.lines().filter(|line| !line.starts_with("line ")).collect();
        let (piece, mistake) = block.split_at(block.iter().position(|line| line.starts_with("> ")).unwrap());
        let (piece, mistake) = (piece.join("\n"), mistake.join("\n"));
        let (before, after) =
            example.split_once(&piece).unwrap_or_else(|| panic!("not in the example: {piece}"));
        let text = format!("{before}{}{after}", &mistake[2..]);
        let diagnostics = wissel_protocol::config::parse(&text).expect_err(&mistake);
        let first = before.lines().count();
        let lines = first..=first + mistake.lines().count();
        assert!(
            diagnostics.iter().any(|one| lines.contains(&one.line)),
            "{mistake}: {lines:?} {diagnostics:#?}"
        );
        writeln!(actual, "{piece}\n{mistake}").unwrap();
        diagnostics.iter().for_each(|diagnostic| writeln!(actual, "{diagnostic}").unwrap());
        actual.push('\n');
    }
    compare("config/mistakes.expected", actual.trim_end());
}

/// `part` of the file's name, between `--`, says on which subject the input arrives.
fn subject(name: &str, part: usize) -> String {
    match name.split("--").nth(part).unwrap() {
        "contact" => "wissel.in.acme.contact".to_owned(),
        "agent" => "wissel.in.acme.agent.jo".to_owned(),
        "admin" => "wissel.in.acme.admin".to_owned(),
        other => panic!("{name}: no subject {other}"),
    }
}

/// Every configuration of the corpus is stored, the bad ones too.
fn configs() -> BTreeMap<(TenantId, String), Arc<str>> {
    let tenant = TenantId::new("acme").unwrap();
    files("config/good")
        .into_iter()
        .chain(files("config/bad"))
        .map(|(_, bytes)| {
            let text = String::from_utf8(bytes).unwrap();
            ((tenant.clone(), wissel_protocol::config::hash(&text)), Arc::from(text))
        })
        .collect()
}

/// Name without ending and content, sorted by name.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(corpus().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}

fn compare(file: &str, actual: &str) {
    let path = corpus().join(file);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (line, (expected, actual)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(expected, actual, "{file}, line {}; UPDATE_EXPECTED=1 writes it anew", line + 1);
    }
    assert_eq!(expected.len(), actual.len(), "{file}; UPDATE_EXPECTED=1 writes it anew");
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}
