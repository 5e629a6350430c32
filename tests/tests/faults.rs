//! Faults that need no cluster, one by one; and that the judge is able to find what is wrong.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use async_nats::jetstream::Context;
use testkit::{Process, Scratch, wissel_binary};
use tokio::time::sleep;
use verify::Report;
use wissel_tests::centre::client::Client;
use wissel_tests::centre::router::Router;
use wissel_tests::centre::site::{Site, tenant_name};
use wissel_tests::chaos::load::{Desks, Ends, Load};
use wissel_tests::chaos::run::verify;

/// A take-over after a crash and a standstill appends its opening, what makes the standstill good, and a trial; the fourth
/// record is the trial's decision.
const AT_THE_TRIED: &str = "decided:4";
/// Longer than what is made good.
const STANDSTILL: Duration = Duration::from_millis(1_500);
/// Three of them are proof; the first may fall before there is a trial.
const CRASHES: usize = 5;
/// Too few for a node's connections, enough for a process to begin.
const HANDLES: &str = "ulimit -n 12; exec \"$0\" \"$@\"";
const LOAD: Duration = Duration::from_secs(4);
const SETTLE: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_that_crashes_every_owner_is_refused_and_the_shard_lives() -> Result<()> {
    let scratch = Scratch::new();
    let site = Site::open(&scratch).await?;
    let mut router = Router::new(&scratch, &site.url, &site.server.monitoring_url())?;
    router.start().await?;
    let client = Client::connect(&site.url, "producer").await?;
    let context = async_nats::jetstream::new(testkit::connect(&site.url).await?);
    let mut ends = Ends::default();
    let subject = format!("wissel.in.{}.contact", tenant_name(0));
    let create = |id: &str| {
        format!(r#"{{"type":"contact_create","contact":"{id}","queue":"sales","channel":"voice"}}"#)
    };
    client.send(&subject, create("before").into(), "before", Some("before")).await.context("stored")?;
    // The configuration and the roster are decided too, so that the culprit is the one that is meant.
    arrived(&mut ends, &context, "before").await?;
    router.kill().await?;
    for id in ["poison", "after"] {
        client.send(&subject, create(id).into(), id, Some(id)).await.context("stored")?;
    }
    for _ in 0..CRASHES {
        sleep(STANDSTILL).await;
        router.start_and_crash(AT_THE_TRIED).await?;
    }
    router.start().await?;
    arrived(&mut ends, &context, "after").await?;
    let is_set_aside = ends.reasons.contains_key("poison") && !ends.has_arrived(&tenant_name(0), "poison");
    ensure!(is_set_aside, "refused were {:?}", ends.reasons);
    router.stop().await
}

/// Until the feed tells of this contact.
async fn arrived(ends: &mut Ends, context: &Context, contact: &str) -> Result<()> {
    for _ in 0..100 {
        ends.read(context).await?;
        if ends.has_arrived(&tenant_name(0), contact) {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
    bail!("{contact} did not arrive; refused were {:?}", ends.reasons)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_file_handles_ends_and_leaves_nothing_behind() -> Result<()> {
    let scratch = Scratch::new();
    let site = Site::open(&scratch).await?;
    let program = wissel_binary()?.display().to_string();
    let monitoring = site.server.monitoring_url();
    let node = ["node", "--servers", &site.url, "--monitoring", &monitoring, "--name", "starved"];
    let arguments = [&["-c", HANDLES, &program][..], &node].concat();
    let mut starved = Process::start(&scratch, "starved", "/bin/sh".as_ref(), arguments)?;
    let status = starved.wait_exit(Duration::from_secs(30)).await?;
    ensure!(!status.success(), "it cannot have served: {:?}", starved.lines());
    let (load, report) = played(&scratch, &site).await?;
    ensure!(report.is_sound() && report.is_complete() && load.created() > 0, "{report}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_judge_finds_what_is_wrong() -> Result<()> {
    let scratch = Scratch::new();
    let site = Site::open(&scratch).await?;
    let (load, report) = played(&scratch, &site).await?;
    ensure!(report.is_sound() && report.is_complete() && report.counts.offers > 0, "{report}");

    // A client that took what nobody decided.
    let logs = load.write_logs(0, &scratch.join("wrong"))?;
    let desk = logs.iter().find(|path| path.to_string_lossy().contains("desk")).context("a desk's log")?;
    let text = std::fs::read_to_string(desk)?;
    std::fs::write(desk, text.replacen("\"commit\":", "\"commit\":9", 1))?;
    let report = verify(&site.url, 0, &logs)?;
    ensure!(!report.is_sound(), "a message out of thin air passes: {report}");

    // A contact that was acknowledged and is not there.
    let producer = logs.iter().find(|path| path.to_string_lossy().contains("producer")).context("its log")?;
    let text = std::fs::read_to_string(producer)?;
    std::fs::write(desk, "")?;
    std::fs::write(producer, text.replacen("\"contact\":\"p0-", "\"contact\":\"lost-", 1))?;
    let report = verify(&site.url, 0, &logs)?;
    ensure!(!report.is_sound(), "an acknowledged contact that is not there passes: {report}");

    // A record that its stream lost.
    let context = async_nats::jetstream::new(testkit::connect(&site.url).await?);
    let feed = context.get_stream("EVT").await?;
    feed.delete_message(feed.cached_info().state.last_sequence / 2).await?;
    let report = verify(&site.url, 0, &[])?;
    ensure!(!report.is_sound(), "an event that is gone is not missed: {report}");
    Ok(())
}

/// Some seconds of work that end well, and the verdict.
async fn played(scratch: &Scratch, site: &Site) -> Result<(Load, Report)> {
    let mut router = Router::new(scratch, &site.url, &site.server.monitoring_url())?;
    router.start().await?;
    let context = async_nats::jetstream::new(testkit::connect(&site.url).await?);
    let mut load = Load::start(&site.url, 1, Duration::from_millis(50), 1, Desks::Diligent).await?;
    sleep(LOAD).await;
    load.drain(&context).await?;
    sleep(SETTLE).await;
    load.end().await?;
    sleep(SETTLE).await;
    router.stop().await?;
    let logs = load.write_logs(0, &scratch.join("clients"))?;
    let report = verify(&site.url, 0, &logs)?;
    Ok((load, report))
}
