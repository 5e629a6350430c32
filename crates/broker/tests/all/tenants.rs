//! A tenant is in one shard, and the server itself sees to it.

use async_nats::jetstream::stream::Config;
use broker::provision::{Options, init};
use broker::start::Sync;
use broker::tenants::{Added, TenantError, add, list};
use testkit::Scratch;

#[tokio::test]
async fn tenants_are_placed_once() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    init(&client, &Options { shards: 2, ..Options::default() }).await.expect("made");

    assert_eq!(add(&client, "acme", 1).await.expect("added"), Added::Now);
    assert_eq!(add(&client, "acme", 1).await.expect("there"), Added::Before);
    assert_eq!(add(&client, "_shard", 0).await.expect("added"), Added::Now);
    let placed: Vec<(String, u16)> = list(&client).await.expect("listed").into_iter().collect();
    assert_eq!(placed, [("_shard".to_owned(), 0), ("acme".to_owned(), 1)]);

    let error = add(&client, "acme", 0).await.expect_err("it is in shard 1");
    assert!(matches!(error, TenantError::Elsewhere { holder: 1, .. }), "{error}");
    let error = add(&client, "acme", 7).await.expect_err("it is in shard 1");
    assert!(matches!(error, TenantError::Elsewhere { .. }), "{error}");
    let error = add(&client, "other", 7).await.expect_err("no such shard").to_string();
    assert!(error.contains("from 0 to 1") && error.contains("wissel init --shards 8"), "{error}");
    for name in ["", "a.b", "a*", ">", &"x".repeat(65)] {
        assert!(matches!(add(&client, name, 0).await, Err(TenantError::Name { .. })), "{name:?}");
    }
}

#[tokio::test]
async fn inputs_reach_the_shard_of_their_tenant_and_none_without_one() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    init(&client, &Options::default()).await.expect("made");
    let jetstream = async_nats::jetstream::new(client.clone());
    let send = || jetstream.publish("wissel.in.acme.contact", "{}".into());
    assert!(send().await.expect("sent").await.is_err(), "nobody takes it");
    add(&client, "acme", 0).await.expect("added");
    assert_eq!(send().await.expect("sent").await.expect("kept").stream, "ING_0");
    // What no decoder would take is refused to its sender; what is a little too large is answered by the dead letters.
    let body = |bytes: usize| jetstream.publish("wissel.in.acme.contact", vec![b'x'; bytes].into());
    assert!(body(40 * 1024).await.expect("sent").await.is_err());
    assert_eq!(body(20 * 1024).await.expect("sent").await.expect("kept").sequence, 2);
    // The tenants survive another `init`.
    assert!(init(&client, &Options::default()).await.expect("kept").is_complete());
    assert_eq!(send().await.expect("sent").await.expect("kept").sequence, 3);
}

#[tokio::test]
async fn a_foreign_stream_in_the_way_is_named() {
    let scratch = Scratch::new();
    let server = testkit::server(&scratch, "one", Sync::Lazy).await.expect("started");
    let client = testkit::connect(&server.url()).await.expect("connected");
    init(&client, &Options::default()).await.expect("made");
    let other =
        Config { name: "OTHER".into(), subjects: vec!["wissel.in.acme.*".into()], ..Config::default() };
    async_nats::jetstream::new(client.clone()).create_stream(other).await.expect("made");
    let error = add(&client, "acme", 0).await.expect_err("the subject is taken").to_string();
    assert!(error.contains("stream OTHER takes \"wissel.in.acme.*\""), "{error}");
}
