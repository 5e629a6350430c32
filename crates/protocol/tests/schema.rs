//! The committed schemas are those of the code, and say what decoding says: every input of the corpus, and many
//! small changes of the good ones, are judged by both.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonschema::Validator;
use model::{InputBody, Refusal, TenantId, Time};
use serde_json::{Value, json};
use wissel_protocol::input::{ADMIN_TYPES, AGENT_TYPES, CONTACT_TYPES, decode};
use wissel_protocol::schema::documents;

const REGENERATE: &str = "write the schemas anew with `cargo run -p wissel-protocol --example schema`";

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    let generated: BTreeMap<String, String> = documents().into_iter().collect();
    let mut committed = BTreeSet::new();
    collect(&folder("schema"), &mut committed);
    let names: BTreeSet<String> = generated.keys().cloned().collect();
    assert_eq!(committed, names, "{REGENERATE}");
    for (path, text) in generated {
        let found = fs::read_to_string(folder("schema").join(&path)).unwrap();
        assert!(found == text, "{path} differs; {REGENERATE}");
    }
}

#[test]
fn every_type_has_a_schema() {
    let paths: BTreeSet<String> = documents().into_iter().map(|(path, _)| path).collect();
    for (source, types) in [("contact", CONTACT_TYPES), ("agent", AGENT_TYPES), ("admin", ADMIN_TYPES)] {
        let prefix = format!("input/{source}/");
        assert_eq!(paths.iter().filter(|path| path.starts_with(&prefix)).count(), types.len(), "{source}");
        for name in types {
            assert!(paths.contains(&format!("{prefix}{name}.json")), "{source} {name}");
        }
    }
}

#[test]
fn schemas_and_decoder_agree_on_the_corpus() {
    let judge = Judge::new();
    for (name, bytes) in files("input/good") {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(judge.by_schema(source(&name, 0), &value), "{name}");
    }
    for (name, bytes) in files("input/bad") {
        // What is not JSON, or exceeds a limit of the body as a whole, is beyond any schema.
        let reason = name.split("--").next().unwrap();
        let is_whole = ["not_json", "not_utf8", "too_large", "duplicate_key"].contains(&reason);
        // So is the sum of a length of time, when an input is received, and what two fields say together.
        let is_both = name.contains("--transfer-consult-");
        if is_whole || is_both || name.ends_with("366-days") || name.contains("--time-") {
            continue;
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let is_bad_field = reason == Refusal::BadField.code();
        assert_eq!(judge.by_schema(source(&name, 1), &value), !is_bad_field, "{name}");
    }
}

#[test]
fn schemas_and_decoder_agree_on_small_changes() {
    let judge = Judge::new();
    let mut count = 0;
    for (name, bytes) in files("input/good") {
        let good: Value = serde_json::from_slice(&bytes).unwrap();
        for changed in changes(&good) {
            let source = source(&name, 0);
            let text = serde_json::to_string(&changed).unwrap();
            assert_eq!(judge.by_schema(source, &changed), judge.by_decoder(source, &text), "{name}: {text}");
            count += 1;
        }
    }
    assert!(count > 1_000, "only {count} changes were tried");
}

/// Each field left out, replaced, and joined by an unknown one; also in objects and arrays within.
fn changes(good: &Value) -> Vec<Value> {
    let replacements = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(10),
        json!(11),
        json!(1.0),
        json!(1.5),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("a.b"),
        json!("*"),
        json!("a\u{0}"),
        json!("20s"),
        json!("30s1m"),
        json!("2026-03-01T09:30:00Z"),
        json!("2026-02-30T09:30:00Z"),
        json!("2026-03-01 09:30:00Z"),
        json!("customer"),
        json!("x".repeat(64)),
        json!("x".repeat(65)),
        json!([]),
        json!(["x"]),
        json!([1]),
        json!({}),
        json!({ "x": 1 }),
        json!({ "x": "y" }),
        json!({ "x": {} }),
        json!({ "queue": "x" }),
        json!({ "a b": 1 }),
    ];
    let mut changes = Vec::new();
    match good {
        Value::Object(fields) => {
            let mut with_unknown = fields.clone();
            with_unknown.insert("unknown-field".to_owned(), json!(1));
            changes.push(Value::Object(with_unknown));
            for (key, value) in fields {
                let mut without = fields.clone();
                without.remove(key);
                changes.push(Value::Object(without));
                for other in replacements.iter().cloned().chain(changes_within(value)) {
                    let mut changed = fields.clone();
                    changed.insert(key.clone(), other);
                    changes.push(Value::Object(changed));
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for other in replacements.iter().cloned().chain(changes_within(item)) {
                    let mut changed = items.clone();
                    changed[index] = other;
                    changes.push(Value::Array(changed));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    changes
}

fn changes_within(value: &Value) -> Vec<Value> {
    // The largest examples stand for a limit; changing each of their entries shows nothing more.
    let is_large = value.as_object().is_some_and(|fields| fields.len() > 8);
    if is_large { Vec::new() } else { changes(value) }
}

struct Judge {
    schemas: BTreeMap<String, Validator>,
    configs: BTreeMap<(TenantId, String), Arc<str>>,
}

impl Judge {
    fn new() -> Judge {
        let schemas =
            documents().into_iter().filter(|(path, _)| path.starts_with("input/")).map(|(path, text)| {
                let schema: Value = serde_json::from_str(&text).unwrap();
                (path, jsonschema::options().should_validate_formats(true).build(&schema).unwrap())
            });
        Judge { schemas: schemas.collect(), configs: BTreeMap::new() }
    }

    fn by_schema(&self, source: &str, value: &Value) -> bool {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or("none");
        self.schemas.get(&format!("input/{source}/{kind}.json")).is_some_and(|schema| schema.is_valid(value))
    }

    /// A foreign tenant, a configuration that is not stored, or the time, is more than a schema can know.
    fn by_decoder(&self, source: &str, text: &str) -> bool {
        let subject = match source {
            "agent" => "wissel.in.acme.agent.jo".to_owned(),
            other => format!("wissel.in.acme.{other}"),
        };
        let is_taken = |stamp: Time| {
            let input = decode(&subject, text.as_bytes(), 1, stamp, None, &self.configs).unwrap();
            !matches!(input.body, InputBody::Malformed { reason: Refusal::BadField, .. })
        };
        is_taken(Time(0)) || is_taken(Time::MAX)
    }
}

fn source(name: &str, part: usize) -> &str {
    name.split("--").nth(part).unwrap()
}

fn files(folder_name: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder("corpus").join(folder_name)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect()
}

fn collect(folder_path: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder_path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else {
            let name = path.strip_prefix(folder("schema")).unwrap();
            into.insert(name.to_str().unwrap().replace('\\', "/"));
        }
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
