//! Three servers: copies, a member that goes away, and one shard per tenant across the cluster.

use std::time::Duration;

use broker::check::{Finding, Options, State, check};
use broker::provision::{self, Action};
use broker::start::Sync;
use broker::tenants::{TenantError, add};
use testkit::Scratch;
use tokio::time::{Instant, sleep};

const LIMIT: Duration = Duration::from_secs(40);

#[tokio::test]
async fn three_copies_and_a_member_that_goes_away() {
    let scratch = Scratch::new();
    let mut cluster = testkit::cluster(&scratch, 3, Sync::Always).await.expect("started");
    let client = testkit::connect(&cluster.url()).await.expect("connected");
    let options = provision::Options { shards: 2, replicas: 3, ..Default::default() };
    let report = provision::init(&client, &options).await.expect("made");
    assert_eq!(report.count(Action::Create), 9);
    let again = provision::init(&client, &options).await.expect("kept");
    assert_eq!(again.count(Action::Keep), 9, "{again}");

    add(&client, "acme", 0).await.expect("added");
    let elsewhere = add(&client, "acme", 1).await.expect_err("it is in shard 0");
    assert!(matches!(elsewhere, TenantError::Elsewhere { holder: 0, .. }), "{elsewhere}");

    let options = Options { monitoring: cluster.monitoring_urls(), ..Options::default() };
    wait_for(&client, &options, "all is well", |findings| findings.iter().all(|one| one.state == State::Ok))
        .await;
    let partly = Options { monitoring: cluster.monitoring_urls()[..1].to_vec(), ..Options::default() };
    let findings = check(&client, &partly).await.expect("checked");
    assert!(findings.iter().any(|one| one.state == State::Fail && one.what.contains("1 of 3 servers told")));

    let connected = client.server_info().server_name;
    let other = if connected == "n3" { "n2" } else { "n3" };
    cluster.member(other).expect("a member").kill().expect("killed");
    let is_told =
        |findings: &[Finding]| findings.iter().any(|one| one.code == "peers" && one.fix.contains(other));
    wait_for(&client, &options, "the lost member is named", is_told).await;
}

async fn wait_for(
    client: &async_nats::Client,
    options: &Options,
    what: &str,
    is_so: impl Fn(&[Finding]) -> bool,
) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let findings = check(client, options).await;
        match &findings {
            Ok(findings) if is_so(findings) => return,
            Ok(_) | Err(_) => {
                assert!(Instant::now() < deadline, "not within {LIMIT:?}: {what}: {findings:#?}")
            }
        }
        sleep(Duration::from_millis(300)).await;
    }
}
