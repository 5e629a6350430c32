//! What `wissel apply --dry-run` says of contacts and agents is what then happens to them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Process, Scratch, servers};

use crate::explain::{CONFIG, say};
use crate::{stderr, stdout, wissel};

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_configuration_would_touch() {
    let scratch = Scratch::new();
    let server = servers::server(&scratch, "nats", broker::start::Sync::Always).await.expect("a server");
    let url = server.url();
    let run = |arguments: &[&str]| wissel(&[arguments, &["--servers", &url]].concat());
    assert!(run(&["init"]).status.success());
    let path = scratch.join("acme.toml").display().to_string();
    let apply = |text: &str, more: &[&str]| {
        std::fs::write(&path, text).expect("a file");
        run(&[&["apply", "--tenant", "acme", "-f", &path], more].concat())
    };
    std::fs::write(&path, CONFIG).expect("a file");
    assert!(run(&["tenant", "add", "acme", "--config", &path]).status.success());
    let first = apply(CONFIG, &["--dry-run"]);
    assert!(stdout(&first).contains("no configuration yet; this would be its first"), "{}", stdout(&first));

    let program = std::path::Path::new(env!("CARGO_BIN_EXE_wissel"));
    let monitoring = server.monitoring_url();
    let mut node =
        Process::start(&scratch, "node", program, ["node", "--servers", &url, "--monitoring", &monitoring])
            .expect("a node");
    node.wait_for_line("ready: node", LIMIT).await.expect("the node is ready");
    say(&servers::connect(&url).await.expect("a client")).await;
    let state = |contact: &str| -> Value {
        let output = run(&["explain", "contact", contact, "--tenant", "acme", "-o", "json"]);
        let explained: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        json!([explained["why"]["state"], explained["why"]["agent"]])
    };
    wait_until(|| state("c5") == json!(["in_queue", null]));

    // Half of an agent is enough for a call now, so both have room for one of the two that anybody can have.
    let wider = CONFIG
        .replace("version = 1", "version = 2")
        .replace("[channels.voice]", "[channels.voice]\ncost = 50\nmax = 2");
    let said = apply(&wider, &["--dry-run"]);
    for expected in [
        "version changes from 1 to 2\n",
        "channel \"voice\": cost changes from 100 to 50\n",
        "  2 contacts would be offered\n    c4 of support to ann\n    c5 of support to bob\n",
    ] {
        assert!(stdout(&said).contains(expected), "{expected}: {}{}", stdout(&said), stderr(&said));
    }
    let read = |text: &str| -> Value {
        let output = apply(text, &["--dry-run", "-o", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
    };
    let rehearsed = read(&wider);
    assert_eq!(
        rehearsed["contacts"],
        json!([
            { "contact": "c4", "queue": "support", "what": "offered", "agent": "ann" },
            { "contact": "c5", "queue": "support", "what": "offered", "agent": "bob" },
        ])
    );
    assert_eq!((&rehearsed["agents"], &rehearsed["queues"][0]["waiting"]), (&json!([]), &json!(3)));
    assert_eq!(state("c4"), json!(["in_queue", null]), "nothing has changed");

    // A call for which no agent has room is for nobody.
    let too_much = wider.replace("cost = 50", "cost = 150");
    let said = apply(&too_much, &["--dry-run"]);
    for expected in [
        "  queue support, 3 waiting: 0 agents for each (0 to 2 before), nobody for 3 (1 before)\n",
        "  2 agents could be given more of them, or fewer\n    ann: 2 of those who wait before, 0 after\n",
    ] {
        assert!(stdout(&said).contains(expected), "{expected}: {}{}", stdout(&said), stderr(&said));
    }

    let gone = wider.replace("[queues.support]", "[queues.other]");
    let refused = apply(&gone, &["--dry-run"]);
    assert_eq!(refused.status.code(), Some(1));
    let expected =
        "it would be refused (config_in_use): queue support has open contacts; let it run empty first";
    assert!(stdout(&refused).contains(expected), "{}", stdout(&refused));
    assert_eq!(read(&gone)["refused"]["reason"], "config_in_use");

    let applied = apply(&wider, &[]);
    assert!(applied.status.success(), "{}", stderr(&applied));
    wait_until(|| [state("c4"), state("c5")] == [json!(["offered", "ann"]), json!(["offered", "bob"])]);
    let again = apply(&wider, &["--dry-run"]);
    assert_eq!((again.status.code(), stdout(&again).as_str()), (Some(0), "nothing would change\n"));
}

fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to be so");
    }
}
