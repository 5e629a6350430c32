//! A server with one tenant, and what producers, agents and consumers do to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::{self, consumer};
use broker::cluster::Cluster;
use broker::start::{Server, Sync};
use broker::{provision, tenants};
use bytes::Bytes;
use engine::Engine;
use futures_util::StreamExt;
use serde_json::{Value, json};
use shard::{Follower, Replay};
use testkit::Scratch;
use tokio::time::timeout;
use wissel_node::{Access, Node, NodeClock, NodeOptions, ShardProgress};

pub const LIMIT: Duration = Duration::from_secs(20);
pub const TENANT: &str = "acme";

pub const CONFIG: &str = r#"
version = 1
reconnect_window = "60s"
skills = ["sales"]
[channels.voice]
[channels.chat]
[queues.sales]
skills = { sales = 1 }
offer_timeout = "20s"
wrap_up = "5s"
[aux]
reasons = ["break"]
[rona]
retries = 2
aux = "break"
"#;

/// Logs to the test's output, as `RUST_LOG` says.
pub fn log() {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
}

/// Declared so that the server goes before the folder.
pub struct World {
    pub jetstream: jetstream::Context,
    pub url: String,
    _servers: Servers,
    pub scratch: Scratch,
    /// Every record sent to the journal, also those purged since.
    records: Arc<Mutex<Vec<Bytes>>>,
}

#[expect(dead_code, reason = "they run until they are dropped")]
enum Servers {
    One(Server),
    Three(Cluster),
}

impl World {
    pub async fn one() -> World {
        let scratch = Scratch::new();
        let server = testkit::server(&scratch, "nats", Sync::Always).await.expect("a server");
        let url = server.url().to_owned();
        World::on(scratch, url, Servers::One(server), 1).await
    }

    /// For measuring what the disk has no part in.
    pub async fn lazy() -> World {
        let scratch = Scratch::new();
        let server = testkit::server(&scratch, "nats", Sync::Lazy).await.expect("a server");
        let url = server.url().to_owned();
        World::on(scratch, url, Servers::One(server), 1).await
    }

    pub async fn three() -> World {
        let scratch = Scratch::new();
        let cluster = testkit::cluster(&scratch, 3, Sync::Always).await.expect("a cluster");
        let url = cluster.url();
        World::on(scratch, url, Servers::Three(cluster), 3).await
    }

    async fn on(scratch: Scratch, url: String, servers: Servers, replicas: usize) -> World {
        log();
        let client = testkit::connect(&url).await.expect("a connection");
        let options = provision::Options { replicas, ..provision::Options::default() };
        let report = provision::init(&client, &options).await.expect("streams");
        assert!(report.is_complete(), "{report}");
        tenants::add(&client, TENANT, 0).await.expect("a tenant");
        let records: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let mut tap = client.subscribe("wissel.jrn.0").await.expect("subscribed");
        client.flush().await.expect("flushed");
        let heard = Arc::clone(&records);
        tokio::spawn(async move {
            while let Some(message) = tap.next().await {
                heard.lock().expect("nobody panicked").push(message.payload);
            }
        });
        let jetstream = ContextBuilder::new().timeout(Duration::from_secs(5)).build(client);
        World { jetstream, url, _servers: servers, scratch, records }
    }

    /// The digest of a state that was built from the journal's first record on, up to this commit.
    pub async fn replayed(&self, commit_no: u64) -> String {
        let last = self.last_sequence("JRN_0").await as usize;
        let deadline = tokio::time::Instant::now() + LIMIT;
        while self.records.lock().expect("nobody panicked").len() < last {
            assert!(tokio::time::Instant::now() < deadline, "records were not heard");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let info = self.jetstream.get_stream("JRN_0").await.expect("the stream");
        let key = wissel_node::contact_key(&info.cached_info().config.metadata["wissel-uuid"]);
        let mut follower = Follower::<Engine>::new("0", key, Replay::from_beginning(key));
        let records = self.records.lock().expect("nobody panicked").clone();
        for (sequence, bytes) in (1..).zip(&records) {
            if follower.head().commit_no < commit_no {
                follower.apply(sequence, bytes).expect("the chain continues");
            }
        }
        assert_eq!(follower.head().commit_no, commit_no);
        follower.digest().to_string()
    }

    pub fn options(&self, name: &str, clock: NodeClock) -> NodeOptions {
        let servers = self.url.split(',').map(str::to_owned).collect();
        NodeOptions {
            servers,
            access: Access::default(),
            name: name.to_owned(),
            shards: Vec::new(),
            clock,
            is_alone: true,
        }
    }

    pub async fn node(&self, name: &str) -> Node {
        Node::start(self.options(name, NodeClock::Real)).await.expect("a node")
    }

    /// The sequence in the ingest stream.
    pub async fn send(&self, subject: &str, body: impl Into<Vec<u8>>) -> u64 {
        let acknowledged =
            self.jetstream.publish(subject.to_owned(), body.into().into()).await.expect("sent");
        acknowledged.await.expect("stored").sequence
    }

    pub async fn admin(&self, body: Value) -> u64 {
        self.send(&format!("wissel.in.{TENANT}.admin"), body.to_string()).await
    }

    pub async fn contact(&self, body: Value) -> u64 {
        self.send(&format!("wissel.in.{TENANT}.contact"), body.to_string()).await
    }

    pub async fn agent(&self, agent: &str, body: Value) -> u64 {
        self.send(&format!("wissel.in.{TENANT}.agent.{agent}"), body.to_string()).await
    }

    /// Stores a configuration and puts it in force.
    pub async fn configure(&self, text: &str) -> u64 {
        let hash = protocol::config::hash(text);
        self.send(&format!("wissel.cfg.{TENANT}.{hash}"), text).await;
        self.admin(json!({"type": "config_apply", "hash": hash})).await
    }

    pub async fn sign_in(&self, agent: &str, session: u64) -> u64 {
        self.agent(agent, json!({"type": "sign_in", "session": session, "counter": 1})).await
    }

    /// A configuration, and `jo` in the roster and signed in.
    pub async fn furnish(&self) {
        self.configure(CONFIG).await;
        self.put_agent("jo").await;
        self.sign_in("jo", 1).await;
    }

    pub async fn put_agent(&self, agent: &str) -> u64 {
        let skills = json!({"sales": 5});
        let channels = json!({"voice": {}});
        self.admin(json!({"type": "agent_put", "agent": agent, "skills": skills, "channels": channels})).await
    }

    pub async fn call(&self, contact: &str) -> u64 {
        let body =
            json!({"type": "contact_create", "contact": contact, "channel": "voice", "queue": "sales"});
        self.contact(body).await
    }

    pub async fn listen(&self, subject: &str) -> Listener {
        let subscription = self.jetstream.client().subscribe(subject.to_owned()).await.expect("subscribed");
        self.jetstream.client().flush().await.expect("flushed");
        Listener(subscription)
    }

    pub async fn last_sequence(&self, stream: &str) -> u64 {
        self.jetstream.get_stream(stream).await.expect("the stream").cached_info().state.last_sequence
    }

    pub async fn first_sequence(&self, stream: &str) -> u64 {
        self.jetstream.get_stream(stream).await.expect("the stream").cached_info().state.first_sequence
    }

    /// Everything that `stream` holds, as JSON.
    pub async fn stored(&self, stream: &str) -> Vec<Value> {
        let stream = self.jetstream.get_stream(stream).await.expect("the stream");
        let count = stream.cached_info().state.messages;
        let config = consumer::pull::Config {
            ack_policy: consumer::AckPolicy::None,
            ..consumer::pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.expect("a consumer");
        let mut messages = consumer.messages().await.expect("messages");
        let mut values = Vec::new();
        for _ in 0..count {
            let message =
                timeout(LIMIT, messages.next()).await.expect("in time").expect("more").expect("read");
            values.push(serde_json::from_slice(&message.payload).expect("JSON"));
        }
        values
    }
}

pub struct Listener(async_nats::Subscriber);

impl Listener {
    /// The next message of this type; others are passed over.
    pub async fn next(&mut self, kind: &str) -> Value {
        let next = async {
            loop {
                let message = self.0.next().await.expect("the connection stays");
                let value: Value = serde_json::from_slice(&message.payload).expect("JSON");
                if value["type"] == kind {
                    return value;
                }
            }
        };
        timeout(LIMIT, next).await.unwrap_or_else(|_| panic!("no {kind} within {LIMIT:?}"))
    }

    /// Nothing arrives for a while.
    pub async fn is_silent(&mut self, span: Duration) -> bool {
        timeout(span, self.0.next()).await.is_err()
    }
}

/// Waits until the shard's progress is as asked.
pub async fn until(node: &Node, what: &str, is_so: impl Fn(&ShardProgress) -> bool) -> ShardProgress {
    let mut progress = node.progress(0);
    let seen = timeout(LIMIT, progress.wait_for(|progress| is_so(progress))).await;
    match seen {
        Ok(Ok(progress)) => progress.clone(),
        Ok(Err(_)) => panic!("{what}: the shard is gone"),
        Err(_) => panic!("{what}: not within {LIMIT:?}, but {:?}", node.progress(0).borrow()),
    }
}

/// Everything up to this input is decided, journaled and sent.
pub async fn settled(node: &Node, position: u64) -> ShardProgress {
    until(node, "settled", |progress| progress.ingest_position >= position && progress.is_idle).await
}

/// The types of these events, in order.
pub fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}
