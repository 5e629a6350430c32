//! `wissel dev` and its server: one for a folder, none that is left behind, and words when something is in the way.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use testkit::{Process, Scratch};
use tokio::time::{Instant, sleep};

use crate::{stderr, wissel};

const LIMIT: Duration = Duration::from_secs(60);

/// An empty site on the folder `store`, and the address of its server.
async fn start(scratch: &Scratch, name: &str) -> (Process, String) {
    let store = scratch.join("store").display().to_string();
    let arguments = ["dev", "--no-play", "--store", &store];
    let program = Path::new(env!("CARGO_BIN_EXE_wissel"));
    let mut dev = Process::start(scratch, name, program, arguments).expect("it starts");
    let heading = dev.wait_for_line("NATS nats://", LIMIT).await.expect("it is up");
    let address =
        heading.split("nats://").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
    (dev, address.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_for_one_at_a_time_and_a_killed_one_leaves_no_server() {
    let scratch = Scratch::new();
    let store = scratch.join("store").display().to_string();
    let (mut first, address) = start(&scratch, "first").await;
    let second = wissel(&["dev", "--no-play", "--store", &store]);
    assert_eq!(second.status.code(), Some(1));
    let expected = format!("{store} is in use by another `wissel dev`, process {};", first.id());
    assert!(stderr(&second).contains(&expected), "{}", stderr(&second));

    first.kill().await.expect("it can be killed");
    let deadline = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < deadline, "its server is still there");
        sleep(Duration::from_millis(20)).await;
    }
    let (mut third, _) = start(&scratch, "third").await;
    third.terminate().expect("it can be told to stop");
    assert!(third.wait_exit(LIMIT).await.expect("it ends").success(), "{}", scratch.logs());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_is_told_at_once() {
    let scratch = Scratch::new();
    let (mut dev, _) = start(&scratch, "dev").await;
    let own = format!("/proc/{}/task/{}/children", dev.id(), dev.id());
    let server = std::fs::read_to_string(own).expect("its children").trim().parse().expect("one child");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(server), nix::sys::signal::Signal::SIGTERM)
        .expect("it can be ended");
    dev.wait_for_line("wissel: nats-server has ended; its last lines:", Duration::from_secs(5))
        .await
        .expect("it is told");
    assert_eq!(dev.wait_exit(LIMIT).await.expect("it ends").code(), Some(1));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let output = wissel(&["dev", "--no-play", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with(&format!("wissel: port {port} is taken;")), "{}", stderr(&output));
}

#[test]
fn nobody_is_played_to_a_reader_who_has_left() {
    for arguments in [&["--no-play"][..], &["--speed", "100"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wissel"));
        let mut dev = command.arg("dev").args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(dev.stdout.take().expect("it is piped"));
        output.read_line(&mut String::new()).expect("a line");
        drop(output);
        let began = std::time::Instant::now();
        let status = loop {
            if let Some(status) = dev.try_wait().expect("it can be waited for") {
                break status;
            }
            if began.elapsed() > LIMIT {
                dev.kill().expect("it can be killed");
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        assert!(status.success(), "{arguments:?}: {status}");
    }
}
