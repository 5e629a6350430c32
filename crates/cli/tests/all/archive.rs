//! `wissel archive` on a real server, and what `wissel journal` reads of it when the stream has forgotten.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Output;

use async_nats::jetstream;
use model::Time;
use protocol::chain::ChainHead;
use protocol::record::{self, Body, EpochOpened, IngestIdentity, Record, Trying};
use protocol::subject::{self, ShardName};
use serde_json::{Value, json};
use testkit::{Scratch, servers};

use crate::{stderr, stdout, wissel};

/// A server with two shards; the test itself writes the journal of shard 0.
struct Site {
    jetstream: jetstream::Context,
    head: ChainHead,
    server: broker::start::Server,
    scratch: Scratch,
}

impl Site {
    async fn new() -> Site {
        let scratch = Scratch::new();
        let server = servers::server(&scratch, "nats", broker::start::Sync::Always).await.expect("a server");
        let jetstream = jetstream::new(servers::connect(&server.url()).await.expect("a client"));
        let mut site = Site { jetstream, head: ChainHead::BEGINNING, server, scratch };
        site.init();
        site.open("n1").await;
        site
    }

    fn init(&self) {
        let made = wissel(&["init", "--shards", "2", "--servers", &self.server.url()]);
        assert!(made.status.success(), "{}", stderr(&made));
    }

    fn path(&self) -> PathBuf {
        self.scratch.join("archive")
    }

    /// What is archived of shard 0, by name.
    fn files(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.path()).expect("the archive").flatten().map(|entry| entry.path());
        let of_shard = |path: &PathBuf| path.display().to_string().contains("/archive/0-");
        let files = folders.filter(of_shard).flat_map(|path| fs::read_dir(path).expect("a folder").flatten());
        let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
        files.sort();
        files
    }

    fn archive(&self, more: &[&str]) -> Output {
        let to = self.path().display().to_string();
        wissel(&[&["archive", "--to", &to, "--servers", &self.server.url()], more].concat())
    }

    /// What a run did for shard 0.
    fn archived(&self, more: &[&str]) -> Value {
        let output = self.archive(&[more, &["-o", "json"]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let rows: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        rows[0].clone()
    }

    fn refused(&self, parts: &[&str]) {
        let output = self.archive(&[]);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        for part in parts {
            assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
        }
    }

    fn journal(&self, more: &[&str]) -> Output {
        wissel(&[&["journal", "--servers", &self.server.url()], more].concat())
    }

    /// From the archive; nobody listens where the server should be.
    fn read(&self, more: &[&str]) -> Output {
        let archive = self.path().display().to_string();
        let nobody = ["--servers", "nats://127.0.0.1:1"];
        wissel(&[&["journal", "--archive", &archive], &nobody[..], more].concat())
    }

    async fn open(&mut self, node: &str) {
        let ingest = IngestIdentity { stream: "ING_0".into(), created_ns: 1, uuid: "u".into() };
        let opened = EpochOpened { node: node.into(), nonce: 1, ingest, rebased: None };
        self.append(Body::EpochOpened(opened)).await;
    }

    async fn try_inputs(&mut self, count: u64) {
        for position in 0..count {
            self.append(Body::Trying(Trying { position })).await;
        }
    }

    async fn append(&mut self, body: Body) {
        let header = match body {
            Body::EpochOpened(_) => self.head.next_epoch_header(),
            Body::Commit(_) | Body::Trying(_) | Body::Released(_) => self.head.next_header(),
        };
        let now = Time(header.commit_no);
        let encoded = record::encode(&Record { header, now, body }).expect("small");
        let sequence = self.publish(encoded.bytes).await;
        let (epoch, commit_no) = (header.epoch, header.commit_no);
        self.head = ChainHead { epoch, commit_no, hash: encoded.hash, sequence };
    }

    /// Returns the sequence.
    async fn publish(&self, bytes: Vec<u8>) -> u64 {
        let subject = subject::journal(&ShardName::of(0));
        let sent = self.jetstream.publish(subject, bytes.into()).await.expect("sent");
        sent.await.expect("acknowledged").sequence
    }

    async fn stream(&self) -> jetstream::stream::Stream {
        self.jetstream.get_stream("JRN_0").await.expect("the stream")
    }

    /// The journal begins here from now on.
    async fn purge(&self, first: u64) {
        self.stream().await.purge().sequence(first).await.expect("purged");
    }
}

fn sequences(output: &Output) -> Vec<u64> {
    let text = stdout(output);
    let sequence = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["sequence"].as_u64();
    text.lines().map(|line| sequence(line).expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_archived_is_read_after_the_stream_forgot_it() {
    let mut site = Site::new().await;
    site.try_inputs(4).await;
    let repeated = site.stream().await.get_raw_message(3).await.expect("a record").payload.to_vec();
    assert_eq!(site.publish(repeated).await, 6);
    let row = site.archived(&[]);
    assert_eq!((&row["first"], &row["last"], &row["records"]), (&json!(1), &json!(6), &json!(6)), "{row}");

    site.open("n2").await;
    site.try_inputs(4).await;
    let row = site.archived(&["--shard", "0"]);
    assert_eq!((&row["first"], &row["last"], &row["segments"]), (&json!(7), &json!(11), &json!(1)), "{row}");
    let row = site.archived(&[]);
    assert_eq!((&row["archived_through"], &row["segments"]), (&json!(11), &json!(0)), "{row}");
    assert!(
        stdout(&site.archive(&[])).contains("shard 0: nothing new behind 11\nshard 1: nothing to archive")
    );
    site.try_inputs(1).await;
    site.archived(&[]);
    let files = site.files();
    let names: Vec<_> = files.iter().map(|path| path.file_name().expect("a name")).collect();
    let name = |first: u64, last: u64| format!("{first:020}-{last}.wsla");
    assert_eq!(names, [name(1, 6).as_str(), &name(7, 11), &name(12, 12)]);

    let whole = stdout(&site.journal(&["--from", "1"]));
    assert_eq!(whole.lines().count(), 12);
    assert!(whole.contains(r#"{"sequence":6,"void":"repeat""#), "{whole}");
    site.purge(13).await;
    assert_eq!(stdout(&site.journal(&["--from", "1"])), "", "the stream has forgotten");
    for more in [&["--from", "1"][..], &[]] {
        let read = site.read(more);
        assert_eq!((stdout(&read), stderr(&read)), (whole.clone(), String::new()));
    }
    assert_eq!(sequences(&site.read(&["--from", "5", "--count", "4"])), [5, 6, 7, 8]);
    assert_eq!(sequences(&site.read(&["--from", "7", "--count", "1"])), [7]);
    assert_eq!(site.read(&["--from", "13"]).status.code(), Some(1));
    // Nothing is left to archive, and nothing is missing.
    assert_eq!(site.archived(&[])["segments"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_and_missing_files_are_named() {
    let mut site = Site::new().await;
    for _ in 0..3 {
        site.try_inputs(3).await;
        site.archived(&[]);
    }
    let files = site.files();
    let [_, middle, last] = files.as_slice() else { panic!("{files:?}") };
    let flip_in = |path: &PathBuf| {
        let mut bytes = fs::read(path).expect("read");
        let at = bytes.len() - 50;
        bytes[at] ^= 1;
        fs::write(path, bytes).expect("written");
    };
    flip_in(middle);
    let read = site.read(&["--from", "1"]);
    assert_eq!((read.status.code(), sequences(&read)), (Some(1), vec![1, 2, 3, 4]));
    let said = stderr(&read);
    assert!(said.contains(&format!("{} is damaged", middle.display())), "{said}");
    assert!(said.contains("byte ") && said.contains("the record of sequence 7 is damaged"), "{said}");
    // It is not where the next run goes on.
    site.try_inputs(1).await;
    assert_eq!(site.archived(&[])["first"], 11);

    fs::remove_file(middle).expect("removed");
    let read = site.read(&["--from", "1"]);
    assert_eq!((read.status.code(), sequences(&read)), (Some(1), vec![1, 2, 3, 4]));
    assert!(stderr(&read).contains("lacks the records 5..7"), "{}", stderr(&read));
    assert!(stderr(&read).contains("--from 8"), "{}", stderr(&read));
    assert!(stderr(&site.read(&["--from", "6"])).contains("lacks the records 5..7"));
    assert_eq!(sequences(&site.read(&["--from", "8"])), [8, 9, 10, 11]);

    fs::remove_file(&site.files()[2]).expect("removed");
    flip_in(last);
    site.refused(&["is damaged", "the record of sequence 10 is damaged"]);
    fs::rename(&files[0], last).expect("renamed");
    site.refused(&["holds 1..4 of shard 0", "it was renamed or moved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_an_error_until_it_is_said_to_be_known() {
    let mut site = Site::new().await;
    site.try_inputs(3).await;
    site.archived(&[]);
    site.try_inputs(6).await;
    site.purge(8).await;
    site.refused(&["shard 0: ", "the records 5..7 are lost", "--after-gap"]);
    assert_eq!(site.files().len(), 1);
    let row = site.archived(&["--after-gap"]);
    assert_eq!((&row["first"], &row["last"]), (&json!(8), &json!(10)), "{row}");
    site.try_inputs(1).await;
    assert_eq!(site.archived(&["--after-gap"])["first"], 11, "there is no gap any more");

    assert_eq!(sequences(&site.read(&["--from", "8"])), [8, 9, 10, 11]);
    let read = site.read(&["--from", "1"]);
    assert_eq!((read.status.code(), sequences(&read)), (Some(1), vec![1, 2, 3, 4]));
    assert!(stderr(&read).contains("lacks the records 5..7"), "{}", stderr(&read));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_history_never_joins_an_archive() {
    let mut site = Site::new().await;
    site.try_inputs(3).await;
    site.archived(&[]);
    let config = site.stream().await.cached_info().config.clone();

    // Restored from an older copy: the same identity, and less in it.
    site.jetstream.delete_stream("JRN_0").await.expect("deleted");
    site.jetstream.create_stream(config).await.expect("created");
    site.head = ChainHead::BEGINNING;
    site.open("other").await;
    site.refused(&["ends at sequence 1, but was archived up to 4", "move"]);
    site.try_inputs(4).await;
    site.refused(&["JRN_0 does not continue", "journal sequence 5: ", "move that file's folder"]);
    assert_eq!(site.files().len(), 1);

    // Made anew: another journal, with a folder of its own.
    site.jetstream.delete_stream("JRN_0").await.expect("deleted");
    site.init();
    site.head = ChainHead::BEGINNING;
    site.open("anew").await;
    let row = site.archived(&[]);
    assert_eq!((&row["first"], &row["last"]), (&json!(1), &json!(1)), "{row}");
    let several = site.read(&[]);
    assert_eq!(several.status.code(), Some(1));
    assert!(stderr(&several).contains("several journals of shard 0; choose one with --identity"));
    let folder = row["folder"].as_str().expect("a folder");
    let (_, identity) = folder.rsplit_once("/0-").expect("a name");
    assert_eq!(sequences(&site.read(&["--identity", identity])), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_precedes_a_break_is_archived_and_the_other_shards_are_too() {
    let mut site = Site::new().await;
    site.try_inputs(2).await;
    let sequence = site.publish(b"no record".to_vec()).await;
    let output = site.archive(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("journal sequence {sequence}: not a record")));
    assert!(stdout(&output).contains("shard 0: 1..3 in ") && stdout(&output).contains("shard 1: "));
    assert_eq!(sequences(&site.read(&[])), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_segment_is_closed_and_the_next_one_begun() {
    let mut site = Site::new().await;
    let name = "n".repeat(record::RECORD_BYTES_MAX - 1_000);
    for _ in 0..68 {
        site.open(&name).await;
    }
    let row = site.archived(&[]);
    assert_eq!(
        (&row["segments"], &row["records"], &row["last"]),
        (&json!(2), &json!(69), &json!(69)),
        "{row}"
    );
    let files = site.files();
    assert_eq!(row["bytes"], files.iter().map(|path| path.metadata().expect("a file").len()).sum::<u64>());
    assert_eq!(sequences(&site.read(&["--from", "60"])), (60..=69).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_at_a_time_writes_to_a_folder() {
    let site = Site::new().await;
    fs::create_dir_all(site.path()).expect("made");
    let held = File::create(site.path().join("lock")).expect("made");
    held.lock().expect("locked");
    site.refused(&["is in use by another `wissel archive`", "--to"]);
    drop(held);
    assert_eq!(site.archived(&[])["segments"], 1);
}
