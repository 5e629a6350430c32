//! Servers that do not let everybody in: users, tokens, credentials files, certificates.
//!
//! The keys and accounts in `tests/access` are for these tests alone and never end.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use broker::start::{Options, Server};
use testkit::{Process, Scratch, servers};

use crate::{stderr, stdout, wissel};

const LIMIT: Duration = Duration::from_secs(30);

async fn server(scratch: &Scratch, more: &str) -> Server {
    let mut options = Options::new(servers::server_binary().await.expect("a server"), scratch.join("nats"));
    options.more = more.to_owned();
    Server::start(options).await.expect("it starts")
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access").join(name)
}

fn path(name: &str) -> String {
    file(name).display().to_string()
}

fn with_login(server: &Server, login: &str) -> String {
    server.url().replace("nats://", &format!("nats://{login}@"))
}

/// Whether it was let in; nobody tells of `s3cret`.
fn check(output: &Output, expected: Result<&str, &str>) {
    let said = stdout(output) + &stderr(output);
    match expected {
        Ok(part) => assert!(output.status.success() && said.contains(part), "{said}"),
        Err(part) => assert!(!output.status.success() && said.contains(part), "{said}"),
    }
    assert!(!said.contains("s3cret"), "{said}");
    assert_eq!(said.matches("iolation").count(), 0, "the client's own words: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_and_password_of_an_address_open_it_for_every_command_and_for_the_node() {
    let scratch = Scratch::new();
    let users = "authorization { users = [ { user: adm, password: \"s3cret@1\" } ] }\n";
    let server = server(&scratch, users).await;
    let run = |command: &[&str], url: &str| wissel(&[command, &["--servers", url]].concat());
    let good = with_login(&server, "adm:s3cret%401");
    check(&run(&["init"], &good), Ok("created"));
    check(&run(&["tenant", "add", "acme"], &good), Ok("acme"));
    check(&run(&["init"], &server.url()), Err("wants credentials"));
    let bad = run(&["init"], &with_login(&server, "adm:s3cret"));
    check(&bad, Err("the server refuses these credentials: nats://adm:***@127.0.0.1:"));

    let program = Path::new(env!("CARGO_BIN_EXE_wissel"));
    let arguments = ["node", "--servers", &good, "--monitoring", &server.monitoring_url(), "--name", "n1"];
    let mut node = Process::start(&scratch, "node", program, arguments).expect("a node");
    node.wait_for_line("ready: node n1", LIMIT).await.expect("all its links are let in");
    node.terminate().expect("it can be told to stop");
    assert!(node.wait_exit(LIMIT).await.expect("the node ends").success());
    assert!(!scratch.logs().contains("s3cret"), "{}", scratch.logs());
}

#[tokio::test]
async fn a_token_opens_it() {
    let scratch = Scratch::new();
    let server = server(&scratch, "authorization { token: s3cret }\n").await;
    let run = |login: &str| wissel(&["init", "--servers", &with_login(&server, login)]);
    check(&run("s3cret"), Ok("created"));
    check(&run("s3cret2"), Err("refuses these credentials: nats://***@"));
}

#[tokio::test]
async fn a_credentials_file_opens_it() {
    let scratch = Scratch::new();
    let accounts = std::fs::read_to_string(file("accounts.conf")).expect("a configuration");
    let server = server(&scratch, &accounts).await;
    let run = |more: &[&str]| wissel(&[&["init", "--servers", &server.url()], more].concat());
    check(&run(&["--creds", &path("node.creds")]), Ok("created"));
    check(&run(&[]), Err("name a file with --creds"));
    check(&run(&["--creds", "/nowhere/node.creds"]), Err("cannot read /nowhere/node.creds"));
    check(&run(&["--creds", &path("ca.pem")]), Err("ca.pem holds no credentials of a user"));
}

#[tokio::test]
async fn certificates_are_checked_and_shown() {
    let scratch = Scratch::new();
    let tls = format!(
        "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}\n",
        path("server.pem"),
        path("server.key"),
        path("ca.pem")
    );
    let server = server(&scratch, &tls).await;
    let run = |more: &[&str]| wissel(&[&["init", "--servers", &server.url()], more].concat());
    let (ca, cert, key) = (path("ca.pem"), path("client.pem"), path("client.key"));
    let trust = ["--tls-ca", &ca];
    let own = ["--tls-cert", &cert, "--tls-key", &key];
    check(&run(&[&trust[..], &own[..]].concat()), Ok("created"));
    check(&run(&own), Err("--tls-ca names whom the server's certificate is trusted from"));
    check(&run(&trust), Err("--tls-cert"));
    assert_eq!(run(&["--tls-cert", &cert]).status.code(), Some(2), "a certificate without its key");
}

#[test]
fn what_is_no_address_is_wrong_use() {
    for url in ["http://127.0.0.1:8222", "foo://adm:s3cret@127.0.0.1", "nats://adm:s3cret@127.0.0.1:port"] {
        let output = wissel(&["check", "--servers", url]);
        check(&output, Err("is no server's address"));
        assert_eq!(output.status.code(), Some(2), "{url}");
    }
}
