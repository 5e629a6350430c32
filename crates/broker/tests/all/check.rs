//! `check` finds what is wrong with a server, and says which command mends it.

use std::time::Duration;

use broker::check::{Finding, Options, State, check, worst};
use broker::provision;
use broker::start::Sync;
use testkit::Scratch;

fn find<'a>(findings: &'a [Finding], code: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("no finding {code}"))
}

#[tokio::test]
async fn a_provisioned_server_is_well_except_for_its_single_copy() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Always).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    provision::init(&client, &provision::Options::default()).await.expect("made");
    let options = Options { monitoring: vec![server.monitoring_url()], ..Options::default() };
    let findings = check(&client, &options).await.expect("checked");
    let not_ok: Vec<&Finding> = findings.iter().filter(|finding| finding.state != State::Ok).collect();
    assert_eq!(not_ok.len(), 1, "{not_ok:#?}");
    assert_eq!((not_ok[0].code, not_ok[0].state), ("copies", State::Warn));
    assert!(not_ok[0].fix.contains("wissel init --shards 1 --replicas 3 --rescale"), "{}", not_ok[0]);
    assert_eq!(find(&findings, "sync-always").found, "always");
    assert_eq!(find(&findings, "clock").state, State::Ok);
}

#[tokio::test]
async fn writes_that_wait_for_the_disk_are_a_failure() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    provision::init(&client, &provision::Options::default()).await.expect("made");
    let asked =
        Options { monitoring: vec![server.monitoring_url()], assume_sync_always: true, ..Options::default() };
    let findings = check(&client, &asked).await.expect("checked");
    let finding = find(&findings, "sync-always");
    assert_eq!((finding.state, finding.found.as_str()), (State::Fail, "every 120s"));
    assert!(finding.fix.contains("sync_interval: always"), "{finding}");

    let unknown = check(&client, &Options::default()).await.expect("checked");
    assert_eq!(find(&unknown, "sync-always").state, State::Fail);
    let assumed = Options { assume_sync_always: true, ..Options::default() };
    let assumed = check(&client, &assumed).await.expect("checked");
    assert_eq!(find(&assumed, "sync-always").state, State::Ok);
}

#[tokio::test]
async fn what_is_missing_or_changed_is_found_with_its_command() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    let empty = check(&client, &Options::default()).await.expect("checked");
    assert_eq!(find(&empty, "shards").fix, "wissel init --shards 1");

    provision::init(&client, &provision::Options { shards: 2, ..Default::default() }).await.expect("made");
    let jetstream = async_nats::jetstream::new(client.clone());
    jetstream.delete_stream("MEMBERS").await.expect("deleted");
    let mut events = provision::streams(&client).await.expect("streams")["EVT"].config.clone();
    events.max_age = Duration::from_secs(3600);
    jetstream.update_stream(&events).await.expect("changed");

    let findings = check(&client, &Options::default()).await.expect("checked");
    assert_eq!(worst(&findings), State::Fail);
    let failed: Vec<String> = findings
        .iter()
        .filter(|finding| finding.code == "stream" && finding.state == State::Fail)
        .map(|finding| format!("{} | {} | {}", finding.what, finding.found, finding.fix))
        .collect();
    let command = "wissel init --shards 2 --replicas 1";
    assert_eq!(
        failed,
        [format!("stream EVT | max_age: 3600s | {command}"), format!("stream MEMBERS | missing | {command}")]
    );
    provision::init(&client, &provision::Options { shards: 2, ..Default::default() }).await.expect("mended");
    let mended = check(&client, &Options::default()).await.expect("checked");
    assert!(mended.iter().all(|finding| finding.code != "stream" || finding.state == State::Ok));
}

#[tokio::test]
async fn the_usual_monitoring_port_is_asked_where_none_is_named() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Always).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    let host = "127.82.22.1";
    let options = Options { servers: vec![format!("nats://{host}:4222")], ..Options::default() };
    let silent = check(&client, &options).await.expect("checked");
    let finding = find(&silent, "sync-always");
    assert_eq!(finding.state, State::Fail);
    assert!(
        finding.what.contains("http://127.82.22.1:8222") && finding.fix.contains("--monitoring"),
        "{finding}"
    );

    let port = server.monitoring_url().rsplit(':').next().expect("a port").to_owned();
    let _forward = forward(host, &port).await;
    let told = check(&client, &options).await.expect("checked");
    assert_eq!(find(&told, "sync-always").found, "always");
}

#[tokio::test]
async fn a_stream_that_fills_is_told_before_it_refuses() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    let mut options = provision::Options::default();
    options.sizes.ingest = Some(1 << 20);
    provision::init(&client, &options).await.expect("made");
    let jetstream = async_nats::jetstream::new(client.clone());
    for _ in 0..30 {
        let sent = jetstream.publish("wissel.ing.0", vec![0; 30_000].into()).await.expect("sent");
        sent.await.expect("kept");
    }
    let findings = check(&client, &Options::default()).await.expect("checked");
    let finding = find(&findings, "room");
    assert_eq!((finding.state, finding.what.as_str()), (State::Warn, "room in stream ING_0"));
    assert!(finding.fix.contains("wissel init --shards 1 --replicas 1 --ingest-bytes 2MiB"), "{finding}");
}

/// Makes what listens on this port of 127.0.0.1 be found at `host`, port 8222.
async fn forward(host: &str, port: &str) -> tokio::task::JoinHandle<()> {
    let listener = tokio::net::TcpListener::bind((host, 8222)).await.expect("a loopback address");
    let target = format!("127.0.0.1:{port}");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::TcpStream::connect(&target).await.expect("the server");
            // An end that breaks off is what the other end sees too.
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        }
    })
}

#[tokio::test]
async fn a_server_is_counted_once_and_another_one_not_at_all() {
    let scratch = Scratch::new();
    let cluster = testkit::cluster(&scratch, 3, Sync::Always).await.expect("started");
    let other = testkit::server(&scratch, "other", Sync::Always).await.expect("started");
    let client = testkit::connect(&cluster.url()).await.expect("connected");
    let three = provision::Options { replicas: 3, ..provision::Options::default() };
    provision::init(&client, &three).await.expect("made");
    let addresses = cluster.monitoring_urls();
    let all = Options { monitoring: addresses.clone(), ..Options::default() };
    let findings = check(&client, &all).await.expect("checked");
    assert!(findings.iter().all(|finding| finding.code != "sync-always" || finding.state == State::Ok));

    let thrice = Options { monitoring: vec![addresses[0].clone(); 3], ..Options::default() };
    let findings = check(&client, &thrice).await.expect("checked");
    let failed = findings.iter().find(|finding| finding.state == State::Fail).expect("two were not asked");
    assert_eq!(
        (failed.code, failed.what.as_str()),
        ("sync-always", "every write synced, 1 of 3 servers told")
    );

    let foreign = Options { monitoring: vec![other.monitoring_url()], ..Options::default() };
    let findings = check(&client, &foreign).await.expect("checked");
    let finding = find(&findings, "sync-always");
    assert!(finding.state == State::Fail && finding.found.contains("another server answers"), "{finding}");
}
