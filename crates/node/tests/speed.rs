//! How long a long journal takes to read back. Ignored by default: it answers a question, it guards nothing.

#[expect(dead_code, reason = "each test program uses its part")]
mod common;

use std::time::{Duration, Instant};

use common::World;
use model::Time;
use protocol::record::{self, Body, Commit, EpochOpened, Hash, Header, IngestIdentity, Record};
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
