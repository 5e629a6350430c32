//! The Python client as a newcomer meets it: its example beside a running `wissel dev`, and its own tests.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::{Process, Scratch, python};

/// A server, a node and a configuration, on a busy machine.
const UP_LIMIT: Duration = Duration::from_secs(60);
/// The example breaks connections for some seconds and limits its own steps.
const CLIENT_LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_takes_contacts_beside_the_day_that_is_played() {
    let scratch = Scratch::new();
    let variables = python::variables().await.expect("Python with pip");
    let program = Path::new(env!("CARGO_BIN_EXE_wissel"));
    let mut dev = Process::start(&scratch, "dev", program, ["dev", "--speed", "1"]).expect("it starts");
    let heading = dev.wait_for_line("tenant bank", UP_LIMIT).await;
    let heading = heading.unwrap_or_else(|error| panic!("it is not up: {error}\n{}", scratch.logs()));
    let url = heading.split_whitespace().find(|word| word.starts_with("nats://"));
    let url = url.unwrap_or_else(|| panic!("no address in {heading}")).trim_end_matches(',');

    let example = folder().join("examples/one_contact.py");
    let arguments = [example.as_os_str(), "--server".as_ref(), url.as_ref()];
    let mut client =
        Process::start_with(&scratch, "example", Path::new(python::PROGRAM), arguments, variables)
            .expect("it starts");
    let status = client.wait_exit(CLIENT_LIMIT).await.expect("the example ends");
    assert!(status.success(), "{status}\n{}", scratch.logs());

    dev.terminate().expect("it can be told to stop");
    let status = dev.wait_exit(UP_LIMIT).await.expect("it ends");
    assert!(
        status.success(),
        "{status}: a guest's contacts are not counted as the day's\n{}",
        scratch.logs()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_own_tests_pass() {
    let scratch = Scratch::new();
    let variables = python::variables().await.expect("Python with pip");
    let (folder, tests) = (folder(), folder().join("tests"));
    let found = ["-t".as_ref(), folder.as_os_str(), "-s".as_ref(), tests.as_os_str()];
    let arguments = ["-m", "unittest", "discover"].map(OsStr::new).into_iter().chain(found);
    let mut run = Process::start_with(&scratch, "unittest", Path::new(python::PROGRAM), arguments, variables)
        .expect("it starts");
    let status = run.wait_exit(CLIENT_LIMIT).await.expect("the tests end");
    assert!(status.success(), "{status}\n{}", scratch.logs());
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/python")
}
