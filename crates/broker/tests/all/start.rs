//! Servers start, are ready, end, come back with what they held, and say why when they do not start.

use broker::start::{Options, Server, Sync};
use testkit::Scratch;

#[tokio::test]
async fn a_server_comes_back_on_its_ports_with_its_store() {
    let scratch = Scratch::new();
    let mut server = testkit::server(&scratch, "one", Sync::Always).await.expect("started");
    let url = server.url();
    let client = testkit::connect(&url).await.expect("connected");
    broker::provision::init(&client, &broker::provision::Options::default()).await.expect("streams");
    server.kill().expect("killed");
    assert!(!server.is_running());
    server.restart().await.expect("started again");
    assert_eq!(server.url(), url);
    let client = testkit::connect(&url).await.expect("connected");
    let streams = broker::provision::streams(&client).await.expect("streams");
    assert!(streams.contains_key("JRN_0"), "{:?}", streams.keys());
    server.stop().await.expect("stopped");
    assert!(server.log_tail(5).contains("Server Exiting"), "{}", server.log_tail(5));
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_its_last_lines() {
    let scratch = Scratch::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let mut options = Options::new(testkit::server_binary().await.expect("a server"), scratch.join("one"));
    options.port = Some(taken.local_addr().expect("an address").port());
    let error = Server::start(options).await.expect_err("the port is taken").to_string();
    assert!(error.contains("did not start") && error.contains("address already in use"), "{error}");
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let url = server.url();
    drop(server);
    let address = url.strip_prefix("nats://").expect("an address");
    assert!(std::net::TcpStream::connect(address).is_err(), "something still listens on {address}");
}
