//! The report, as people and machines read it.

use wissel_verify::{Invariant, Report};

use crate::support::{SOUND, build};

#[test]
fn it_says_what_is_wrong_and_where() {
    let report = build(&SOUND.replace("close c3 abandoned\n", "")).check();
    let text = report.to_string();
    assert!(text.starts_with("shard eu-1: NOT SOUND\n"), "{text}");
    let line = "VIOLATION I3 at journal 14, commit 14: contact c3 of acme is still open\n";
    assert!(text.contains(line), "{text}");
    assert!(build(SOUND).check().to_string().starts_with("shard eu-1: sound\n"));
}

#[test]
fn it_survives_json() {
    let report = build(&SOUND.replace("queue c3\n", "queue c3\nqueue c3\n")).check();
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains(r#""violations":{"lifecycle":1}"#), "{json}");
    assert!(json.contains(r#""where":{"journal":{"sequence":12,"commit":12,"transition":3}}"#), "{json}");
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[test]
fn every_invariant_has_its_own_code_and_meaning() {
    for (at, invariant) in Invariant::ALL.iter().enumerate() {
        assert!(Invariant::ALL[..at].iter().all(|other| other.code() != invariant.code()));
        assert!(invariant.meaning().ends_with('.') && !invariant.meaning().starts_with(' '));
    }
}
