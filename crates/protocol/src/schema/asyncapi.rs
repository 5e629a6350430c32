//! The overview for people who write producers, desktops and consumers: which subjects there are, which messages go
//! where, and how a desktop talks.

use serde_json::{Map, Value, json};

use super::{input_path, output_path};
use crate::input::INPUT_SHAPES;
use crate::output::{BODIES, OutputKind};

const ABOUT: &str = "\
Contacts and agents are inputs; what Wissel decides comes back as outputs.

Inputs are published to JetStream and are taken in when the publish is acknowledged. The subject is the identity: a body \
that names another tenant or agent than its subject is refused. An input that is refused changes nothing and goes to \
`wissel.refused.<tenant>.<reason>`, with what is wrong, where, and how to mend it.

Every output has an `origin`: shard, epoch, commit, and place in the commit. An output may come more than once; it is the \
same if its origin is. Drop what you have seen, and what is of a lower epoch than you have seen.

Limits of an input: 16,384 bytes, 16 levels, 256 keys in all, 1,024 bytes in a string; no key twice, no unknown field, no \
NUL. Ids consist of 1 to 64 of A-Z a-z 0-9 _ and -. Times are RFC 3339 with `Z` or an offset. Lengths of time are strings \
such as \"20s\", \"1m30s\", \"2h\" or \"500ms\".";

const DESKTOP: &str = "\
The desktop protocol. A desktop subscribes to its agent's outputs first, then signs in with a `session` number higher than any \
the agent used before (the time in milliseconds will do). Every further input carries the same `session` and a `counter` that \
is higher than that of the input before; repeating an input with its counter is safe and changes nothing the second time. \
A sign-in with a higher session takes over from an older one, with everything the agent holds.

While signed in the desktop sends heartbeats on `wissel.beat.<tenant>.agent.<agent>`. When they stop, the agent is `lost`: it \
is offered nothing, keeps its active contacts for the tenant's reconnect window, and gets its presence back by the first \
heartbeat or input. After a reconnect, fetch the agent's state over `wissel.api.<tenant>`, then go on; outputs on core NATS that \
were missed do not come again.

An `offer` is answered by `accept` or `decline` with its `contact` and `offer` number, before `expires_at`. `assigned` says that \
the contact is the agent's; `offer_ended` that it is not. The agent ends it with `complete`, hands it on with `transfer`, or gives \
it back with `requeue`. After `wrap_up` the desktop sends `wrap_up_done`, or lets the time pass. `refused` says that an input \
changed nothing, and why.";

struct Channel {
    name: &'static str,
    address: &'static str,
    parameters: &'static [&'static str],
    /// From Wissel's side: `receive` or `send`.
    action: &'static str,
    about: &'static str,
    messages: Vec<(String, String)>,
}

pub(super) fn document() -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    for channel in self::channels() {
        let mut refs = Map::new();
        let mut operation_refs = Vec::new();
        for (message, path) in &channel.messages {
            let id = format!("{}_{message}", channel.name);
            messages.insert(
                id.clone(),
                json!({
                    "name": message,
                    "contentType": "application/json",
                    "payload": {
                        "schemaFormat": "application/schema+json;version=draft-2020-12",
                        "schema": { "$ref": format!("./{path}") },
                    },
                }),
            );
            refs.insert(message.clone(), json!({ "$ref": format!("#/components/messages/{id}") }));
            operation_refs.push(json!({ "$ref": format!("#/channels/{}/messages/{message}", channel.name) }));
        }
        channels.insert(
            channel.name.to_owned(),
            json!({
                "address": channel.address,
                "description": channel.about,
                "parameters": parameters(channel.parameters),
                "messages": refs,
            }),
        );
        operations.insert(
            format!("{}_{}", channel.action, channel.name),
            json!({
                "action": channel.action,
                "channel": { "$ref": format!("#/channels/{}", channel.name) },
                "messages": operation_refs,
            }),
        );
    }
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": "Wissel", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages },
    })
}

fn parameters(names: &[&str]) -> Map<String, Value> {
    let describe = |name: &str| match name {
        "tenant" => "The organisation.",
        "agent" => "The agent; the subject is its identity.",
        "contact" => "The contact, by the id that its producer chose.",
        "type" => "The event's type.",
        _ => "The code of the refusal.",
    };
    names.iter().map(|name| ((*name).to_owned(), json!({ "description": describe(name) }))).collect()
}

fn channels() -> Vec<Channel> {
    let inputs = |source: &str| {
        let shapes = INPUT_SHAPES.iter().filter(|shape| shape.source == source);
        shapes.map(|shape| (shape.name.to_owned(), input_path(shape))).collect()
    };
    let outputs = |kind: OutputKind| {
        let shapes = BODIES.iter().filter(|shape| shape.kind == kind);
        shapes.map(|shape| (shape.name.to_owned(), output_path(shape))).collect()
    };
    vec![
        Channel {
            name: "input_contact",
            address: "wissel.in.{tenant}.contact",
            parameters: &["tenant"],
            action: "receive",
            about: "From producers: contacts come and go.",
            messages: inputs("contact"),
        },
        Channel {
            name: "input_agent",
            address: "wissel.in.{tenant}.agent.{agent}",
            parameters: &["tenant", "agent"],
            action: "receive",
            about: DESKTOP,
            messages: inputs("agent"),
        },
        Channel {
            name: "input_admin",
            address: "wissel.in.{tenant}.admin",
            parameters: &["tenant"],
            action: "receive",
            about: "From the administration: configuration and roster.",
            messages: inputs("admin"),
        },
        Channel {
            name: "beat",
            address: "wissel.beat.{tenant}.agent.{agent}",
            parameters: &["tenant", "agent"],
            action: "receive",
            about: "From desktops, on core NATS: the agent is there.",
            messages: inputs("beat"),
        },
        Channel {
            name: "output_agent",
            address: "wissel.out.{tenant}.agent.{agent}",
            parameters: &["tenant", "agent"],
            action: "send",
            about: "To the agent's desktop, on core NATS.",
            messages: outputs(OutputKind::AgentDesktop),
        },
        Channel {
            name: "output_contact",
            address: "wissel.out.{tenant}.contact.{contact}",
            parameters: &["tenant", "contact"],
            action: "send",
            about: "To whoever serves the customer, on core NATS.",
            messages: outputs(OutputKind::Customer),
        },
        Channel {
            name: "event",
            address: "wissel.event.{tenant}.{type}",
            parameters: &["tenant", "type"],
            action: "send",
            about: "To everyone else: the durable event feed, stream EVT.",
            messages: outputs(OutputKind::Feed),
        },
        Channel {
            name: "refused",
            address: "wissel.refused.{tenant}.{reason}",
            parameters: &["tenant", "reason"],
            action: "send",
            about: "Refused inputs: the durable stream DLQ.",
            messages: outputs(OutputKind::DeadLetter),
        },
    ]
}
