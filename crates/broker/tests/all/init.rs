//! `init` makes the streams of the design, leaves alone what is right, mends what it may, tells the rest.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use broker::provision::{Action, Options, init, streams};
use broker::start::{Server, Sync};
use protocol::subject::UUID_KEY;
use testkit::Scratch;

async fn server(scratch: &Scratch) -> (Server, async_nats::Client) {
    let server = testkit::server(scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    (server, client)
}

fn options(shards: u16) -> Options {
    Options { shards, ..Options::default() }
}

#[tokio::test]
async fn streams_are_made_once_and_then_kept() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    let planned = init(&client, &Options { dry_run: true, ..options(2) }).await.expect("planned");
    assert_eq!((planned.count(Action::Create), planned.is_applied), (9, false));
    assert!(streams(&client).await.expect("streams").is_empty(), "a plan changes nothing");

    let made = init(&client, &options(2)).await.expect("made");
    assert_eq!(made.count(Action::Create), 9);
    let first = streams(&client).await.expect("streams");
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(names, ["CFG", "DLQ", "EVT", "ING_0", "ING_1", "JRN_0", "JRN_1", "MEMBERS", "SNAP"]);

    let kept = init(&client, &options(2)).await.expect("kept");
    assert_eq!((kept.count(Action::Keep), kept.is_complete()), (9, true), "{kept}");
    let second = streams(&client).await.expect("streams");
    for (name, info) in &first {
        assert_eq!(info.config.metadata.get(UUID_KEY).map(String::len), Some(36), "{name}");
        assert_eq!(info.config.metadata.get(UUID_KEY), second[name].config.metadata.get(UUID_KEY), "{name}");
        assert_eq!(info.created, second[name].created, "{name}");
    }
}

#[tokio::test]
async fn more_shards_are_added_and_sizes_change_only_on_request() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    init(&client, &options(1)).await.expect("made");
    let mut larger = options(2);
    larger.sizes.journal = Some(1 << 30);
    let report = init(&client, &larger).await.expect("changed");
    assert_eq!((report.count(Action::Create), report.count(Action::Update)), (2, 1), "{report}");
    let report = init(&client, &options(2)).await.expect("kept");
    assert_eq!(report.count(Action::Keep), 9, "{report}");
    assert_eq!(streams(&client).await.expect("streams")["JRN_0"].config.max_bytes, 1 << 30);
}

#[tokio::test]
async fn what_differs_is_mended_where_the_server_allows_it() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    let jetstream = async_nats::jetstream::new(client.clone());
    let foreign = Config {
        name: "JRN_0".to_owned(),
        subjects: vec!["wissel.jrn.0".to_owned()],
        discard: DiscardPolicy::Old,
        allow_direct: true,
        max_age: Duration::from_secs(3600),
        max_messages: 10,
        max_message_size: 100,
        max_messages_per_subject: 5,
        max_bytes: 1 << 20,
        ..Config::default()
    };
    jetstream.create_stream(foreign).await.expect("a stream made by hand");
    let memory = Config {
        name: "EVT".to_owned(),
        subjects: vec!["wissel.event.>".to_owned()],
        storage: StorageType::Memory,
        max_consumers: 3,
        ..Config::default()
    };
    jetstream.create_stream(memory).await.expect("a stream made by hand");

    let report = init(&client, &options(1)).await.expect("changed");
    assert!(!report.is_complete());
    let found = streams(&client).await.expect("streams");
    let journal = &found["JRN_0"].config;
    assert_eq!(journal.discard, DiscardPolicy::New);
    assert!(journal.deny_delete && !journal.allow_direct && journal.max_age.is_zero());
    assert_eq!((journal.max_messages, journal.max_message_size), (-1, -1));
    assert_eq!(journal.max_messages_per_subject, -1);
    assert!(journal.metadata.contains_key(UUID_KEY));
    assert_eq!((found["EVT"].config.storage, found["EVT"].config.max_consumers), (StorageType::Memory, -1));

    let again = init(&client, &options(1)).await.expect("kept");
    assert_eq!(again.count(Action::Update), 0, "{again}");
    let told = again.to_string();
    assert!(told.contains("storage: Memory and not File, which stays"), "{told}");
}

#[tokio::test]
async fn a_stream_is_not_made_smaller_than_what_it_holds() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    init(&client, &options(1)).await.expect("made");
    let jetstream = async_nats::jetstream::new(client.clone());
    for _ in 0..20 {
        let kept = jetstream.publish("wissel.event.acme.x", vec![0; 1000].into()).await.expect("sent").await;
        kept.expect("kept");
    }
    let mut small = options(1);
    small.sizes.events = Some(2000);
    let report = init(&client, &small).await.expect("reported");
    assert!(!report.is_complete() && report.to_string().contains("drop its oldest"), "{report}");
    assert_eq!(streams(&client).await.expect("streams")["EVT"].state.messages, 20);
}

#[tokio::test]
async fn a_stream_of_somebody_elses_is_left_alone() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    let jetstream = async_nats::jetstream::new(client.clone());
    let shop = Config { name: "EVT".into(), subjects: vec!["shop.events.>".into()], ..Config::default() };
    jetstream.create_stream(shop).await.expect("made");
    let before = streams(&client).await.expect("streams")["EVT"].config.clone();
    let report = init(&client, &options(1)).await.expect("reported");
    assert!(!report.is_complete() && report.to_string().contains("is not Wissel's"), "{report}");
    assert_eq!(streams(&client).await.expect("streams")["EVT"].config, before);
}

#[tokio::test]
async fn a_lost_journal_is_not_made_anew_beside_its_inputs() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    init(&client, &options(1)).await.expect("made");
    let jetstream = async_nats::jetstream::new(client.clone());
    jetstream.publish("wissel.ing.0", "x".into()).await.expect("sent").await.expect("kept");
    jetstream.delete_stream("JRN_0").await.expect("deleted");
    let report = init(&client, &options(1)).await.expect("reported");
    assert!(!report.is_complete());
    assert!(report.to_string().contains("ING_0 holds records up to 1"), "{report}");
    assert!(!streams(&client).await.expect("streams").contains_key("JRN_0"));
}

#[tokio::test]
async fn refusals_of_the_server_say_what_to_do() {
    let scratch = Scratch::new();
    let (_server, client) = server(&scratch).await;
    let three = Options { replicas: 3, ..options(1) };
    let error = format!("{:#}", init(&client, &three).await.expect_err("there is one server"));
    assert!(error.contains("3 copies need as many servers"), "{error}");

    let mut huge = options(1);
    huge.sizes.events = Some(1 << 60);
    let error = format!("{:#}", init(&client, &huge).await.expect_err("no such disk"));
    assert!(error.contains("raise `max_file_store`"), "{error}");

    let other = Config { name: "OTHER".into(), subjects: vec!["wissel.event.x".into()], ..Config::default() };
    async_nats::jetstream::new(client.clone()).create_stream(other).await.expect("made");
    let error = format!("{:#}", init(&client, &options(1)).await.expect_err("the subject is taken"));
    assert!(error.contains("stream OTHER already takes \"wissel.event.x\""), "{error}");

    for wrong in [options(0), Options { replicas: 2, ..options(1) }] {
        assert!(init(&client, &wrong).await.is_err());
    }
}
