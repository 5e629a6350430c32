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
    let asked = Options { monitoring: vec![server.monitoring_url()], assume_sync_always: true };
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
