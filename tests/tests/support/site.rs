//! The tenant: three channels, five queues with and without wrap-up, and a roster that fits the load.

use anyhow::{Context, Result, ensure};
use broker::start::{Server, Sync};
use broker::{provision, tenants};
use serde_json::{Value, json};
use testkit::Scratch;

use super::client::Client;

pub const TENANT: &str = "acme";
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
pub struct Site {
    pub server: Server,
    pub url: String,
}

impl Site {
    /// A server with the streams of one shard and the tenant's configuration and roster waiting in them.
    pub async fn open(scratch: &Scratch) -> Result<Site> {
        let server = testkit::server(scratch, "nats", Sync::Always).await?;
        let url = server.url();
        let client = testkit::connect(&url).await?;
        let report = provision::init(&client, &provision::Options::default()).await?;
        ensure!(report.is_complete(), "{report}");
        tenants::add(&client, TENANT, 0).await.context("the tenant was not placed")?;
        ensure!(protocol::config::parse(CONFIG).is_ok(), "the tenant's configuration is not valid");
        let administration = Client::connect(&url, "administration").await?;
        let hash = protocol::config::hash(CONFIG);
        let text = (format!("wissel.cfg.{TENANT}.{hash}"), CONFIG.to_owned());
        send(&administration, text).await?;
        send(&administration, admin(&json!({ "type": "config_apply", "hash": hash }))).await?;
        for number in 0..AGENTS {
            send(&administration, admin(&roster_entry(number))).await?;
        }
        Ok(Site { server, url })
    }
}

pub fn agent_name(number: u64) -> String {
    format!("a{number:02}")
}

async fn send(administration: &Client, (subject, body): (String, String)) -> Result<()> {
    let id = protocol::config::hash(&body);
    administration.send(&subject, body.into(), &id, None).await.context("the administration is not heard")?;
    Ok(())
}

fn admin(body: &Value) -> (String, String) {
    (format!("wissel.in.{TENANT}.admin"), body.to_string())
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
