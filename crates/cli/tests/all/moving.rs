//! `wissel tenant move` beside nodes: whoever is signed in stays so, whatever is open goes on, and nobody is served twice.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream;
use futures_util::StreamExt;
use serde_json::{Value, json};
use testkit::{Process, Scratch, servers};

use crate::{stderr, stdout, wissel};

const LIMIT: Duration = Duration::from_secs(30);

const CONFIG: &str = r#"version = 1

[channels.voice]

[queues.support]
offer_timeout = "10m"
wrap_up = "1s"

[aux]
reasons = ["no_answer"]

[rona]
retries = 2
aux = "no_answer"
"#;

struct Site {
    scratch: Scratch,
    url: String,
    client: async_nats::Client,
    /// Ended when the test is.
    server: broker::start::Server,
    nodes: Vec<Process>,
}

impl Site {
    /// Two shards, a node for each, and a tenant in the first.
    async fn new() -> Site {
        let scratch = Scratch::new();
        let server = servers::server(&scratch, "nats", broker::start::Sync::Always).await.expect("a server");
        let url = server.url();
        let client = servers::connect(&url).await.expect("a client");
        let site = Site { scratch, url, client, server, nodes: Vec::new() };
        assert!(site.run(&["init", "--shards", "2"]).status.success());
        let path = site.scratch.join("acme.toml").display().to_string();
        std::fs::write(&path, CONFIG).expect("a file");
        let added = site.run(&["tenant", "add", "acme", "--config", &path]);
        assert!(added.status.success(), "{}", stderr(&added));
        site
    }

    async fn startnodes(&mut self) {
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_wissel"));
        for name in ["one", "two"] {
            let monitoring = self.server.monitoring_url();
            let arguments = ["node", "--servers", &self.url, "--monitoring", &monitoring, "--name", name];
            let mut node = Process::start(&self.scratch, name, program, arguments).expect("a node");
            node.wait_for_line("ready: node", LIMIT).await.expect("the node is ready");
            self.nodes.push(node);
        }
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        wissel(&[arguments, &["--servers", &self.url]].concat())
    }

    fn list(&self) -> Value {
        let output = self.run(&["tenant", "list", "-o", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
    }

    /// Until nobody takes the tenant's inputs.
    async fn wait_until_it_leaves(&self, shard: u16) {
        let jetstream = jetstream::new(self.client.clone());
        let deadline = Instant::now() + LIMIT;
        let has_left =
            |config: &jetstream::stream::Config| !config.subjects.contains(&"wissel.in.acme.>".to_owned());
        while !has_left(
            &jetstream.get_stream(format!("ING_{shard}")).await.expect("a stream").cached_info().config,
        ) {
            assert!(Instant::now() < deadline, "it does not leave shard {shard}");
        }
    }

    /// Until a stream takes it, as producers and desktops do.
    async fn say(&self, subject: &str, input: Value) {
        let jetstream = jetstream::new(self.client.clone());
        let deadline = Instant::now() + LIMIT;
        loop {
            let sent = jetstream.publish(format!("wissel.in.acme.{subject}"), input.to_string().into()).await;
            match sent.expect("it is sent").await {
                Ok(_) => return,
                Err(error) => assert!(Instant::now() < deadline, "{input}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The answer to a question that does not fail.
    async fn ask(&self, verb: &str, question: Value) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let subject = format!("wissel.api.acme.{verb}");
            if let Ok(answer) = self.client.request(subject, question.to_string().into()).await {
                let is_answer = answer
                    .headers
                    .as_ref()
                    .is_none_or(|headers| headers.get("Nats-Service-Error-Code").is_none());
                if is_answer {
                    return serde_json::from_slice(&answer.payload).expect("JSON");
                }
            }
            assert!(Instant::now() < deadline, "{verb} {question}\n{}", self.scratch.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn contact(&self, contact: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = self.ask("contact.get", json!({ "contact": contact })).await;
            if is_so(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{contact}: {answer:#}\n{}", self.scratch.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn verify(&self, shard: &str) {
        let verified = self.run(&["verify", "--shard", shard]);
        assert!(verified.status.success(), "shard {shard}: {}{}", stdout(&verified), stderr(&verified));
    }
}

fn create(contact: &str) -> Value {
    json!({ "type": "contact_create", "contact": contact, "channel": "voice", "queue": "support" })
}

fn state(answer: &Value) -> &str {
    answer["state"].as_str().unwrap_or_default()
}

/// Ann has a contact, a second one is offered to bob, a third waits.
async fn open_three(site: &Site) {
    for agent in ["ann", "bob"] {
        site.say("admin", json!({ "type": "agent_put", "agent": agent, "channels": { "voice": {} } })).await;
        site.say(&format!("agent.{agent}"), json!({ "type": "sign_in", "session": 1, "counter": 1 })).await;
    }
    for contact in ["c1", "c2", "c3"] {
        site.say("contact", create(contact)).await;
    }
    let offered = site.contact("c1", |answer| state(answer) == "offered").await;
    let accept =
        json!({ "type": "accept", "session": 1, "counter": 2, "contact": "c1", "offer": offered["offer"] });
    let agent = offered["agent"].as_str().expect("an agent").to_owned();
    assert_eq!(agent, "ann", "the one who waits longest");
    site.say("agent.ann", accept).await;
    site.contact("c1", |answer| state(answer) == "active").await;
    site.contact("c3", |answer| state(answer).starts_with("wait") || state(answer) == "in_queue").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_open_goes_along() {
    let mut site = Site::new().await;
    site.startnodes().await;
    open_three(&site).await;
    let before = site.contact("c2", |answer| state(answer) == "offered").await;
    let mut events = site.client.subscribe("wissel.event.acme.*").await.expect("the feed");
    site.client.flush().await.expect("a connection");

    let moved = site.run(&["tenant", "move", "acme", "--to", "1"]);
    assert!(moved.status.success(), "{}\n{}", stderr(&moved), site.scratch.logs());
    assert_eq!(site.list(), json!({ "acme": 1 }));
    let again = site.run(&["tenant", "move", "acme", "--to", "1"]);
    assert!(stdout(&again).contains("is in shard 1 already"), "{}", stdout(&again));

    // The desktops go on with their sessions, and the offer that was open is answered.
    let offered = site.contact("c2", |answer| state(answer) == "offered").await;
    assert_eq!(offered["offer"], before["offer"]);
    assert_eq!(offered["arrived_at"], before["arrived_at"]);
    let offer = &offered["offer"];
    site.say(
        "agent.bob",
        json!({ "type": "accept", "session": 1, "counter": 2, "contact": "c2", "offer": offer }),
    )
    .await;
    site.contact("c2", |answer| state(answer) == "active").await;
    site.say("agent.ann", json!({ "type": "complete", "session": 1, "counter": 3, "contact": "c1" })).await;
    let third = site.contact("c3", |answer| state(answer) == "offered").await;
    assert_eq!(third["agent"], "ann");
    // What was sent before is known there, too.
    site.say("contact", create("c1")).await;
    let closed = site.contact("c1", |answer| state(answer) == "closed").await;
    assert_eq!(closed["state"], "closed");

    let mut told = Vec::new();
    while told.last().is_none_or(|(kind, _)| kind != "contact_closed") {
        let message = tokio::time::timeout(LIMIT, events.next()).await.expect("in time").expect("an event");
        let event: Value = serde_json::from_slice(&message.payload).expect("JSON");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        told.push((word(&event["type"]), word(&event["origin"]["shard"])));
    }
    let (left, came) =
        (("tenant_left".to_owned(), "0".to_owned()), ("tenant_came".to_owned(), "1".to_owned()));
    assert_eq!(told[..2], [left, came], "{told:?}");
    assert!(told[2..].iter().all(|(_, shard)| shard == "1"), "{told:?}");

    // One that was only placed goes alone.
    let jetstream = jetstream::new(site.client.clone());
    let mut ingest = jetstream.get_stream("ING_0").await.expect("a stream");
    let mut config = ingest.info().await.expect("it is there").config.clone();
    config.subjects.push("wissel.in.bare.>".to_owned());
    jetstream.update_stream(config).await.expect("it is placed");
    let bare = site.run(&["tenant", "move", "bare", "--to", "1"]);
    assert!(bare.status.success(), "{}", stderr(&bare));
    assert_eq!(site.list(), json!({ "acme": 1, "bare": 1 }));

    // And back.
    let back = site.run(&["tenant", "move", "acme", "--to", "0"]);
    assert!(back.status.success(), "{}\n{}", stderr(&back), site.scratch.logs());
    site.contact("c3", |answer| state(answer) == "offered").await;
    site.verify("0");
    site.verify("1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_broken_off_is_completed() {
    let mut site = Site::new().await;
    let wrong = site.run(&["tenant", "move", "nobody", "--to", "1"]);
    assert!(stderr(&wrong).contains("there is no tenant nobody"), "{}", stderr(&wrong));
    let wrong = site.run(&["tenant", "move", "acme", "--to", "7"]);
    assert!(stderr(&wrong).contains("shard 7 cannot take tenant acme"), "{}", stderr(&wrong));
    let wrong = site.run(&["tenant", "move", "acme", "--to", "1"]);
    assert!(stderr(&wrong).contains("no node owns shard 0"), "{}", stderr(&wrong));
    assert_eq!(site.list(), json!({ "acme": 0 }), "nothing was changed");
    site.startnodes().await;
    open_three(&site).await;

    let (mut to, mut broken_off) = (1, 0);
    for after in [0, 5, 10, 20, 40, 60, 90, 120, 160, 200] {
        let target = to.to_string();
        let mut mover = Command::new(env!("CARGO_BIN_EXE_wissel"))
            .args(["tenant", "move", "acme", "--to", &target, "--servers", &site.url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        site.wait_until_it_leaves(1 - to).await;
        tokio::time::sleep(Duration::from_millis(after)).await;
        mover.kill().expect("it is ours");
        mover.wait().expect("it is ours");
        if site.list()["acme"].is_object() {
            broken_off += 1;
            let elsewhere = site.run(&["tenant", "add", "acme", "--shard", &target]);
            assert!(stderr(&elsewhere).contains("is on its way"), "{}", stderr(&elsewhere));
        }
        let completed = site.run(&["tenant", "move", "acme", "--to", &target]);
        assert!(
            completed.status.success(),
            "after {after} ms: {}\n{}",
            stderr(&completed),
            site.scratch.logs()
        );
        assert_eq!(site.list(), json!({ "acme": to }));
        site.contact("c1", |answer| state(answer) == "active").await;
        site.contact("c2", |answer| state(answer) == "offered").await;
        to = 1 - to;
    }
    assert!(broken_off > 0, "no move was broken off");
    site.verify("0");
    site.verify("1");
}
