//! The commands that talk to a server of one's own, in the order in which one needs them.

use std::time::Duration;

use serde_json::Value;
use testkit::{Process, Scratch, servers};

use crate::{stderr, stdout, wissel};

const READY_LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_is_made_served_configured_and_checked() {
    let scratch = Scratch::new();
    let mut server = servers::server(&scratch, "nats", broker::start::Sync::Always).await.expect("a server");
    let url = server.url();
    let run = |arguments: &[&str]| wissel(&[arguments, &["--servers", &url]].concat());

    let before = run(&["check"]);
    assert_eq!(before.status.code(), Some(1), "there are no streams yet");
    assert!(stdout(&before).contains("wissel init --shards 1"), "{}", stdout(&before));
    assert!(stdout(&run(&["init", "--dry-run"])).contains("would create"));
    assert!(run(&["init"]).status.success());

    let empty = run(&["verify", "--final"]);
    assert_eq!(empty.status.code(), Some(1), "a check of nothing shows nothing");
    assert!(stdout(&empty).contains("nothing to check"), "{}", stdout(&empty));
    let path = scratch.join("ghost.toml").display().to_string();
    std::fs::write(&path, protocol::config::EXAMPLE).expect("a file");
    for more in [&["--dry-run"][..], &[]] {
        let ghost = run(&[&["apply", "--tenant", "ghost", "-f", &path], more].concat());
        assert_eq!(ghost.status.code(), Some(1), "{more:?}");
        assert!(stderr(&ghost).contains("there is no tenant ghost"), "{}", stderr(&ghost));
    }

    let added = run(&["tenant", "add", "acme"]);
    assert!(added.status.success(), "{}", stderr(&added));
    assert!(stdout(&added).contains("as soon as a node owns shard 0"), "{}", stdout(&added));
    let listed: Value = serde_json::from_slice(&run(&["tenant", "list", "-o", "json"]).stdout).expect("JSON");
    assert_eq!(listed, serde_json::json!({ "acme": 0 }));

    let monitoring = server.monitoring_url();
    let arguments =
        ["node", "--servers", &url, "--name", "n1", "--monitoring", &monitoring, "--log-format", "json"];
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_wissel"));
    let mut node = Process::start(&scratch, "node", program, arguments).expect("a node");
    node.wait_for_line("ready: node n1 owns shards 0", READY_LIMIT).await.expect("the node is ready");

    for line in node.lines().iter().filter(|line| !line.starts_with("ready: ")) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "not JSON: {line}");
    }
    assert!(node.lines().iter().any(|line| line.contains("copies")), "it warns of the single copy");

    let path = scratch.join("tenant.toml");
    let apply = |version: &str, more: &[&str]| {
        let text = protocol::config::EXAMPLE.replace("version = 1", version).replace("max = 2", "max = 1");
        std::fs::write(&path, text).expect("a file");
        run(&[&["apply", "--tenant", "acme", "-f", &path.display().to_string()], more].concat())
    };
    let would = apply("version = 2", &["--dry-run"]);
    assert!(stdout(&would).contains("channel \"chat\": max changes from 2 to 1"), "{}", stdout(&would));
    assert_eq!(stdout(&apply("version = 2", &[])), "version 2 is in force for tenant acme\n");
    assert_eq!(stdout(&apply("version = 2", &[])), "version 2 is in force for tenant acme already\n");
    let refused = apply("version = 1", &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("config_version"), "{}", stderr(&refused));

    let journal = stdout(&run(&["journal", "--from", "1", "--count", "1"]));
    let first: Value = serde_json::from_str(&journal).expect("a line of JSON");
    assert_eq!((first["sequence"].as_u64(), first["epoch"].as_u64()), (Some(1), Some(1)));
    assert_eq!(first["body"]["epoch_opened"]["node"], "n1");

    let verified = run(&["verify", "-o", "json"]);
    assert!(verified.status.success(), "{}{}", stdout(&verified), stderr(&verified));

    node.terminate().expect("it can be told to stop");
    let status = node.wait_exit(READY_LIMIT).await.expect("the node ends");
    assert!(status.success(), "{status}: the shard is released");
    let last: Value =
        serde_json::from_str(&stdout(&run(&["journal", "--count", "1"]))).expect("a line of JSON");
    assert!(last["body"]["released"].is_object(), "{last}");
    server.stop().await.expect("the server stops");
}
