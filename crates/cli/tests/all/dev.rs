//! `wissel dev` and its server: one for a folder, none that is left behind, and words when something is in the way.

use std::net::TcpStream;
use std::path::Path;
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
