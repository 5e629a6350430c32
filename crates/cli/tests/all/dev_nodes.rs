//! `wissel dev --nodes 3`: the owner of the played shard is killed by its process id, as the reader is told to do it.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{Process, Scratch};
use tokio::time::{Instant, sleep};

use crate::{stderr, wissel};

/// Three servers elect leaders, three nodes share the shards, and other tests run beside.
const START_LIMIT: Duration = Duration::from_secs(120);
const LIMIT: Duration = Duration::from_secs(60);

fn start(scratch: &Scratch, arguments: &[&str]) -> Process {
    let program = Path::new(env!("CARGO_BIN_EXE_wissel"));
    let arguments = [&["dev", "--nodes", "3"], arguments].concat();
    Process::start(scratch, "dev", program, arguments).expect("it starts")
}

/// The owner of the played shard as the reader is told: its process and its name.
async fn owner(dev: &mut Process, limit: Duration) -> (i32, String) {
    let line = dev.wait_for_line("try: kill -9 ", limit).await.expect("the reader is told what to try");
    let mut words = line.split_whitespace().skip(3);
    let pid = words.next().and_then(|word| word.parse().ok()).expect("a process id");
    let name = words.find(|word| word.starts_with("node-")).expect("a name");
    (pid, name.trim_end_matches(',').to_owned())
}

/// Of the processes whose parent is this one.
fn children(id: i32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).expect("its threads");
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread.ok()?.path().join("children")).ok()
    };
    let all: String = threads.filter_map(of_thread).collect::<Vec<_>>().join(" ");
    all.split_whitespace().map(|pid| pid.parse().expect("a process id")).collect()
}

async fn all_end(pids: &[i32]) {
    let deadline = Instant::now() + Duration::from_secs(10);
    // One that has ended and was not waited for by its new parent has no command line.
    let lives = |pid: &&i32| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty());
    while let Some(pid) = pids.iter().find(lives) {
        assert!(Instant::now() < deadline, "process {pid} is still there");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_goes_on_when_its_owner_is_killed() {
    let scratch = Scratch::new();
    let mut dev = start(&scratch, &["--day", "--speed", "60", "--from", "10:00", "--until", "10:10"]);
    let (pid, name) = owner(&mut dev, START_LIMIT).await;
    let started = children(dev.id());
    assert_eq!(started.len(), 6, "three servers and three nodes");
    sleep(Duration::from_secs(5)).await;
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("it can be killed");
    dev.wait_for_line(&format!("{name} was killed, and starts again in 5 s"), LIMIT)
        .await
        .expect("it is told");
    let taken = dev.wait_for_line("owns its shard 0 after", LIMIT).await.expect("another one took over");
    assert!(taken.starts_with(&format!("{name} was killed; node-")), "{taken}");
    let (next_pid, next_name) = owner(&mut dev, LIMIT).await;
    assert!(next_pid != pid && next_name != name, "{next_name}, {next_pid}");
    dev.wait_for_line(&format!("{name} runs again, as process"), LIMIT).await.expect("it is started again");

    let lost = dev.wait_for_line("lost ", Duration::from_secs(180)).await.expect("the summary");
    assert_eq!(lost, "lost 0, assigned twice 0, still open 0");
    dev.wait_for_line(&format!("{name} died; {next_name} owned its shard 0 after"), LIMIT)
        .await
        .expect("again");
    assert!(dev.wait_exit(LIMIT).await.expect("it ends").success(), "{}", scratch.logs());
    all_end(&started).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_when_it_is_told_to_stop_or_killed() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let scratch = Scratch::new();
        let mut dev = start(&scratch, &["--no-play"]);
        owner(&mut dev, START_LIMIT).await;
        let started = children(dev.id());
        assert_eq!(started.len(), 6);
        dev.signal(signal).expect("it can be told");
        let status = dev.wait_exit(LIMIT).await.expect("it ends");
        assert_eq!(status.success(), signal == Signal::SIGTERM, "{signal}: {}", scratch.logs());
        all_end(&started).await;
    }
}

#[test]
fn virtual_time_is_for_one_node() {
    let refused = wissel(&["dev", "--nodes", "3", "--day", "--speed", "max"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("leave --nodes out"), "{}", stderr(&refused));
}

#[test]
fn a_store_of_one_server_is_not_taken_for_that_of_three() {
    let scratch = Scratch::new();
    for (kind, nodes, part) in [("store", "2", "leave --nodes out"), ("n1/store", "1", "add --nodes 3")] {
        let store = scratch.join(kind.split('/').next().expect("a name")).join("dev");
        std::fs::create_dir_all(store.join(kind).join("jetstream")).expect("a folder");
        let store = store.display().to_string();
        let refused = wissel(&["dev", "--no-play", "--nodes", nodes, "--store", &store]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(part), "{}", stderr(&refused));
    }
}
