//! Which crate may use which: the table in `crates/ARCHITECTURE.md`, enforced.
//!
//! A crate exists where a dependency rule must hold, so the rules are data here and `cargo metadata` is the
//! witness. A dependency that is not in the table fails, and so does a crate that either table does not know, and a
//! rule for a crate that does not exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

struct Rule {
    /// Without the prefix `wissel-`.
    name: &'static str,
    /// Ours that its code may use.
    may: &'static [&'static str],
    /// Ours that only its tests may use too.
    tests_may: &'static [&'static str],
    /// Foreign crates that it never uses, not even in tests, by name or by a prefix that ends in `*`.
    never: &'static [&'static str],
}

/// What decides must be a function of its arguments: no IO, no clock, no randomness, no shared tables.
const PURE: &[&str] =
    &["tokio*", "async-nats", "rand*", "getrandom", "fastrand", "dashmap", "jiff", "reqwest"];
/// As [`PURE`]; calendars are arithmetic over values that are given.
const PURE_WITH_CALENDAR: &[&str] =
    &["tokio*", "async-nats", "rand*", "getrandom", "fastrand", "dashmap", "reqwest"];
/// As [`PURE_WITH_CALENDAR`]; the engine's state has one written form, which `protocol` owns.
const ENGINE: &[&str] =
    &["tokio*", "async-nats", "rand*", "getrandom", "fastrand", "dashmap", "reqwest", "serde*"];
const NOTHING: &[&str] = &[];

const RULES: &[Rule] = &[
    Rule { name: "model", may: &[], tests_may: &[], never: PURE },
    Rule { name: "engine", may: &["model"], tests_may: &["workload"], never: ENGINE },
    Rule { name: "protocol", may: &["model", "engine?"], tests_may: &[], never: PURE_WITH_CALENDAR },
    Rule { name: "shard", may: &["model", "engine", "protocol"], tests_may: &["workload"], never: PURE },
    Rule { name: "workload", may: &["model"], tests_may: &[], never: PURE },
    Rule { name: "simulate", may: &["model", "engine", "workload"], tests_may: &["protocol"], never: PURE },
    Rule { name: "broker", may: &["model", "protocol"], tests_may: &["testkit"], never: NOTHING },
    Rule {
        name: "node",
        may: &["model", "engine", "protocol", "shard"],
        tests_may: &["broker", "testkit", "workload"],
        never: &["rand*"],
    },
    Rule { name: "verify", may: &["model", "protocol"], tests_may: &[], never: &["tokio*", "async-nats"] },
    Rule {
        name: "cli",
        may: &["broker", "engine", "model", "node", "protocol", "shard", "simulate", "verify", "workload"],
        tests_may: &["testkit"],
        never: NOTHING,
    },
    Rule {
        name: "sim",
        may: &["engine", "model", "protocol", "shard", "verify", "workload"],
        tests_may: &[],
        never: PURE,
    },
    Rule { name: "testkit", may: &["model", "broker", "protocol"], tests_may: &[], never: NOTHING },
    Rule {
        name: "load",
        may: &["model", "protocol", "workload", "broker", "verify", "testkit"],
        tests_may: &[],
        never: NOTHING,
    },
    Rule {
        name: "benches",
        may: &["model", "engine", "protocol", "workload"],
        tests_may: &["broker", "testkit"],
        never: NOTHING,
    },
    Rule {
        name: "tests",
        may: &["broker", "engine", "model", "node", "protocol", "shard", "testkit", "verify", "workload"],
        tests_may: &[],
        never: NOTHING,
    },
];

/// Crates that read only records: the part of `protocol` that knows the engine is closed to them.
const WITHOUT_SNAPSHOT: &[&str] = &["verify", "broker", "testkit"];

struct Dependency {
    name: String,
    is_for_tests: bool,
    is_optional: bool,
    features: Vec<String>,
}

#[test]
fn crates_use_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace() {
        match RULES.iter().find(|rule| rule.name == name) {
            Some(rule) => {
                wrong.extend(dependencies.iter().filter_map(|dependency| violation(rule, dependency)))
            }
            None => wrong.push(format!("{name} is not in the table of tests/tests/architecture.rs")),
        }
    }
    assert!(
        wrong.is_empty(),
        "the dependency rules are broken; take the dependency out, or change the table here and in \
         crates/ARCHITECTURE.md with the reason:\n  {}",
        wrong.join("\n  ")
    );
}

#[test]
fn both_tables_know_the_crates_that_exist_and_no_others() {
    let members: BTreeSet<String> = workspace().into_keys().collect();
    let ruled: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(ruled, members, "the table of tests/tests/architecture.rs (left) and the workspace (right)");
    assert_eq!(told(), folders(), "the code map of crates/ARCHITECTURE.md (left) and the workspace (right)");
}

#[test]
fn the_rules_allow_no_circle() {
    for rule in RULES {
        assert!(!reachable(rule.name).contains(rule.name), "{} may reach itself", rule.name);
    }
}

#[test]
fn a_broken_rule_is_seen() {
    let engine = RULES.iter().find(|rule| rule.name == "engine").expect("the engine has a rule");
    let check = |name: &str, is_for_tests: bool, is_optional: bool| {
        let dependency =
            Dependency { name: name.to_owned(), is_for_tests, is_optional, features: Vec::new() };
        violation(engine, &dependency).is_some()
    };
    assert!(!check("wissel-model", false, false) && !check("hashbrown", false, false));
    assert!(check("wissel-node", false, false) && check("wissel-node", true, false));
    assert!(check("tokio", true, false) && check("tokio-util", false, true) && check("serde", false, false));
    assert!(check("wissel-workload", false, false) && !check("wissel-workload", true, false));
    let verify = RULES.iter().find(|rule| rule.name == "verify").expect("the checker has a rule");
    let snapshot = Dependency {
        name: "wissel-protocol".to_owned(),
        is_for_tests: false,
        is_optional: false,
        features: vec!["snapshot".to_owned()],
    };
    assert!(violation(verify, &snapshot).is_some());
}

fn violation(rule: &Rule, dependency: &Dependency) -> Option<String> {
    let kind = if dependency.is_for_tests { " in tests" } else { "" };
    let Some(ours) = dependency.name.strip_prefix("wissel-") else {
        let is_forbidden = rule.never.iter().any(|pattern| matches(pattern, &dependency.name));
        return is_forbidden.then(|| format!("{} must never use {}", rule.name, dependency.name));
    };
    if dependency.features.iter().any(|feature| feature == "snapshot")
        && WITHOUT_SNAPSHOT.contains(&rule.name)
    {
        return Some(format!("{} may not use {ours} with the feature `snapshot`", rule.name));
    }
    let allowed = |list: &[&str]| {
        list.contains(&ours) || (dependency.is_optional && list.contains(&format!("{ours}?").as_str()))
    };
    let is_allowed = allowed(rule.may) || (dependency.is_for_tests && allowed(rule.tests_may));
    (!is_allowed).then(|| format!("{} may not use {ours}{kind}", rule.name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

fn reachable(from: &'static str) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        let rule = RULES.iter().find(|rule| rule.name == name);
        for next in rule.map_or(&[][..], |rule| rule.may) {
            let next = next.trim_end_matches('?');
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

/// The first column of the code map.
fn told() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).expect("the page is there");
    let map = text.split("## Code map").nth(1).expect("it has a code map");
    let map = map.split("\n## ").next().unwrap_or_default();
    map.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(|name| name.trim_end_matches('/').to_owned())
        .collect()
}

/// The folder of each crate of the workspace.
fn folders() -> BTreeSet<String> {
    let folder = |package: &Value| {
        let manifest = Path::new(package["manifest_path"].as_str()?).parent()?;
        Some(manifest.file_name()?.to_str()?.to_owned())
    };
    packages().iter().filter_map(folder).collect()
}

/// The crates of the workspace and what their manifests name.
fn workspace() -> BTreeMap<String, Vec<Dependency>> {
    packages().iter().map(|package| (short_name(package), list(&package["dependencies"]))).collect()
}

/// The crates of the workspace, by cargo itself.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("cargo metadata lists packages").clone()
}

fn short_name(package: &Value) -> String {
    let name = package["name"].as_str().expect("a package has a name");
    name.strip_prefix("wissel-").unwrap_or(name).to_owned()
}

fn list(dependencies: &Value) -> Vec<Dependency> {
    let dependencies = dependencies.as_array().expect("a package has dependencies");
    dependencies
        .iter()
        .map(|dependency| Dependency {
            name: dependency["name"].as_str().expect("a dependency has a name").to_owned(),
            is_for_tests: dependency["kind"] == "dev",
            is_optional: dependency["optional"] == true,
            features: dependency["features"]
                .as_array()
                .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
        })
        .collect()
}
