//! The follower on a real server, told by these tests what an owner would tell it.

use std::time::Duration;

use broker::provision;
use broker::start::{Server, Sync};
use model::Time;
use protocol::record::{self, Body, Commit, EpochOpened, Header, IngestIdentity, Record};
use testkit::Scratch;
use tokio::time::{Instant, sleep};

use super::*;
use crate::access::Access;
use crate::options::{NodeClock, NodeOptions};

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_committed_record_that_cannot_be_read_yet_is_waited_for() {
    let world = World::new().await;
    let records = chain(3);
    world.follower.begin(0, true);
    world.follower.committed(3, records[2].clone());
    world.until(FollowerState::Behind).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.follower.state(), FollowerState::Behind);
    assert_eq!(world.commit_no().await, Some(0), "it answers from what it has");
    world.store(&records).await;
    world.until(FollowerState::Following).await;
    assert_eq!(world.commit_no().await, Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_contradiction_it_begins_again() {
    let world = World::new().await;
    let records = chain(3);
    world.store(&records).await;
    world.follower.begin(0, true);
    world.until(FollowerState::Following).await;
    world.follower.committed(1, Bytes::from_static(b"no record"));
    world.until(FollowerState::Broken).await;
    assert_eq!(world.commit_no().await, None);
    world.until(FollowerState::Following).await;
    world.follower.committed(3, records[2].clone());
    let deadline = Instant::now() + LIMIT;
    while world.commit_no().await != Some(3) {
        assert!(Instant::now() < deadline, "it does not follow again");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_is_given_the_state_and_the_follower_builds_another() {
    let world = World::new().await;
    assert!(world.follower.give_up().await.is_none(), "there is none yet");
    let records = chain(3);
    world.store(&records).await;
    world.follower.begin(3, false);
    world.until(FollowerState::Following).await;
    let state = world.follower.give_up().await.expect("it follows");
    assert_eq!(Follower::new("0", [0; 16], state).head().commit_no, 3);
    assert_eq!(world.commit_no().await, None);
    world.follower.begin(3, true);
    world.until(FollowerState::Following).await;
    assert_eq!(world.commit_no().await, Some(3));
}

/// Declared so that the server goes before the folder.
struct World {
    follower: FollowerHandle,
    links: Links,
    names: Names,
    _server: Server,
    _scratch: Scratch,
}

impl World {
    async fn new() -> World {
        let scratch = Scratch::new();
        let server = testkit::server(&scratch, "nats", Sync::Lazy).await.expect("a server");
        let client = testkit::connect(&server.url()).await.expect("a connection");
        provision::init(&client, &provision::Options::default()).await.expect("streams");
        let options = NodeOptions {
            servers: vec![server.url()],
            access: Access::default(),
            name: "n1".to_owned(),
            shards: Vec::new(),
            clock: NodeClock::Real,
            is_alone: true,
        };
        let links = Links::connect(&options).await.expect("connections");
        let names = Names::new(0);
        let follower = start(FollowerParts {
            names: names.clone(),
            key: [0; 16],
            links: links.clone(),
            runtime: Handle::current(),
            tuning: Tuning::default(),
            ingest_bytes_max: u64::MAX,
            tenants: Tenants::default(),
        });
        World { follower: follower.expect("a thread"), links, names, _server: server, _scratch: scratch }
    }

    async fn store(&self, records: &[Bytes]) {
        for record in records {
            let sent = self.links.journal.publish(self.names.journal_subject.clone(), record.clone()).await;
            sent.expect("sent").await.expect("stored");
        }
    }

    async fn until(&self, state: FollowerState) {
        let mut seen = self.follower.state.clone();
        let reached = tokio::time::timeout(LIMIT, seen.wait_for(|seen| *seen == state)).await;
        assert!(reached.is_ok(), "{state:?} was not reached, but {:?}", self.follower.state());
    }

    async fn commit_no(&self) -> Option<u64> {
        self.follower.answer(|follower| follower.head().commit_no).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.follower.close();
    }
}

/// The first records of a journal: an opening, and commits without transitions.
fn chain(length: u64) -> Vec<Bytes> {
    let mut prev_hash = Hash::ZERO;
    (1..=length)
        .map(|commit_no| {
            let ingest = IngestIdentity { stream: "ING_0".to_owned(), created_ns: 0, uuid: String::new() };
            let body = if commit_no == 1 {
                Body::EpochOpened(EpochOpened { node: "n1".to_owned(), nonce: 1, ingest, rebased: None })
            } else {
                Body::Commit(Commit {
                    ingest_position: 0,
                    published_through: 0,
                    lost: Vec::new(),
                    transitions: Vec::new(),
                    ingest_stamp: None,
                })
            };
            let header = Header { epoch: 1, commit_no, prev_hash };
            let encoded = record::encode(&Record { header, now: Time(commit_no), body });
            let encoded = encoded.expect("it is small");
            prev_hash = encoded.hash;
            encoded.bytes.into()
        })
        .collect()
}
