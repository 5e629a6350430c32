//! Inputs decoded, refused and told from repeats, beside the corpus of files.

use super::*;

const CONTACT: &str = "wissel.in.acme.contact";

fn decoded(subject: &str, body: &str, traceparent: Option<&str>) -> InputBody {
    let configs = BTreeMap::new();
    decode(subject, body.as_bytes(), 1, Time(0), traceparent, &configs).expect("a good subject").body
}

fn created(fields: &str, traceparent: Option<&str>) -> (Arc<model::ContactBody>, u64) {
    let body = format!(
        "{{\"type\":\"contact_create\",\"contact\":\"c\",\"channel\":\"v\",\"queue\":\"q\"{fields}}}"
    );
    let decoded = decoded(CONTACT, &body, traceparent);
    let InputBody::ContactCreate { body, digest } = decoded else { panic!("{decoded:?}") };
    (body, digest)
}

fn refusal(body: &str) -> String {
    let decoded = decoded(CONTACT, body, None);
    let InputBody::Malformed { detail, .. } = decoded else { panic!("{decoded:?}") };
    detail
}

#[test]
fn a_subject_that_takes_no_inputs_is_fatal() {
    for subject in ["wissel.in.acme.nobody", "wissel.out.acme.agent.jo", "wissel.in.*.contact", ""] {
        assert!(decode(subject, b"{}", 1, Time(0), None, &BTreeMap::new()).is_err(), "{subject}");
    }
}

#[test]
fn the_digest_is_of_the_meaning() {
    let (_, plain) = created("", None);
    for same in [
        " , \"points\" : 0",
        ",\"sent_at\":\"2026-03-01T09:30:00Z\"",
        ",\"tenant\":\"acme\"",
        ",\"skills\":{}",
        ",\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"",
    ] {
        assert_eq!(created(same, None).1, plain, "{same}");
    }
    let mut seen = std::collections::BTreeSet::from([plain]);
    for other in [
        ",\"points\":1",
        ",\"points\":-1",
        ",\"customer\":\"x\"",
        ",\"preferred_agent\":\"x\"",
        ",\"excluded_agents\":[\"x\"]",
        ",\"excluded_agents\":[\"x\",\"x\"]",
        ",\"skills\":{\"x\":1}",
        ",\"skills\":{\"x\":2}",
        ",\"attributes\":{\"x\":\"\"}",
        ",\"attributes\":{\"\":\"x\"}",
        ",\"preferred_patience\":\"0s\"",
        ",\"due_at\":\"1970-01-01T00:00:00Z\"",
        ",\"arrived_at\":\"1970-01-01T00:00:00Z\"",
    ] {
        assert!(seen.insert(created(other, None).1), "{other}");
    }
}

#[test]
fn the_trace_of_the_body_goes_before_that_of_the_header() {
    let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let header = "00-11111111111111111111111111111111-2222222222222222-00";
    let with_own = format!(",\"traceparent\":\"{own}\"");
    assert_eq!(created(&with_own, Some(header)).0.traceparent.as_deref(), Some(own));
    assert_eq!(created("", Some(header)).0.traceparent.as_deref(), Some(header));
    for bad in
        ["", "00", "ff-11111111111111111111111111111111-2222222222222222-00", &header.to_uppercase()[..54]]
    {
        assert_eq!(created("", Some(bad)).0.traceparent, None, "{bad}");
    }
}

#[test]
fn a_detail_says_what_and_where_and_how_to_mend_it() {
    for (body, detail) in [
        (r#"{"type":"contact_create","quue":"x"}"#, r#"$: there is no field "quue"; did you mean "queue"?"#),
        (
            r#"{"type":"contact_create","skills":{"dutch":11}}"#,
            "$.skills.dutch: expected a whole number from 1 to 10, found another",
        ),
        (
            r#"{"type":"contact_create","excluded_agents":["a","b.c"]}"#,
            "$.excluded_agents[1]: an id consists of A-Z a-z 0-9 _ and -, but character 2 is '.'",
        ),
        (
            r#"{"type":"contact_create","attributes":{"a b":7}}"#,
            r#"$.attributes["a b"]: expected a string, found a whole number"#,
        ),
        (r#"{"type":"contact_end","contact":"c1"}"#, r#"$: the field "by" is missing; add it"#),
    ] {
        assert_eq!(refusal(body), detail);
    }
}

#[test]
fn a_detail_repeats_no_value() {
    for body in [
        r#"{"type":"contact_create","customer":"Secret Name"}"#,
        r#"{"type":"contact_create","points":"SecretName"}"#,
        r#"{"type":"contact_end","by":"SecretName"}"#,
        r#"{"type":"contact_create","due_at":"SecretName"}"#,
    ] {
        assert!(!refusal(body).contains("Secret"), "{}", refusal(body));
    }
}
