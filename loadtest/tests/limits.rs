//! What servers alone take, and how much a cluster bears: both for real, and as small as can be.

use std::path::Path;
use std::time::Duration;

use testkit::Scratch;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(240);

async fn load(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wissel-load"));
    command.args(arguments).kill_on_drop(true);
    let output =
        tokio::time::timeout(LIMIT, command.output()).await.expect("in time").expect("it can be run");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), said.concat())
}

/// A second of calls, with a generator that may be late: what is asked is whether all of it works.
fn brief(scratch: &Scratch) -> String {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/tenants/centre.toml");
    let text = format!(
        r#"name = "brief"
about = "a second"
seed = 3
config = "{}"
generator = {{ late_max = "10s", send_lag_p99_max = "10s", stall_p99_max = "10s", dropped_permille_max = 1000 }}
[[agents]]
name = "phones"
count = 8
skills = {{ sales = 3 }}
channels = ["voice"]
answer_after = {{ always = "10ms" }}
[[flows]]
name = "calls"
channel = "voice"
queue = "sales"
handle = {{ always = "50ms" }}
phases = [{{ for = "1s", rate = 20, gaps = "even" }}]
"#,
        config.display()
    );
    let path = scratch.join("brief.toml");
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_alone_take_every_contact_and_stand_beside_a_run() {
    let scratch = Scratch::new();
    let (file, out) = (brief(&scratch), scratch.join("out").display().to_string());
    let (code, said) = load(&["run", &file, "--start", "1", "--quiet", "--out", &out]).await;
    assert_eq!(code, 0, "{said}");
    let (code, said) = load(&["floor", &file, "--start", "1", "--beside", &out]).await;
    assert_eq!(code, 0, "{said}");
    let response = said.lines().find(|line| line.starts_with("| response |")).expect("a line of it");
    assert!(response.starts_with("| response | 20 |"), "every contact was told of: {response}");
    assert_eq!(response.matches('|').count(), 10, "the run stands beside it: {response}");
    let (code, said) = load(&["floor", &file, "--start", "3", "--beside", &out]).await;
    assert_eq!((code, said.contains("another number of servers")), (2, true), "{said}");
    let (code, said) = load(&["compare", "--base", &out, &out, &out, "--candidate", &out, &out, &out]).await;
    assert_eq!((code, said.contains("no difference"), said.contains("worse")), (0, true, false), "{said}");
    let (code, said) = load(&["report", &out]).await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_doubles_what_holds_and_halves_what_does_not() {
    let scratch = Scratch::new();
    let file = brief(&scratch);
    let (code, said) =
        load(&["search", &file, "--start", "1", "--limit", "wait p50 < 60s", "--tries", "2"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("It bears at least 40 contacts a second, 2.00 times"), "{said}");
    let (code, said) =
        load(&["search", &file, "--start", "1", "--limit", "wait p50 < 1us", "--tries", "2"]).await;
    assert_eq!((code, said.contains("| 0.50 | 10 |")), (3, true), "{said}");
    let (code, said) = load(&["search", &file, "--start", "1"]).await;
    assert_eq!((code, said.contains("--limit")), (2, true), "{said}");
    let (code, said) = load(&["search", &file, "--start", "1", "--limit", "wait p50 > x"]).await;
    assert_eq!((code, said.contains("is not a length of time")), (2, true), "{said}");
}
