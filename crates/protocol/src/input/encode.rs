//! The other way round: the model's words as a message of the ingest stream, for whoever plays a producer, a desktop
//! or an administration.
//!
//! It stands beside the decoder so that what is written is what is read; a test holds them together.

use model::agent::AfterDraining;
use model::config::SkillDemand;
use model::input::{AgentAction, AgentInput, EndedBy};
use model::{AgentSpec, ContactBody, InputBody, TenantId};
use serde_json::{Map, Value, json};

use super::{consult, hand};
use crate::subject;
use crate::text::{show_duration, show_time};

/// Subject and body of an input. Nothing for what a decoder has refused, since that was never a message, and for what
/// is said to a shard.
pub fn encode(tenant: &TenantId, body: &InputBody) -> Option<(String, Vec<u8>)> {
    let (subject, value) = match body {
        InputBody::ConfigApply { hash, config } => (
            subject::input_admin(tenant),
            json!({ "type": "config_apply", "hash": hash, "version": config.version }),
        ),
        InputBody::AgentPut(spec) => (subject::input_admin(tenant), agent_put(spec)),
        InputBody::AgentRemove { agent } => {
            (subject::input_admin(tenant), json!({ "type": "agent_remove", "agent": agent.as_str() }))
        }
        InputBody::QueueSwitch { queue, state } => (
            subject::input_admin(tenant),
            json!({ "type": "queue_switch", "queue": queue.as_str(), "state": state.name() }),
        ),
        InputBody::Agent(input) => (subject::input_agent(tenant, &input.agent), agent_input(input)),
        InputBody::ContactCreate { body, digest: _ } => {
            (subject::input_contact(tenant), contact_create(body))
        }
        InputBody::ContactEnd { contact, by } => {
            let by = match by {
                EndedBy::Customer => "customer",
                EndedBy::Organisation => "organisation",
            };
            let value = json!({ "type": "contact_end", "contact": contact.as_str(), "by": by });
            (subject::input_contact(tenant), value)
        }
        InputBody::ContactUpdate { contact, update } => {
            let mut value = json!({
                "type": "contact_update",
                "contact": contact.as_str(),
                "attributes": update.attributes,
            });
            if let Some(customer) = &update.customer {
                value["customer"] = json!(customer.as_str());
            }
            if update.person {
                value["person"] = json!(true);
            }
            (subject::input_contact(tenant), value)
        }
        InputBody::ContactAnswer { contact, accepts } => {
            let value = json!({ "type": "contact_answer", "contact": contact.as_str(), "accepts": accepts });
            (subject::input_contact(tenant), value)
        }
        InputBody::Supervisor(input) => (subject::input_admin(tenant), hand::supervisor_input(input)),
        InputBody::ContactQuiet { contact, is_quiet } => {
            let kind = if *is_quiet { "contact_quiet" } else { "contact_reply" };
            (subject::input_contact(tenant), json!({ "type": kind, "contact": contact.as_str() }))
        }
        // It speaks to a shard, see `crate::moving`.
        InputBody::Move(_) | InputBody::Malformed { .. } => return None,
    };
    Some((subject, value.to_string().into_bytes()))
}

fn contact_create(body: &ContactBody) -> Value {
    let mut value = json!({
        "type": "contact_create",
        "contact": body.contact.as_str(),
        "channel": body.channel.as_str(),
        "skills": demands(&body.skills),
        "points": body.points,
        "excluded_agents": body.excluded_agents.iter().map(|agent| agent.as_str()).collect::<Vec<_>>(),
        "attributes": body.attributes,
        "reachable": body.reachable.iter().map(|channel| channel.as_str()).collect::<Vec<_>>(),
    });
    let window = body.window.as_ref();
    let optional = [
        ("queue", body.queue.as_ref().map(ToString::to_string)),
        ("customer", body.customer.as_ref().map(ToString::to_string)),
        ("matter", body.matter.as_ref().map(ToString::to_string)),
        ("site", body.site.as_ref().map(ToString::to_string)),
        ("due_at", body.due_at.map(show_time)),
        ("arrived_at", body.arrived_at.map(show_time)),
        ("not_before", window.and_then(|window| window.not_before).map(show_time)),
        ("not_after", window.and_then(|window| window.not_after).map(show_time)),
        ("preferred_agent", body.preferred_agent.as_ref().map(ToString::to_string)),
        ("preferred_patience", body.preferred_patience.map(show_duration)),
        ("traceparent", body.traceparent.clone()),
    ];
    for (name, text) in optional {
        if let Some(text) = text {
            value[name] = Value::String(text);
        }
    }
    if body.person {
        value["person"] = json!(true);
    }
    value
}

fn agent_put(spec: &AgentSpec) -> Value {
    let channels: Map<String, Value> = spec
        .channels
        .iter()
        .map(|entry| {
            let value = entry.max.map_or(json!({}), |max| json!({ "max": max }));
            (entry.channel.as_str().to_owned(), value)
        })
        .collect();
    let mut value = json!({
        "type": "agent_put",
        "agent": spec.agent.as_str(),
        "skills": demands(&spec.skills),
        "channels": channels,
        "capacity": spec.capacity,
        "rank": spec.rank,
    });
    if let Some(site) = &spec.site {
        value["site"] = json!(site.as_str());
    }
    if !spec.kind.is_person() {
        value["kind"] = json!(spec.kind.name());
    }
    if let Some(reserve) = spec.reserve {
        value["reserve"] = json!(reserve);
    }
    value
}

fn agent_input(input: &AgentInput) -> Value {
    let mut value = action(&input.action);
    value["session"] = json!(input.session);
    value["counter"] = json!(input.counter);
    value
}

fn action(action: &AgentAction) -> Value {
    match action {
        AgentAction::SignIn { aux: None } => json!({ "type": "sign_in" }),
        AgentAction::SignIn { aux: Some(reason) } => json!({ "type": "sign_in", "aux": reason.as_str() }),
        AgentAction::SignOut => json!({ "type": "sign_out" }),
        AgentAction::Available => json!({ "type": "available" }),
        AgentAction::Aux { reason } => json!({ "type": "aux", "reason": reason.as_str() }),
        AgentAction::Drain { then: AfterDraining::SignOut } => json!({ "type": "drain" }),
        AgentAction::Drain { then: AfterDraining::Aux(reason) } => {
            json!({ "type": "drain", "aux": reason.as_str() })
        }
        AgentAction::Accept { contact, offer } => {
            json!({ "type": "accept", "contact": contact.as_str(), "offer": offer.0 })
        }
        AgentAction::Decline { contact, offer } => {
            json!({ "type": "decline", "contact": contact.as_str(), "offer": offer.0 })
        }
        AgentAction::Complete { contact } => json!({ "type": "complete", "contact": contact.as_str() }),
        AgentAction::NotReached { contact } => {
            json!({ "type": "complete", "contact": contact.as_str(), "not_reached": true })
        }
        AgentAction::WrapUpDone { contact } => {
            json!({ "type": "wrap_up_done", "contact": contact.as_str() })
        }
        AgentAction::Requeue { contact } => json!({ "type": "requeue", "contact": contact.as_str() }),
        AgentAction::Pull { from } => hand::pull(from),
        AgentAction::Consult(request) => consult::consult(request),
        AgentAction::StillWorking { contact } => {
            json!({ "type": "still_working", "contact": contact.as_str() })
        }
        AgentAction::Quiet { contact } => json!({ "type": "quiet", "contact": contact.as_str() }),
        AgentAction::Transfer { contact, to, skills, update } => {
            let to = consult::transfer_to(to);
            let mut value = json!({ "type": "transfer", "contact": contact.as_str(), "to": to });
            if let Some(skills) = skills {
                value["skills"] = demands(skills);
            }
            if let Some(update) = update {
                value["attributes"] = json!(update.attributes);
            }
            value
        }
    }
}

pub(super) fn demands(skills: &[SkillDemand]) -> Value {
    let each = skills.iter().map(|demand| (demand.skill.as_str().to_owned(), json!(demand.level.get())));
    Value::Object(each.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use model::AgentKind;
    use model::agent::AgentChannel;
    use model::consult::{ConsultRequest, ConsultTo};
    use model::contact::{ContactUpdate, Window};
    use model::hand::{PullFrom, SupervisorInput, SwitchAgent};
    use model::id::*;
    use model::input::TransferTo;
    use model::{Level, Millis, Time};

    use super::super::decode;
    use super::*;

    fn check(body: InputBody) {
        let tenant = TenantId::new("acme").expect("an id");
        let (subject, bytes) = encode(&tenant, &body).expect("it can be sent");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let read =
            decode(&subject, &bytes, 1, Time(1 << 40), None, &BTreeMap::new()).expect("a subject of ours");
        match (&read.body, &body) {
            (
                InputBody::ContactCreate { body: read, digest: _ },
                InputBody::ContactCreate { body: sent, digest: _ },
            ) => assert_eq!(read, sent, "{text}"),
            (read, sent) => assert_eq!(read, sent, "{text}"),
        }
    }

    fn id<T>(text: &str, new: impl Fn(&str) -> Result<T, model::IdError>) -> T {
        new(text).expect("an id")
    }

    fn skill(name: &str, level: u8) -> SkillDemand {
        SkillDemand { skill: id(name, SkillId::new), level: Level::new(level).expect("a level") }
    }

    #[test]
    fn contacts_are_read_as_they_were_written() {
        let body = ContactBody {
            contact: id("c1", ContactId::new),
            channel: id("voice", ChannelId::new),
            queue: Some(id("sales", QueueId::new)),
            customer: Some(id("someone", CustomerRef::new)),
            matter: Some(id("order-7", MatterRef::new)),
            skills: vec![skill("dutch", 3), skill("sales", 1)],
            site: Some(id("north", SiteId::new)),
            person: true,
            points: -5,
            due_at: Some(Time(1_700_000_000_123)),
            arrived_at: Some(Time((1 << 40) - 1_000)),
            preferred_agent: Some(id("jo", AgentId::new)),
            preferred_patience: Some(Millis(90_500)),
            excluded_agents: vec![id("al", AgentId::new)],
            attributes: [("a".to_owned(), "é\n".to_owned())].into(),
            reachable: vec![id("email", ChannelId::new), id("chat", ChannelId::new)],
            window: Some(Box::new(Window { not_before: None, not_after: Some(Time(1 << 41)) })),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            classified: None,
            consult: None,
        };
        check(InputBody::ContactCreate { body: Arc::new(body.clone()), digest: 0 });
        let from = Window { not_before: Some(Time(1 << 40)), not_after: None };
        for window in [None, Some(Box::new(from))] {
            let body = ContactBody { queue: None, site: None, person: false, window, ..body.clone() };
            check(InputBody::ContactCreate { body: Arc::new(body), digest: 0 });
        }
        for customer in [None, Some(id("someone", CustomerRef::new))] {
            let attributes = [("a".to_owned(), Some("é".to_owned())), ("b".to_owned(), None)].into();
            let update = Arc::new(ContactUpdate { person: customer.is_some(), customer, attributes });
            check(InputBody::ContactUpdate { contact: id("c1", ContactId::new), update });
        }
        for accepts in [true, false] {
            check(InputBody::ContactAnswer { contact: id("c1", ContactId::new), accepts });
        }
        for is_quiet in [true, false] {
            check(InputBody::ContactQuiet { contact: id("c1", ContactId::new), is_quiet });
        }
        for by in [EndedBy::Customer, EndedBy::Organisation] {
            check(InputBody::ContactEnd { contact: id("c1", ContactId::new), by });
        }
    }

    #[test]
    fn supervisors_are_read_as_they_were_written() {
        let (contact, agent) = (|| id("c1", ContactId::new), || id("jo", AgentId::new));
        let reason = || id("lunch", AuxReason::new);
        for to in [
            SwitchAgent::Available,
            SwitchAgent::SignedOut,
            SwitchAgent::Aux(reason()),
            SwitchAgent::Draining(AfterDraining::SignOut),
            SwitchAgent::Draining(AfterDraining::Aux(reason())),
        ] {
            check(InputBody::Supervisor(SupervisorInput::Switch { agent: agent(), to }));
        }
        check(InputBody::Supervisor(SupervisorInput::Assign { contact: contact(), agent: agent() }));
        for queue in [None, Some(id("sales", QueueId::new))] {
            check(InputBody::Supervisor(SupervisorInput::Requeue { contact: contact(), queue }));
        }
    }

    #[test]
    fn agents_are_read_as_they_were_written() {
        let contact = || id("c1", ContactId::new);
        let reason = || id("lunch", AuxReason::new);
        let offer = OfferNo(17);
        for action in [
            AgentAction::SignIn { aux: None },
            AgentAction::SignIn { aux: Some(reason()) },
            AgentAction::SignOut,
            AgentAction::Pull { from: PullFrom::Queue(id("sales", QueueId::new)) },
            AgentAction::Pull { from: PullFrom::Contact(contact()) },
            AgentAction::Available,
            AgentAction::Aux { reason: reason() },
            AgentAction::Drain { then: AfterDraining::SignOut },
            AgentAction::Drain { then: AfterDraining::Aux(reason()) },
            AgentAction::Accept { contact: contact(), offer },
            AgentAction::Decline { contact: contact(), offer },
            AgentAction::Complete { contact: contact() },
            AgentAction::NotReached { contact: contact() },
            AgentAction::WrapUpDone { contact: contact() },
            AgentAction::Requeue { contact: contact() },
            AgentAction::Quiet { contact: contact() },
            AgentAction::StillWorking { contact: contact() },
            AgentAction::Transfer {
                contact: contact(),
                to: TransferTo::Queue(id("sales", QueueId::new)),
                skills: Some(vec![skill("dutch", 10)]),
                update: None,
            },
            AgentAction::Transfer {
                contact: contact(),
                to: TransferTo::Agent(id("al", AgentId::new)),
                skills: None,
                update: Some(Arc::new(ContactUpdate {
                    attributes: [("a".to_owned(), Some("é".to_owned())), ("b".to_owned(), None)].into(),
                    ..ContactUpdate::default()
                })),
            },
            AgentAction::Transfer {
                contact: contact(),
                to: TransferTo::Consult(id("c2", ContactId::new)),
                skills: None,
                update: None,
            },
            AgentAction::Consult(Box::new(ConsultRequest {
                contact: contact(),
                consult: id("c2", ContactId::new),
                to: ConsultTo::Queue(id("sales", QueueId::new)),
                channel: Some(id("chat", ChannelId::new)),
                skills: vec![skill("dutch", 10)],
            })),
            AgentAction::Consult(Box::new(ConsultRequest {
                contact: contact(),
                consult: id("c2", ContactId::new),
                to: ConsultTo::Agent(id("al", AgentId::new)),
                channel: None,
                skills: Vec::new(),
            })),
        ] {
            check(InputBody::Agent(AgentInput {
                agent: id("jo", AgentId::new),
                session: 1 << 40,
                counter: 3,
                action,
            }));
        }
    }

    #[test]
    fn the_roster_is_read_as_it_was_written() {
        let channel = |name, max| AgentChannel { channel: id(name, ChannelId::new), max };
        let jo = AgentSpec {
            agent: id("jo", AgentId::new),
            kind: AgentKind::Bot,
            skills: vec![skill("dutch", 7)],
            channels: vec![channel("chat", Some(2)), channel("voice", None)],
            capacity: 150,
            rank: 4,
            site: Some(id("north", SiteId::new)),
            reserve: Some(30),
        };
        check(InputBody::AgentPut(Arc::new(AgentSpec {
            kind: AgentKind::Person,
            site: None,
            reserve: None,
            ..jo.clone()
        })));
        check(InputBody::AgentPut(Arc::new(jo)));
        check(InputBody::AgentRemove { agent: id("jo", AgentId::new) });
    }
}
