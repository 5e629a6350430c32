//! Runs against real servers and real nodes: what passes, and each way in which a run does not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use testkit::{Process, Scratch};
use tokio::process::Command;
use wissel_load::output;
use wissel_load::target::Started;
use wissel_load::verdict::Verdict;

/// A run takes seconds; a machine that builds meanwhile has the rest.
const LIMIT: Duration = Duration::from_secs(240);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The exit code, and everything that was said.
async fn load(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wissel-load"));
    command.args(arguments).kill_on_drop(true);
    let output =
        tokio::time::timeout(LIMIT, command.output()).await.expect("in time").expect("it can be run");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), said.concat())
}

/// Two seconds of a few calls, with this in its head.
fn brief(scratch: &Scratch, name: &str, head: &str) -> String {
    let config = folder().join("tenants/centre.toml").display().to_string();
    let text = format!(
        r#"name = "brief"
about = "two seconds"
seed = 3
config = "{config}"
{head}
[[agents]]
name = "phones"
count = 8
skills = {{ sales = 3 }}
channels = ["voice"]
sign_in_within = "100ms"
answer_after = {{ from = "10ms", to = "50ms" }}
wrap_up = {{ always = "10ms" }}
[[flows]]
name = "calls"
channel = "voice"
queue = "sales"
handle = {{ always = "100ms" }}
phases = [{{ for = "2s", rate = 20 }}]
"#
    );
    let path = scratch.join(&format!("{name}.toml"));
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

/// On a machine that builds meanwhile the generator may be late.
const PATIENT: &str = r#"generator = { late_max = "10s", send_lag_p99_max = "10s", stall_p99_max = "10s", dropped_permille_max = 1000 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_short_scenario_passes_and_leaves_its_files() {
    let scratch = Scratch::new();
    let (file, out) = (folder().join("short.toml").display().to_string(), scratch.join("out"));
    let (code, said) = load(&["run", &file, "--start", "1", "--out", &out.display().to_string()]).await;
    assert_eq!(code, 0, "{said}");
    let summary = output::read(&out).expect("a summary");
    assert_eq!(summary.verdict, Verdict::Pass);
    let checker = summary.invariants.checker.as_ref().expect("the outside checker was asked");
    assert!(checker.is_sound && checker.unchecked.is_empty(), "{checker:?}");
    assert!(checker.inputs > 500 && summary.all.answered > 300, "{:?}", summary.all);
    assert_eq!(
        summary.all.stored,
        summary.all.answered + summary.all.abandoned,
        "every contact came to its end"
    );
    let sent = summary.all.sent + summary.all.dropped;
    assert_eq!(sent, summary.all.planned, "sent and dropped are what was planned");
    let text = std::fs::read_to_string(out.join(output::SUMMARY)).expect("a summary");
    assert_valid(&serde_json::from_str(&text).expect("JSON"));
    let csv = std::fs::read_to_string(out.join("intervals.csv")).expect("intervals");
    assert_eq!(csv.lines().count(), summary.seconds.len() + 1);
    let planned: u64 = summary.seconds.iter().map(|second| second.planned).sum();
    let plan = load(&["plan", &file]).await.1;
    assert!(plan.ends_with(&format!(",{planned}\n")), "the intervals add up to the plan: {planned}, {plan}");
    for name in ["summary.md", "junit.xml", "series.hlog", "report.html"] {
        assert!(std::fs::metadata(out.join(name)).expect(name).len() > 100, "{name}");
    }
}

/// One cluster, so that it also runs against one that it did not start.
#[tokio::test(flavor = "multi_thread")]
async fn each_way_not_to_pass_has_its_exit_code() {
    let scratch = Scratch::new();
    let mut started = Started::start(1, None, false).await.expect("a cluster");
    let urls = started.urls().join(",");
    let passing = brief(&scratch, "passing", PATIENT);
    let at = ["--servers", &urls, "--quiet", "--no-verify"];
    let (code, said) = load(&[&["run", &passing][..], &at].concat()).await;
    assert_eq!((code, said.contains("there is no tenant load")), (6, true), "{said}");
    let (code, said) = load(&[&["run", &passing, "--apply"][..], &at].concat()).await;
    assert_eq!(code, 0, "{said}");
    // Configuration and tenant are there by now; and the roster is as it was.
    let (code, said) = load(&["run", &passing, "--servers", &urls]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("outside checker: sound"), "{said}");

    let missed = brief(&scratch, "missed", &format!("{PATIENT}thresholds = [\"response p50 < 1us\"]"));
    let (code, said) = load(&["run", &missed, "--servers", &urls, "--no-verify"]).await;
    assert_eq!((code, said.contains("FAIL (threshold)")), (3, true), "{said}");

    let slow = PATIENT.replace("send_lag_p99_max = \"10s\"", "send_lag_p99_max = \"0s\"");
    let slow = brief(&scratch, "slow", &format!("{slow}thresholds = [\"response p50 < 1us\"]"));
    let (code, said) = load(&["run", &slow, "--servers", &urls, "--no-verify"]).await;
    assert_eq!((code, said.contains("INVALID (generator)")), (5, true), "{said}");

    let thief = tokio::spawn(steal(urls.clone()));
    let (code, said) = load(&["run", &passing, "--servers", &urls, "--no-verify"]).await;
    assert_eq!((code, said.contains("while agent")), (4, true), "{said}");
    // And the outside checker sees that nobody decided it.
    let (code, said) = load(&["run", &passing, "--servers", &urls]).await;
    assert_eq!((code, said.contains("outside checker: NOT SOUND")), (4, true), "{said}");
    thief.abort();
    started.stop().await.expect("the node ends in good order");
}

/// The owner is killed while contacts come, and another node goes on.
#[tokio::test(flavor = "multi_thread")]
async fn faults_befall_a_cluster_of_its_own_and_nothing_is_lost() {
    let scratch = Scratch::new();
    let head = format!(
        "{PATIENT}faults = [{{ at = \"2s\", kill = \"owner\", for = \"3s\" }}]\nthresholds = [\"outage < 60s\", \"outage > 10ms\"]"
    );
    let file = brief(&scratch, "killed", &head);
    let text = std::fs::read_to_string(&file)
        .expect("the scenario")
        .replace("for = \"2s\", rate", "for = \"9s\", rate");
    std::fs::write(&file, text).expect("a file");
    let out = scratch.join("out");
    let (code, said) = load(&["run", &file, "--start", "3", "--out", &out.display().to_string()]).await;
    assert_eq!(code, 0, "{said}");
    let summary = output::read(&out).expect("a summary");
    let checker = summary.invariants.checker.as_ref().expect("the outside checker was asked");
    assert!(checker.is_sound && checker.epochs >= 2, "another node took over: {checker:?}");
    assert_eq!(summary.faults.len(), 1);
    assert!(summary.faults[0].what.starts_with("kill node-"), "{:?}", summary.faults);
    assert_eq!(summary.all.stored, summary.all.answered, "every contact was answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_interrupts_a_run_is_told_so_and_leaves_nothing_behind() {
    let scratch = Scratch::new();
    let mut started = Started::start(1, None, false).await.expect("a cluster");
    let file = folder().join("short.toml").display().to_string();
    let program = Path::new(env!("CARGO_BIN_EXE_wissel-load"));
    for place in
        [vec!["--start", "1"], vec!["--servers", &started.urls().join(","), "--apply", "--no-verify"]]
    {
        let arguments = [vec!["run", file.as_str()], place].concat();
        let mut run = Process::start(&scratch, "run", program, &arguments).expect("a run");
        run.wait_for_line(" s  planned", LIMIT).await.expect("contacts come");
        let id = run.id().to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().await.expect("it can be told");
        assert!(told.success());
        let status = run.wait_exit(LIMIT).await.expect("it ends");
        assert_eq!(status.code(), Some(130), "{}", scratch.logs());
        let lines = run.lines().join("\n");
        assert!(lines.contains("INTERRUPTED"), "{lines}");
        // Everything was withdrawn that was there; without a cluster of its own it says how much.
        assert!(!lines.contains("without an end"), "{lines}");
    }
    started.stop().await.expect("the node ends in good order");
}

/// Tells every agent to whom nothing was said that it has what another one was given, as no router does.
async fn steal(urls: String) {
    let client = testkit::connect(&urls).await.expect("a connection");
    let mut messages = client.subscribe("wissel.out.load.agent.*").await.expect("a subscription");
    let mut before: Option<String> = None;
    while let Some(message) = messages.next().await {
        let Ok(mut body) = serde_json::from_slice::<Value>(&message.payload) else { continue };
        let subject = message.subject.to_string();
        let is_stolen = body["stolen"].as_bool().unwrap_or_default();
        if let Some(other) = before.replace(subject.clone())
            && other != subject
            && body["type"] == "assigned"
            && !is_stolen
        {
            body["stolen"] = json!(true);
            body["origin"]["index"] = json!(body["origin"]["index"].as_u64().unwrap_or(0) + 900);
            client.publish(other, body.to_string().into()).await.expect("published");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_run_is_said_before_anything_is_started() {
    let scratch = Scratch::new();
    let file = brief(&scratch, "passing", "");
    let (code, said) = load(&["run", &file, "--servers", "nats://127.0.0.1:1"]).await;
    assert_eq!(code, 6, "{said}");
    let (code, said) = load(&["run", &file]).await;
    assert_eq!((code, said.contains("--start")), (2, true), "{said}");
    let faulty = brief(&scratch, "faulty", "faults = [{ at = \"1s\", kill = \"owner\", for = \"1s\" }]");
    let (code, said) = load(&["run", &faulty, "--servers", "nats://127.0.0.1:1"]).await;
    assert_eq!((code, said.contains("faults befall only")), (2, true), "{said}");
    let wrong = brief(&scratch, "wrong", "drian = \"3s\"");
    let (code, said) = load(&["check", &wrong]).await;
    assert_eq!((code, said.contains("did you mean \"drain\"?")), (2, true), "{said}");
    let (code, said) = load(&["check", &file]).await;
    assert_eq!((code, said.contains("2.0 erlangs")), (0, true), "{said}");
    let plans = [load(&["plan", "--all", &file]).await, load(&["plan", "--all", &file]).await];
    assert_eq!(plans[0], plans[1]);
    let other = load(&["plan", "--all", &file, "--seed", "4"]).await;
    assert_ne!(plans[0], other);
}

#[test]
fn the_schema_in_the_tree_is_the_summarys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/summary.json");
    let text = std::fs::read_to_string(&path).expect("the schema");
    assert_eq!(text, output::schema(), "wissel-load schema > loadtest/schema/summary.json");
    let summary = serde_json::from_str(include_str!("summary.json")).expect("a summary");
    assert_valid(&summary);
}

fn assert_valid(summary: &Value) {
    let schema: Value = serde_json::from_str(&output::schema()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(summary).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
