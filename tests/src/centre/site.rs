//! The tenant: three channels, five queues with and without wrap-up, and a roster that fits the load.

use anyhow::{Context, Result, ensure};
use broker::start::{Server, Sync};
use broker::{provision, tenants};
use serde_json::{Value, json};
use testkit::Scratch;

use super::client::Client;

/// At 60 contacts a second, of which an agent's share takes about a second, half of them are busy.
pub const AGENTS: u64 = 48;

/// Time-outs are as short as a configuration may have them, so that every one of them ends often.
const CONFIG: &str = r#"
version = 1
reconnect_window = "60s"
skills = ["sales", "care", "dutch"]
[channels.voice]
[channels.chat]
[channels.email]
[queues.sales]
skills = { sales = 1 }
offer_timeout = "1s"
wrap_up = "1s"
retry_same_agent_after = "2s"
[queues.care]
skills = { care = 3 }
method = "least_loaded"
offer_timeout = "1s"
preferred_patience = "1s"
[queues.dutch]
skills = { dutch = 1 }
method = "best_skill"
points = 20
offer_timeout = "2s"
wrap_up = "500ms"
[queues.web]
auto_accept = true
wrap_up = "300ms"
[queues.mail]
skills = { care = 1 }
due_in = "1h"
offer_timeout = "2s"
retry_same_agent_after = "1s"
wrap_up = "500ms"
[aux]
reasons = ["break", "no_answer"]
[rona]
retries = 2
aux = "no_answer"
"#;

/// Queue and channel of contacts, each as likely as the next.
pub const KINDS: [(&str, &str); 8] = [
    ("sales", "voice"),
    ("sales", "chat"),
    ("care", "voice"),
    ("care", "chat"),
    ("dutch", "chat"),
    ("web", "chat"),
    ("mail", "email"),
    ("mail", "email"),
];

/// The server ends before the test's folder goes.
#[derive(Debug)]
pub struct Site {
    pub server: Server,
    pub url: String,
}

impl Site {
    /// A server with the streams of one shard and the tenant's configuration and roster waiting in them.
    pub async fn open(scratch: &Scratch) -> Result<Site> {
        let server = testkit::server(scratch, "nats", Sync::Always).await?;
        let url = server.url();
        furnish(&url, 1, 1, "60s").await?;
        Ok(Site { server, url })
    }
}

/// Gives a server streams for this many shards, and each of them a tenant whose configuration and roster wait in its
/// stream.
pub async fn furnish(url: &str, shards: u16, replicas: usize, reconnect_window: &str) -> Result<()> {
    let client = testkit::connect(url).await?;
    let options = provision::Options { shards, replicas, ..provision::Options::default() };
    let report = provision::init(&client, &options).await?;
    ensure!(report.is_complete(), "{report}");
    let config = CONFIG.replace("60s", reconnect_window);
    ensure!(protocol::config::parse(&config).is_ok(), "the tenant's configuration is not valid");
    let administration = Client::connect(url, "administration").await?;
    for shard in 0..shards {
        let tenant = tenant_name(shard);
        tenants::add(&client, &tenant, shard).await.context("the tenant was not placed")?;
        let hash = protocol::config::hash(&config);
        send(&administration, format!("wissel.cfg.{tenant}.{hash}"), config.clone()).await?;
        let admin = format!("wissel.in.{tenant}.admin");
        send(&administration, admin.clone(), json!({ "type": "config_apply", "hash": hash }).to_string())
            .await?;
        for number in 0..AGENTS {
            send(&administration, admin.clone(), roster_entry(number).to_string()).await?;
        }
    }
    Ok(())
}

/// The tenant that is in this shard.
pub fn tenant_name(shard: u16) -> String {
    format!("acme{shard}")
}

pub fn agent_name(number: u64) -> String {
    format!("a{number:02}")
}

async fn send(administration: &Client, subject: String, body: String) -> Result<()> {
    let id = protocol::config::hash(&format!("{subject} {body}"));
    administration.send(&subject, body.into(), &id, None).await.context("the administration is not heard")?;
    Ok(())
}

/// Everyone sells and cares, every third speaks Dutch.
fn roster_entry(number: u64) -> Value {
    let mut skills = json!({ "sales": 1 + number % 5, "care": 3 + number % 7 });
    if number.is_multiple_of(3) {
        skills["dutch"] = json!(1 + number % 4);
    }
    let channels = json!({ "voice": {}, "chat": { "max": 2 }, "email": {} });
    json!({ "type": "agent_put", "agent": agent_name(number), "skills": skills, "channels": channels })
}
