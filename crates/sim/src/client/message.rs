//! A core message, read as any client would read it: JSON, and only the fields that one needs.

use model::Time;
use protocol::output::Output;
use protocol::text::parse_time;
use serde_json::Value;
use verify::{OriginEntry, Received};

use super::taker::Place;

#[derive(Debug)]
pub struct Message {
    pub subject: String,
    body: Value,
    pub place: Place,
}

impl Message {
    pub fn read(output: &Output) -> Option<Message> {
        let body: Value = serde_json::from_slice(&output.payload).ok()?;
        let origin = body.get("origin")?;
        let number = |name: &str| origin.get(name).and_then(Value::as_u64);
        let place =
            Place { epoch: number("epoch")?, commit: number("commit")?, index: number("index")? as u32 };
        Some(Message { subject: output.subject.clone(), body, place })
    }

    pub fn kind(&self) -> &str {
        self.text("type")
    }

    /// The contact's id, whether it is told whole or by name.
    pub fn contact(&self) -> Option<&str> {
        let contact = self.body.get("contact")?;
        contact.as_str().or_else(|| contact.get("contact")?.as_str())
    }

    pub fn offer(&self) -> Option<u64> {
        self.body.get("offer")?.as_u64()
    }

    pub fn session(&self) -> Option<u64> {
        self.body.get("session")?.as_u64()
    }

    pub fn expires_at(&self) -> Option<Time> {
        parse_time(self.body.get("expires_at")?.as_str()?)
    }

    /// The name of a presence.
    pub fn presence(&self) -> Option<&str> {
        self.body.get("presence")?.get("state")?.as_str()
    }

    pub fn text(&self, field: &str) -> &str {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// As a client's log has it.
    pub fn received(&self, at: Time) -> Received {
        let origin = OriginEntry {
            shard: crate::process::SHARD.to_owned(),
            epoch: self.place.epoch,
            commit: self.place.commit,
            index: self.place.index,
        };
        Received {
            at,
            subject: self.subject.clone(),
            kind: self.kind().to_owned(),
            origin,
            contact: self.contact().map(str::to_owned),
            offer: self.offer(),
        }
    }
}
