//! The overview for people who write producers, desktops and consumers: which subjects there are, which messages go
//! where, and how a desktop talks.

use serde_json::{Map, Value, json};

use super::{input_path, output_path, query_path};
use crate::input::INPUT_SHAPES;
use crate::output::{BODIES, OutputKind};
use crate::query::{QUERY_SHAPES, QueryShape};

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

While signed in the desktop sends a heartbeat on `wissel.beat.<tenant>.agent.<agent>` at once and then every 5 s. When none \
comes for 15 s, the agent is `lost`: it is offered nothing, keeps its active contacts for the tenant's reconnect window, and \
gets its presence back by the first heartbeat or input. After a reconnect, fetch the agent's state with \
`wissel.api.<tenant>.agent.get`, then go on; outputs on core NATS that were missed do not come again.

An `offer` is answered by `accept` or `decline` with its `contact` and `offer` number, before `expires_at`. `assigned` says that \
the contact is the agent's; `offer_ended` that it is not. The agent ends it with `complete`, hands it on with `transfer`, or gives \
it back with `requeue`. After `wrap_up` the desktop sends `wrap_up_done`, or lets the time pass. `refused` says that an input \
changed nothing, and why.";

/// Of questions; [`crate::query`] is the source.
const ERRORS: &str = "An error is an answer with a code and a sentence in the headers `Nats-Service-Error-Code` and \
`Nats-Service-Error`: 400 for a request that the verb does not take, 404 for what does not exist, 503 while the node is not \
ready: ask again. While a shard changes its owner nobody answers. An answer with an `origin` \
is of the state up to that commit: what was decided a moment ago may be missing.";

struct Channel {
    name: String,
    /// Absent: an inbox that the asker chooses.
    address: Option<String>,
    parameters: &'static [&'static str],
    /// From Wissel's side: `receive` or `send`; absent: part of the operation of another channel.
    action: Option<&'static str>,
    about: String,
    messages: Vec<(String, String)>,
    /// The channel on which it is answered.
    reply: Option<String>,
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
            channel.name.clone(),
            json!({
                "address": channel.address,
                "description": channel.about,
                "parameters": parameters(channel.parameters),
                "messages": refs,
            }),
        );
        let Some(action) = channel.action else { continue };
        let mut operation = json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{}", channel.name) },
            "messages": operation_refs,
        });
        if let Some(reply) = channel.reply {
            operation["reply"] = json!({ "channel": { "$ref": format!("#/channels/{reply}") } });
        }
        operations.insert(format!("{action}_{}", channel.name), operation);
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
    let mut channels = vec![
        Channel::receive(
            "input_contact",
            "wissel.in.{tenant}.contact",
            &["tenant"],
            "From producers: contacts come and go.",
            inputs("contact"),
        ),
        Channel::receive(
            "input_agent",
            "wissel.in.{tenant}.agent.{agent}",
            &["tenant", "agent"],
            DESKTOP,
            inputs("agent"),
        ),
        Channel::receive(
            "input_admin",
            "wissel.in.{tenant}.admin",
            &["tenant"],
            "From the administration: configuration and roster.",
            inputs("admin"),
        ),
        Channel::receive(
            "beat",
            "wissel.beat.{tenant}.agent.{agent}",
            &["tenant", "agent"],
            "From desktops, on core NATS, every 5 s: the agent is there. After 15 s without one it is lost.",
            inputs("beat"),
        ),
        Channel::send(
            "output_agent",
            "wissel.out.{tenant}.agent.{agent}",
            &["tenant", "agent"],
            "To the agent's desktop, on core NATS.",
            outputs(OutputKind::AgentDesktop),
        ),
        Channel::send(
            "output_contact",
            "wissel.out.{tenant}.contact.{contact}",
            &["tenant", "contact"],
            "To whoever serves the customer, on core NATS.",
            outputs(OutputKind::Customer),
        ),
        Channel::send(
            "event",
            "wissel.event.{tenant}.{type}",
            &["tenant", "type"],
            "To everyone else: the durable event feed, stream EVT.",
            outputs(OutputKind::Feed),
        ),
        Channel::send(
            "refused",
            "wissel.refused.{tenant}.{reason}",
            &["tenant", "reason"],
            "Refused inputs: the durable stream DLQ.",
            outputs(OutputKind::DeadLetter),
        ),
    ];
    channels.extend(QUERY_SHAPES.iter().flat_map(query));
    channels
}

/// A verb's questions, and its answers.
fn query(shape: &QueryShape) -> [Channel; 2] {
    let name = format!("query_{}", shape.verb.replace('.', "_"));
    let reply = format!("{name}_reply");
    let path = |message: &str| (message.to_owned(), query_path(shape, message));
    let answers = Channel {
        name: reply.clone(),
        address: None,
        parameters: &[],
        action: None,
        about: format!("The answer, to the inbox that the request names. {ERRORS}"),
        messages: shape.answers.iter().map(|(answer, _)| path(answer)).collect(),
        reply: None,
    };
    let address = format!("wissel.api.{{tenant}}.{}", shape.verb);
    let questions = Channel::receive(&name, &address, &["tenant"], shape.about, vec![path("request")]);
    [Channel { reply: Some(reply), ..questions }, answers]
}

impl Channel {
    fn receive(
        name: &str,
        address: &str,
        parameters: &'static [&'static str],
        about: &str,
        messages: Vec<(String, String)>,
    ) -> Channel {
        Channel {
            name: name.to_owned(),
            address: Some(address.to_owned()),
            parameters,
            action: Some("receive"),
            about: about.to_owned(),
            messages,
            reply: None,
        }
    }

    fn send(
        name: &str,
        address: &str,
        parameters: &'static [&'static str],
        about: &str,
        messages: Vec<(String, String)>,
    ) -> Channel {
        Channel { action: Some("send"), ..Channel::receive(name, address, parameters, about, messages) }
    }
}
