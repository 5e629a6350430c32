//! How long a long journal takes to read back, and a large shard to take over. Ignored by default: this answers
//! questions, it guards nothing.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::time::{Duration, Instant};

use common::World;
use model::Time;
use protocol::record::{self, Body, Commit, EpochOpened, Hash, Header, IngestIdentity, Record};
use serde_json::{Value, json};
use tokio::time::timeout;
use wissel_node::{Node, NodeClock, Tuning};

const RECORDS: u64 = 100_000;
const SLOW: Duration = Duration::from_secs(600);

/// Records without content, so that what is measured is the reading.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute; run it to measure"]
async fn a_journal_of_many_records_is_read_back() {
    let world = World::lazy().await;
    write_records(&world).await;
    let options = world.options("n1", NodeClock::Real);
    let tuning = Tuning { snapshot_after_records: u64::MAX, ..Tuning::default() };
    let started = Instant::now();
    let node = Node::start_with(options, tuning).await.expect("a node");
    let mut progress = node.progress(0);
    let owned = timeout(SLOW, progress.wait_for(|progress| progress.epoch > 0)).await;
    let commit_no = owned.expect("in time").expect("it runs").commit_no;
    println!("{commit_no} records read back by the owner in {:?}", started.elapsed());
    while node.digest(0).await.is_none_or(|state| state.commit_no < commit_no) {
        assert!(started.elapsed() < SLOW, "the follower does not get there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("and by the follower after {:?}", started.elapsed());
}

/// A chain of commits that change nothing.
async fn write_records(world: &World) {
    let ingest = world.jetstream.get_stream("ING_0").await.expect("the stream");
    let info = ingest.cached_info();
    let opened = EpochOpened {
        node: "writer".to_owned(),
        nonce: 1,
        ingest: IngestIdentity {
            stream: "ING_0".to_owned(),
            created_ns: u64::try_from(info.created.unix_timestamp_nanos()).expect("after 1970"),
            uuid: info.config.metadata["wissel-uuid"].clone(),
        },
        rebased: None,
    };
    let mut prev_hash = Hash::ZERO;
    let mut acknowledgements = Vec::new();
    for commit_no in 1..=RECORDS {
        let header = Header { epoch: 1, commit_no, prev_hash };
        let body = match commit_no {
            1 => Body::EpochOpened(opened.clone()),
            _ => Body::Commit(Commit {
                ingest_position: 0,
                published_through: commit_no - 1,
                lost: Vec::new(),
                transitions: Vec::new(),
                ingest_stamp: None,
            }),
        };
        let encoded = record::encode(&Record { header, now: Time(1), body }).expect("it is small");
        prev_hash = encoded.hash;
        let sent = world.jetstream.publish("wissel.jrn.0", encoded.bytes.into()).await;
        acknowledgements.push(sent.expect("sent"));
        if acknowledgements.len() == 1000 {
            for acknowledgement in acknowledgements.drain(..) {
                acknowledgement.await.expect("stored");
            }
        }
    }
}

const AGENTS: u64 = 10_000;
const WAITING: u64 = 100_000;
/// Calls that come and go while the others wait.
const CALLS: u64 = 4_000;
const AT_ONCE: usize = 512;

/// A large shard: how long a node that knows nothing of it needs, and what its snapshots cost the owner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; run it to measure"]
async fn a_large_shard_is_taken_over_cold_and_snapshots_do_not_hold_it_up() {
    let world = World::one().await;
    world.configure(common::CONFIG).await;
    let spec = json!({"skills": {"sales": 5}, "channels": {"voice": {}}});
    let agents = (0..AGENTS).map(|number| {
        let mut put = spec.clone();
        put["type"] = "agent_put".into();
        put["agent"] = format!("a{number}").into();
        ("wissel.in.acme.admin".to_owned(), put)
    });
    send_all(&world, agents).await;
    let sign_in = json!({"type": "sign_in", "session": 1, "counter": 1, "aux": "break"});
    let signed_in = (0..AGENTS).map(|number| (format!("wissel.in.acme.agent.a{number}"), sign_in.clone()));
    send_all(&world, signed_in).await;
    send_all(&world, (0..WAITING).map(|number| call(&format!("w{number}")))).await;

    let rarely = Tuning { snapshot_after_records: u64::MAX, snapshot_after: SLOW, ..Tuning::default() };
    let often =
        Tuning { snapshot_after_records: 500, snapshot_again_after: Duration::ZERO, ..rarely.clone() };
    let node = start(&world, "n1", &rarely, "deciding them all").await;
    node.stop().await;
    let node = start(&world, "n2", &rarely, "a cold take-over from the journal alone").await;
    busy(&world, &node, "n2", "without snapshots").await;
    node.stop().await;
    let node = start(&world, "n3", &often, "the same again").await;
    let snapshots = world.last_sequence("SNAP").await;
    busy(&world, &node, "n3", "with snapshots all the time").await;
    assert!(world.last_sequence("SNAP").await > snapshots, "snapshots were taken meanwhile");
    node.stop().await;
    let node = start(&world, "n4", &rarely, "a cold take-over from a snapshot").await;
    node.stop().await;
}

fn call(contact: &str) -> (String, Value) {
    let body = json!({"type": "contact_create", "contact": contact, "channel": "voice", "queue": "sales"});
    ("wissel.in.acme.contact".to_owned(), body)
}

async fn send_all(world: &World, inputs: impl Iterator<Item = (String, Value)>) {
    let mut inputs = inputs.peekable();
    while inputs.peek().is_some() {
        let mut acknowledgements = Vec::new();
        for (subject, body) in inputs.by_ref().take(AT_ONCE) {
            let sent = world.jetstream.publish(subject, body.to_string().into()).await;
            acknowledgements.push(sent.expect("sent"));
        }
        for acknowledgement in acknowledgements {
            acknowledgement.await.expect("stored");
        }
    }
}

/// Until everything that is stored is decided.
async fn start(world: &World, name: &str, tuning: &Tuning, what: &str) -> Node {
    let last = world.last_sequence("ING_0").await;
    let started = Instant::now();
    let node = Node::start_with(world.options(name, NodeClock::Real), tuning.clone()).await.expect("a node");
    let mut progress = node.progress(0);
    let owned = timeout(SLOW, progress.wait_for(|progress| progress.epoch > 0)).await;
    let commit_no = owned.expect("in time").expect("it runs").commit_no;
    let span = started.elapsed();
    let done =
        timeout(SLOW, progress.wait_for(|progress| progress.ingest_position >= last && progress.is_idle));
    drop(done.await.expect("in time").expect("it runs"));
    println!("{what}: owned after {span:?} at commit {commit_no}, all decided after {:?}", started.elapsed());
    while node.digest(0).await.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    node
}

/// Calls that come and end, one after the other, and how long it took to decide them.
async fn busy(world: &World, node: &Node, name: &str, what: &str) {
    let calls = (0..CALLS).flat_map(|number| {
        let id = format!("{name}-{number}");
        let end = json!({"type": "contact_end", "contact": id, "by": "customer"});
        [call(&id), ("wissel.in.acme.contact".to_owned(), end)]
    });
    let mut last = 0;
    for (subject, body) in calls {
        last = world.send(&subject, body.to_string()).await;
    }
    let mut progress = node.progress(0);
    let done =
        timeout(SLOW, progress.wait_for(|progress| progress.ingest_position >= last && progress.is_idle));
    let progress = done.await.expect("in time").expect("it runs").clone();
    println!("{what}: decisions {:?}, commits {:?}", progress.decision, progress.commit);
}
