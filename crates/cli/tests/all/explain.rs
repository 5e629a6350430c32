//! `wissel explain` beside a node, and of an archive when there is no server any more.

use std::time::{Duration, Instant};

use async_nats::jetstream;
use serde_json::{Value, json};
use testkit::{Process, Scratch, servers};

use crate::{stderr, stdout, wissel};

const LIMIT: Duration = Duration::from_secs(30);

pub const CONFIG: &str = r#"version = 1
skills = ["french"]

[channels.voice]

[queues.support]
method = "longest_available"
offer_timeout = "10m"
max_wait = "1h"
relax = [{ after = "30m", skills = {}, keep_own = false }]

[aux]
reasons = ["no_answer"]

[rona]
retries = 2
aux = "no_answer"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn why_this_agent_and_why_nobody_yet() {
    let scratch = Scratch::new();
    let server = servers::server(&scratch, "nats", broker::start::Sync::Always).await.expect("a server");
    let url = server.url();
    let run = |arguments: &[&str]| wissel(&[arguments, &["--servers", &url]].concat());
    assert!(run(&["init"]).status.success());
    let path = scratch.join("acme.toml").display().to_string();
    std::fs::write(&path, CONFIG).expect("a file");
    let added = run(&["tenant", "add", "acme", "--config", &path]);
    assert!(added.status.success(), "{}", stderr(&added));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_wissel"));
    let mut node = Process::start(
        &scratch,
        "node",
        program,
        ["node", "--servers", &url, "--monitoring", &server.monitoring_url()],
    )
    .expect("a node");
    node.wait_for_line("ready: node", LIMIT).await.expect("the node is ready");

    let client = servers::connect(&url).await.expect("a client");
    say(&client).await;
    let explain = |of: &str, id: &str| {
        let output = run(&["explain", of, id, "--tenant", "acme", "-o", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    };
    let deadline = Instant::now() + LIMIT;
    let waits = loop {
        let waits: Value = explain("contact", "c3");
        if explain("contact", "c5")["why"]["state"] == "in_queue" {
            break waits;
        }
        assert!(Instant::now() < deadline, "{waits:#}\n{}", scratch.logs());
    };

    // The first was offered to whoever had been available longest.
    let first: Value = explain("contact", "c1");
    assert_eq!(
        (&first["why"]["state"], &first["why"]["agent"]),
        (&json!("offered"), &json!("ann")),
        "{first:#}"
    );
    let steps: Vec<&str> = types(&first);
    assert_eq!(steps, ["contact_arrived", "contact_offered"]);
    let offer = &first["steps"][1]["why"];
    let candidates: Vec<&Value> =
        array(&offer["candidates"]["first"]).iter().map(|one| &one["agent"]).collect();
    assert_eq!(
        (&offer["method"], candidates),
        (&json!("longest_available"), vec![&json!("ann"), &json!("bob")])
    );

    // The third asks for what nobody has, so nobody takes anything before it.
    let why = &waits["why"];
    assert_eq!(
        why["others"],
        json!([{ "obstacle": "skill", "skill": "french", "level": 9, "agents": 2, "some": ["ann", "bob"] }])
    );
    assert_eq!(why["candidates"], json!({ "agents": 0, "first": [] }));
    assert_eq!(why["ahead"]["contacts"], 0);
    let upcoming: Vec<&Value> = array(&why["upcoming"]).iter().map(|one| &one["what"]).collect();
    assert_eq!(upcoming, [&json!("relaxes"), &json!("leaves")]);
    assert_eq!(why["upcoming"][0]["eligible"], 2);

    // Of those whom anybody could have but for what they hold, the one that came first stands before the other.
    let [fourth, fifth] = ["c4", "c5"].map(|id| explain("contact", id)["why"]["ahead"].clone());
    assert_eq!(fourth["contacts"], 0, "{fourth:#}");
    assert_eq!((&fifth["contacts"], &fifth["first"][0]["contact"]), (&json!(1), &json!("c4")), "{fifth:#}");

    // A node says the same of how things stand.
    let asked = client
        .request("wissel.api.acme.contact.explain", r#"{"contact":"c3"}"#.into())
        .await
        .expect("an answer");
    let asked: Value = serde_json::from_slice(&asked.payload).expect("JSON");
    assert_eq!(asked["others"], why["others"]);
    let asked = client
        .request("wissel.api.acme.agent.explain", r#"{"agent":"ann"}"#.into())
        .await
        .expect("an answer");
    let asked: Value = serde_json::from_slice(&asked.payload).expect("JSON");
    let agent: Value = explain("agent", "ann");
    assert_eq!((&asked["holds"], &asked["others"]), (&agent["why"]["holds"], &agent["why"]["others"]));
    assert_eq!(types(&agent), ["agent_put", "agent_presence", "contact_offered"]);
    assert_eq!(
        asked["others"],
        json!([
            { "obstacle": "capacity", "contacts": 2, "some": ["c4", "c5"] },
            { "obstacle": "skill", "skill": "french", "level": 9, "contacts": 1, "some": ["c3"] },
        ])
    );

    for (of, id, expected) in [
        ("contact", "c1", "longest_available of 2: ann (available since "),
        ("contact", "c3", "       2  french below 9"),
        ("contact", "c3", "step 1: requires no skill; 2 agents are eligible"),
        ("agent", "ann", "voice: closed: units used"),
    ] {
        let output = run(&["explain", of, id, "--tenant", "acme"]);
        assert!(stdout(&output).contains(expected), "{expected}: {}{}", stdout(&output), stderr(&output));
    }
    let before = run(&["explain", "contact", "c3", "--tenant", "acme", "--at", "2026-01-01T00:00:00Z"]);
    assert_eq!(before.status.code(), Some(1), "{}", stdout(&before));
    for (tenant, id, expected) in [
        ("acme", "c9", "nothing is known of contact c9 of tenant acme in records 1 to"),
        ("acne", "c1", "there is no tenant acne; `wissel tenant list` shows all"),
    ] {
        let unknown = run(&["explain", "contact", id, "--tenant", tenant]);
        assert_eq!(unknown.status.code(), Some(1));
        assert!(stderr(&unknown).contains(expected), "{}", stderr(&unknown));
    }

    // From the archive, when nobody serves any more.
    node.terminate().expect("it can be told to stop");
    node.wait_exit(LIMIT).await.expect("it ends");
    let archive = scratch.join("archive").display().to_string();
    let archived = run(&["archive", "--to", &archive]);
    assert!(archived.status.success(), "{}", stderr(&archived));
    drop(server);
    let output = wissel(&[
        "explain",
        "contact",
        "c3",
        "--tenant",
        "acme",
        "--archive",
        &archive,
        "--shard",
        "0",
        "-o",
        "json",
    ]);
    let later: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    assert_eq!((&later["why"]["others"], &later["steps"]), (&why["others"], &waits["steps"]));
}

/// Two agents sign in; they get two contacts, nobody can have the third, and anybody the last two.
pub async fn say(client: &async_nats::Client) {
    let jetstream = jetstream::new(client.clone());
    let create = |contact: &str, skills: Value| json!({ "type": "contact_create", "contact": contact, "channel": "voice", "queue": "support", "skills": skills });
    let put = |agent: &str| json!({ "type": "agent_put", "agent": agent, "channels": { "voice": {} }, "skills": { "french": 3 } });
    let sign_in = json!({ "type": "sign_in", "session": 1, "counter": 1 });
    for (subject, input) in [
        ("admin", put("ann")),
        ("admin", put("bob")),
        ("agent.ann", sign_in.clone()),
        ("agent.bob", sign_in),
        ("contact", create("c1", json!({}))),
        ("contact", create("c2", json!({}))),
        ("contact", create("c3", json!({ "french": 9 }))),
        ("contact", create("c4", json!({}))),
        ("contact", create("c5", json!({}))),
    ] {
        let stored = jetstream.publish(format!("wissel.in.acme.{subject}"), input.to_string().into()).await;
        stored.expect("it is sent").await.expect("it is stored");
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn types(explained: &Value) -> Vec<&str> {
    array(&explained["steps"]).iter().filter_map(|step| step["event"]["type"].as_str()).collect()
}
