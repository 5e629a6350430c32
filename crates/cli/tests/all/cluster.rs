//! Three nodes on one server, as people start, watch, drain, kill and stop them.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::{Process, Scratch, servers};

use crate::{stderr, stdout, wissel};

const LIMIT: Duration = Duration::from_secs(30);

struct Site {
    scratch: Scratch,
    server: broker::start::Server,
}

impl Site {
    async fn new() -> Site {
        let scratch = Scratch::new();
        let server = servers::server(&scratch, "nats", broker::start::Sync::Always).await.expect("a server");
        let site = Site { scratch, server };
        assert!(site.run(&["init", "--shards", "3"]).status.success());
        site
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        wissel(&[arguments, &["--servers", &self.server.url()]].concat())
    }

    async fn node(&self, name: &str) -> Process {
        let (url, monitoring) = (self.server.url(), self.server.monitoring_url());
        let arguments = ["node", "--servers", &url, "--name", name, "--monitoring", &monitoring];
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_wissel"));
        let mut node = Process::start(&self.scratch, name, program, arguments).expect("a node");
        node.wait_for_line("ready: node", LIMIT).await.expect("the node is ready");
        node
    }

    fn status(&self) -> Value {
        let output = self.run(&["cluster", "status", "-o", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
    }

    /// The owner of each shard, once it is as asked.
    fn owners_become(&self, is_meant: impl Fn(&[&str]) -> bool) -> Vec<String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let status = self.status();
            let shards = status["shards"].as_array().expect("shards");
            let owners: Vec<&str> =
                shards.iter().map(|shard| shard["owner"].as_str().unwrap_or("-")).collect();
            if is_meant(&owners) {
                return owners.into_iter().map(str::to_owned).collect();
            }
            assert!(Instant::now() < deadline, "{status:#}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_spread_are_drained_are_taken_over_and_handed_over() {
    let site = Site::new().await;
    let mut a = site.node("a").await;
    let mut b = site.node("b").await;
    let mut c = site.node("c").await;
    let each_one = |owners: &[&str]| {
        let mut sorted = owners.to_vec();
        sorted.sort_unstable();
        sorted == ["a", "b", "c"]
    };
    site.owners_become(each_one);
    let text = stdout(&site.run(&["cluster", "status"]));
    assert!(text.contains("NODE") && text.contains("STANDBY") && text.contains("owned"), "{text}");

    let drained = site.run(&["cluster", "drain", "b"]);
    assert!(drained.status.success(), "{}", stderr(&drained));
    assert!(stdout(&drained).contains("b owns nothing any more"), "{}", stdout(&drained));
    site.owners_become(|owners| owners.iter().all(|owner| ["a", "c"].contains(owner)));
    assert!(stdout(&site.run(&["cluster", "status"])).contains("drained"));
    assert!(site.run(&["cluster", "resume", "b"]).status.success());
    site.owners_become(each_one);

    a.kill().await.expect("killed");
    site.owners_become(|owners| owners.iter().all(|owner| ["b", "c"].contains(owner)));
    c.terminate().expect("told to stop");
    assert!(c.wait_exit(LIMIT).await.expect("it ends").success());
    site.owners_become(|owners| owners.iter().all(|owner| *owner == "b"));
    b.terminate().expect("told to stop");
    assert!(b.wait_exit(LIMIT).await.expect("it ends").success(), "the last one too");
    assert_eq!(site.run(&["cluster", "status"]).status.code(), Some(1), "no shard has an owner");

    let verified = site.run(&["verify", "--shard", "0"]);
    assert!(verified.status.success(), "{}{}", stdout(&verified), stderr(&verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said() {
    let site = Site::new().await;
    let _a = site.node("a").await;
    for (arguments, part) in [
        (["drain", "z"], "there is no node z; known are: a"),
        (["retry", "0"], "shard 0 is not quarantined"),
        (["repair", "0"], "shard 0 is not quarantined"),
        (["retry", "9"], "there is no shard 9"),
        (["resume", "a.b"], "cannot be a node's name"),
    ] {
        let refused = site.run(&[&["cluster"], &arguments[..]].concat());
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&refused).contains(part), "{arguments:?}: {}", stderr(&refused));
    }
}
