//! Takes a body apart into the model's words: the common fields against the subject, the others by type.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::agent::{AfterDraining, AgentChannel};
use model::config::QueueState;
use model::contact::{ATTRIBUTES_MAX, Window};
use model::id::{AgentId, OfferNo, TenantId};
use model::input::{AgentAction, AgentInput, EndedBy, TransferTo};
use model::{AgentKind, AgentSpec, ContactBody, InputBody, Refusal, Time};
use serde::de::Deserialize;

use super::body::{
    ADMIN_TYPES, AGENT_TYPES, AgentCommon, AgentPut, AgentRemove, Aux, By, CONTACT_TYPES, Common, Complete,
    ConfigApply, ContactAnswer, ContactCreate, ContactEnd, ContactOnly, ContactUpdate, Drain, KindOfAgent,
    Nothing, OfCustomer, OfferAnswer, QueueSwitch, SignIn, SwitchTo, To, Transfer,
};
use super::consult::Consult;
use super::digest::digest;
use super::fields::{self, FieldError};
use super::hand::{AgentSwitch, ContactAssign, ContactRequeue, Pull};
use super::kinds::{Demands, Map, Text, Whole};
use super::tree::{self, Entries, Value};
use super::{ARRIVED_AGO_MAX, ConfigTexts, Refused, SESSION_AHEAD_MAX, Source};
use crate::config;
use crate::text::{Id, Moment, nearest};

/// Units of an agent whose roster entry names none: those of one voice contact, so that it has one at a time.
pub const CAPACITY_DEFAULT: u16 = 100;

const COMMON: &[&str] = &["type", "tenant", "sent_at"];
const AGENT_COMMON: &[&str] = &["type", "tenant", "sent_at", "agent", "session", "counter"];

type Decoded = (Option<Time>, InputBody);

pub(super) fn decode(
    tenant: &TenantId,
    source: &Source,
    bytes: &[u8],
    stamp: Time,
    traceparent: Option<&str>,
    configs: &dyn ConfigTexts,
) -> Result<Decoded, Refused> {
    let entries = tree::parse(bytes)?;
    match source {
        Source::Contact => contact(tenant, entries, stamp, traceparent),
        Source::Agent(agent) => self::agent(tenant, agent, entries, stamp),
        Source::Admin => admin(tenant, entries, configs),
    }
}

fn contact(
    tenant: &TenantId,
    entries: Entries<'_>,
    stamp: Time,
    traceparent: Option<&str>,
) -> Result<Decoded, Refused> {
    let Parts { kind, common, own } = split(entries, COMMON, CONTACT_TYPES)?;
    let body = match kind.as_ref() {
        "contact_create" => {
            let said: ContactCreate = take(own, COMMON)?;
            check_arrival(&said, stamp)?;
            check_window(&said)?;
            contact_create(said, traceparent)
        }
        "contact_end" => {
            let ContactEnd { contact, by } = take(own, COMMON)?;
            let by = match by {
                By::Customer => EndedBy::Customer,
                By::Organisation => EndedBy::Organisation,
            };
            InputBody::ContactEnd { contact: contact.0, by }
        }
        "contact_answer" => {
            let ContactAnswer { contact, accepts } = take(own, COMMON)?;
            InputBody::ContactAnswer { contact: contact.0, accepts }
        }
        kind @ ("contact_quiet" | "contact_reply") => {
            let OfCustomer { contact } = take(own, COMMON)?;
            InputBody::ContactQuiet { contact: contact.0, is_quiet: kind == "contact_quiet" }
        }
        "contact_update" => {
            let ContactUpdate { contact, customer, person, attributes } = take(own, COMMON)?;
            let customer = customer.map(|customer| customer.0);
            let update = model::contact::ContactUpdate { customer, person, attributes: said(attributes) };
            InputBody::ContactUpdate { contact: contact.0, update: Arc::new(update) }
        }
        other => return Err(unknown_type(other, CONTACT_TYPES)),
    };
    let common: Common = take(common, COMMON)?;
    check_tenant(tenant, &common.tenant)?;
    Ok((common.sent_at.map(|moment| moment.0), body))
}

/// What is said of attributes: nothing for those that are taken away.
fn said(attributes: Map<Text, Option<Text>, ATTRIBUTES_MAX>) -> BTreeMap<String, Option<String>> {
    let value = |(name, value): (Text, Option<Text>)| (name.0, value.map(|text| text.0));
    attributes.0.into_iter().map(value).collect()
}

fn contact_create(said: ContactCreate, header: Option<&str>) -> InputBody {
    let body = ContactBody {
        contact: said.contact.0,
        channel: said.channel.0,
        queue: said.queue.map(|queue| queue.0),
        customer: said.customer.map(|customer| customer.0),
        matter: said.matter.map(|matter| matter.0),
        skills: said.skills.demands(),
        site: said.site.map(|site| site.0),
        person: said.person,
        points: said.points.get(),
        due_at: said.due_at.map(|moment| moment.0),
        arrived_at: said.arrived_at.map(|moment| moment.0),
        window: window(said.not_before, said.not_after),
        preferred_agent: said.preferred_agent.map(|agent| agent.0),
        preferred_patience: said.preferred_patience.map(|patience| patience.0),
        excluded_agents: said.excluded_agents.0.into_iter().map(|agent| agent.0).collect(),
        attributes: said.attributes.0.into_iter().map(|(name, value)| (name.0, value.0)).collect(),
        reachable: said.reachable.0.into_iter().map(|channel| channel.0).collect(),
        traceparent: said
            .traceparent
            .map(|text| text.0)
            .or_else(|| header.map(str::to_owned))
            .filter(|text| is_traceparent(text)),
        classified: None,
        consult: None,
    };
    let digest = digest(&body);
    InputBody::ContactCreate { body: Arc::new(body), digest }
}

fn agent(tenant: &TenantId, agent: &AgentId, entries: Entries<'_>, stamp: Time) -> Result<Decoded, Refused> {
    let Parts { kind, common, own } = split(entries, AGENT_COMMON, AGENT_TYPES)?;
    let action = agent_action(&kind, own)?;
    let common: AgentCommon = take(common, AGENT_COMMON)?;
    let (session, counter) = (common.session.get(), common.counter.get());
    check_session(session, stamp)?;
    check_tenant(tenant, &common.tenant)?;
    if let Some(Id(named)) = &common.agent
        && named != agent
    {
        let detail = format!(
            "$.agent: the subject is that of agent {agent}; leave the field out, or send on the other's subject"
        );
        return Err(Refused::new(Refusal::ForeignAgent, detail));
    }
    let input = AgentInput { agent: agent.clone(), session, counter, action };
    Ok((common.sent_at.map(|moment| moment.0), InputBody::Agent(input)))
}

fn window(not_before: Option<Moment>, not_after: Option<Moment>) -> Option<Box<Window>> {
    let (not_before, not_after) = (not_before.map(|moment| moment.0), not_after.map(|moment| moment.0));
    (not_before.is_some() || not_after.is_some()).then(|| Box::new(Window { not_before, not_after }))
}

fn check_window(said: &ContactCreate) -> Result<(), Refused> {
    match (&said.not_before, &said.not_after) {
        (Some(Moment(from)), Some(Moment(to))) if to <= from => {
            let detail =
                "$.not_after: not later than not_before, so nobody could be reached; say a later time";
            Err(Refused::new(Refusal::BadField, detail))
        }
        (Some(_), Some(_)) | (None, _) | (_, None) => Ok(()),
    }
}

fn check_arrival(said: &ContactCreate, stamp: Time) -> Result<(), Refused> {
    match said.arrived_at {
        Some(Moment(arrived_at)) if stamp.since(arrived_at) > ARRIVED_AGO_MAX => {
            let detail = "$.arrived_at: more than 31 days before the input was received; leave it out, or set the clock. \
                          What is urgent has points or due_at";
            Err(Refused::new(Refusal::BadField, detail))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_session(session: u64, stamp: Time) -> Result<(), Refused> {
    if session <= (stamp + SESSION_AHEAD_MAX).0 {
        return Ok(());
    }
    let detail =
        "$.session: more than 24 h ahead of the time; take the milliseconds since 1970, and set the clock";
    Err(Refused::new(Refusal::BadField, detail))
}

fn agent_action(kind: &str, own: Entries<'_>) -> Result<AgentAction, Refused> {
    let contact = |own| take(own, AGENT_COMMON).map(|ContactOnly { contact }| contact.0);
    Ok(match kind {
        "sign_in" => {
            let SignIn { aux } = take(own, AGENT_COMMON)?;
            AgentAction::SignIn { aux: aux.map(|reason| reason.0) }
        }
        "sign_out" => take(own, AGENT_COMMON).map(|Nothing {}| AgentAction::SignOut)?,
        "available" => take(own, AGENT_COMMON).map(|Nothing {}| AgentAction::Available)?,
        "aux" => take(own, AGENT_COMMON).map(|Aux { reason }| AgentAction::Aux { reason: reason.0 })?,
        "drain" => {
            let Drain { aux } = take(own, AGENT_COMMON)?;
            let then = aux.map_or(AfterDraining::SignOut, |reason| AfterDraining::Aux(reason.0));
            AgentAction::Drain { then }
        }
        "accept" => {
            let OfferAnswer { contact, offer } = take(own, AGENT_COMMON)?;
            AgentAction::Accept { contact: contact.0, offer: OfferNo(offer.get()) }
        }
        "decline" => {
            let OfferAnswer { contact, offer } = take(own, AGENT_COMMON)?;
            AgentAction::Decline { contact: contact.0, offer: OfferNo(offer.get()) }
        }
        "complete" => {
            let Complete { contact, not_reached } = take(own, AGENT_COMMON)?;
            match not_reached {
                false => AgentAction::Complete { contact: contact.0 },
                true => AgentAction::NotReached { contact: contact.0 },
            }
        }
        "wrap_up_done" => AgentAction::WrapUpDone { contact: contact(own)? },
        "requeue" => AgentAction::Requeue { contact: contact(own)? },
        "still_working" => AgentAction::StillWorking { contact: contact(own)? },
        "quiet" => AgentAction::Quiet { contact: contact(own)? },
        "transfer" => {
            let transfer: Transfer = take(own, AGENT_COMMON)?;
            if let Some(detail) = transfer.check() {
                return Err(Refused::new(Refusal::BadField, detail));
            }
            let Transfer { contact, to, skills, attributes } = transfer;
            let to = match to {
                To::Queue(queue) => TransferTo::Queue(queue.0),
                To::Agent(agent) => TransferTo::Agent(agent.0),
                To::Consult(consult) => TransferTo::Consult(consult.0),
            };
            let attributes = said(attributes);
            let update = (!attributes.is_empty()).then(|| {
                Arc::new(model::contact::ContactUpdate { customer: None, person: false, attributes })
            });
            let skills = skills.map(Demands::demands);
            AgentAction::Transfer { contact: contact.0, to, skills, update }
        }
        "consult" => take::<Consult>(own, AGENT_COMMON)?.action(),
        "pull" => AgentAction::Pull { from: take::<Pull>(own, AGENT_COMMON)?.from() },
        other => return Err(unknown_type(other, AGENT_TYPES)),
    })
}

fn admin(tenant: &TenantId, entries: Entries<'_>, configs: &dyn ConfigTexts) -> Result<Decoded, Refused> {
    let Parts { kind, common, own } = split(entries, COMMON, ADMIN_TYPES)?;
    enum Said {
        Config(ConfigApply),
        Other(InputBody),
    }
    let said = match kind.as_ref() {
        "config_apply" => Said::Config(take(own, COMMON)?),
        "agent_put" => Said::Other(InputBody::AgentPut(Arc::new(agent_spec(take(own, COMMON)?)))),
        "agent_remove" => {
            let AgentRemove { agent } = take(own, COMMON)?;
            Said::Other(InputBody::AgentRemove { agent: agent.0 })
        }
        "queue_switch" => {
            let QueueSwitch { queue, state } = take(own, COMMON)?;
            let state = match state {
                SwitchTo::Open => QueueState::Open,
                SwitchTo::Paused => QueueState::Paused,
                SwitchTo::Closed => QueueState::Closed,
            };
            Said::Other(InputBody::QueueSwitch { queue: queue.0, state })
        }
        "agent_switch" => Said::Other(take::<AgentSwitch>(own, COMMON)?.body()),
        "contact_assign" => Said::Other(take::<ContactAssign>(own, COMMON)?.body()),
        "contact_requeue" => Said::Other(take::<ContactRequeue>(own, COMMON)?.body()),
        other => return Err(unknown_type(other, ADMIN_TYPES)),
    };
    let common: Common = take(common, COMMON)?;
    check_tenant(tenant, &common.tenant)?;
    let body = match said {
        // After the check of the tenant: a foreign input may not even learn whether a text exists.
        Said::Config(apply) => config_apply(tenant, apply, configs)?,
        Said::Other(body) => body,
    };
    Ok((common.sent_at.map(|moment| moment.0), body))
}

fn agent_spec(said: AgentPut) -> AgentSpec {
    let channels = said.channels.0.into_iter();
    AgentSpec {
        agent: said.agent.0,
        kind: match said.kind {
            KindOfAgent::Person => AgentKind::Person,
            KindOfAgent::Bot => AgentKind::Bot,
        },
        skills: said.skills.demands(),
        channels: channels
            .map(|(channel, entry)| AgentChannel { channel: channel.0, max: entry.max.map(Whole::get) })
            .collect(),
        capacity: said.capacity.map_or(CAPACITY_DEFAULT, Whole::get),
        rank: said.rank.get(),
        reserve: said.reserve.map(Whole::get),
        site: said.site.map(|site| site.0),
    }
}

fn config_apply(
    tenant: &TenantId,
    said: ConfigApply,
    configs: &dyn ConfigTexts,
) -> Result<InputBody, Refused> {
    let hash = said.hash.0;
    let text = configs.text(tenant, &hash).ok_or_else(|| {
        let detail = format!(
            "$.hash: no text of this tenant is stored under {hash}; store it on wissel.cfg.{tenant}.{hash} first"
        );
        Refused::new(Refusal::ConfigMissing, detail)
    })?;
    let invalid = |detail: String| Refused::new(Refusal::ConfigInvalid, detail);
    if config::hash(&text) != hash {
        return Err(invalid(format!(
            "$.hash: the text stored under {hash} has another hash; store it again, unchanged"
        )));
    }
    let config = config::parse(&text).map_err(|diagnostics| invalid(config::show_first(&diagnostics, 5)))?;
    if let Some(version) = said.version.map(Whole::get::<u64>)
        && version != config.version
    {
        return Err(invalid(format!(
            "$.version: the text says version = {}; name that one, or leave the field out",
            config.version
        )));
    }
    Ok(InputBody::ConfigApply { hash, config: Arc::new(config) })
}

/// A body, taken apart by whom the fields are for.
struct Parts<'a> {
    kind: Cow<'a, str>,
    common: Entries<'a>,
    own: Entries<'a>,
}

fn split<'a>(entries: Entries<'a>, names: &[&str], types: &[&str]) -> Result<Parts<'a>, Refused> {
    let mut kind = None;
    let mut common = Vec::new();
    let mut own = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if key == "type" {
            kind = Some(value);
        } else if names.contains(&key.as_ref()) {
            common.push((key, value));
        } else {
            own.push((key, value));
        }
    }
    match kind {
        Some(Value::Text(kind)) => Ok(Parts { kind, common, own }),
        Some(other) => {
            let detail = format!("$.type: expected one of {}, found {}", types.join(", "), other.kind());
            Err(Refused::new(Refusal::BadField, detail))
        }
        None => {
            let detail =
                format!("$: the field \"type\" is missing; on this subject it is {}", types.join(", "));
            Err(Refused::new(Refusal::BadField, detail))
        }
    }
}

fn take<'a, T: Deserialize<'a>>(entries: Entries<'a>, common: &[&str]) -> Result<T, Refused> {
    fields::take(entries).map_err(|error: FieldError| Refused::new(Refusal::BadField, error.detail(common)))
}

fn unknown_type(kind: &str, types: &[&str]) -> Refused {
    let detail = match nearest(kind, types.iter().copied()) {
        Some(near) => format!("$.type: there is no such type on this subject; did you mean {near:?}?"),
        None => format!("$.type: there is no such type on this subject; there are {}", types.join(", ")),
    };
    Refused::new(Refusal::BadField, detail)
}

fn check_tenant(tenant: &TenantId, named: &Option<Id<TenantId>>) -> Result<(), Refused> {
    match named {
        Some(Id(named)) if named != tenant => {
            let detail = format!(
                "$.tenant: the subject is that of tenant {tenant}; leave the field out, or send on the other's subject"
            );
            Err(Refused::new(Refusal::ForeignTenant, detail))
        }
        Some(_) | None => Ok(()),
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, as W3C trace context has it; neither id is all zeros.
fn is_traceparent(text: &str) -> bool {
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let mut parts = text.split('-');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("00"), Some(trace), Some(span), Some(flags), None) => {
            is_hex(trace, 32) && !is_zero(trace) && is_hex(span, 16) && !is_zero(span) && is_hex(flags, 2)
        }
        _ => false,
    }
}
