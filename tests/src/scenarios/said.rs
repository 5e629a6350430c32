//! What happens, as words: who, then what. `README.md` beside the scenarios lists the words.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use model::agent::{AfterDraining, AgentChannel};
use model::config::{QueueState, SkillDemand};
use model::contact::{ContactUpdate, Window};
use model::event::{ContactStep, EventKind};
use model::input::{AgentAction, AgentInput, EndedBy, TenantInput, TransferTo};
use model::{
    AgentKind, AgentSpec, ContactBody, ContactId, Event, Input, InputBody, Level, Millis, OfferNo, QueueId,
    Time,
};
use protocol::text::parse_duration;

use super::{consult, hand};

pub(super) const TENANT: &str = "t";
const CAPACITY: u16 = 100;

/// Who plays: what must be remembered to speak for them.
#[derive(Debug, Default)]
pub(super) struct Cast {
    /// Sessions by agent; each sign-in begins the next.
    sessions: BTreeMap<String, u64>,
    /// One counter for everybody: it grows.
    counter: u64,
    /// The last offer of each contact.
    offers: BTreeMap<ContactId, OfferNo>,
    /// Bodies that came, so that a second of the same name and other words is another body.
    digests: Vec<String>,
}

impl Cast {
    pub(super) fn watch(&mut self, event: &Event) {
        if let EventKind::Contact { facts, step: ContactStep::Offered { offer, .. } } = &event.kind {
            self.offers.insert(facts.body.contact.clone(), *offer);
        }
    }

    pub(super) fn tenant_input(&self, body: InputBody, now: Time) -> Input {
        Input::Tenant(TenantInput {
            tenant: super::play::tenant(),
            position: 0,
            stamp: now,
            sent_at: None,
            body,
        })
    }

    pub(super) fn input(&mut self, words: &[&str], start: Time, now: Time) -> Result<Input, String> {
        let (who, what, rest) = (words[0], words[1], &words[2..]);
        let tenant = super::play::tenant();
        let body = match what {
            _ if who == "supervisor" => InputBody::Supervisor(hand::supervisor(what, rest)?),
            "silent" => {
                return Ok(Input::AgentSilent { tenant, agent: id(who)?, session: self.session(who) });
            }
            "back" => return Ok(Input::AgentBack { tenant, agent: id(who)?, session: self.session(who) }),
            "offering" => return Ok(Input::Offering(one(rest)? == "on")),
            "joins" => InputBody::AgentPut(Arc::new(agent(who, rest)?)),
            "leaves" => InputBody::AgentRemove { agent: id(who)? },
            "open" | "paused" | "closed" => {
                let state = QueueState::ALL.into_iter().find(|state| state.name() == what);
                InputBody::QueueSwitch { queue: id(who)?, state: state.expect("these are the three") }
            }
            "comes" => self.create(who, rest, start)?,
            "updates" => InputBody::ContactUpdate { contact: id(who)?, update: Arc::new(update(rest)?) },
            "agrees" => InputBody::ContactAnswer { contact: id(who)?, accepts: true },
            "refuses" => InputBody::ContactAnswer { contact: id(who)?, accepts: false },
            "falls-silent" => InputBody::ContactQuiet { contact: id(who)?, is_quiet: true },
            "writes" => InputBody::ContactQuiet { contact: id(who)?, is_quiet: false },
            "hangs-up" => InputBody::ContactEnd { contact: id(who)?, by: EndedBy::Customer },
            "withdrawn" => InputBody::ContactEnd { contact: id(who)?, by: EndedBy::Organisation },
            _ => {
                let action = self.action(who, what, rest)?;
                self.counter += 1;
                let (session, counter) = (self.session(who), self.counter);
                InputBody::Agent(AgentInput { agent: id(who)?, session, counter, action })
            }
        };
        Ok(self.tenant_input(body, now))
    }

    fn session(&self, agent: &str) -> u64 {
        self.sessions.get(agent).copied().unwrap_or_default()
    }

    fn action(&mut self, who: &str, what: &str, rest: &[&str]) -> Result<AgentAction, String> {
        let options = Options::of(rest);
        Ok(match what {
            "signs-in" => {
                *self.sessions.entry(who.to_owned()).or_default() += 1;
                AgentAction::SignIn { aux: options.optional("aux")? }
            }
            "signs-out" => AgentAction::SignOut,
            "available" => AgentAction::Available,
            "aux" => AgentAction::Aux { reason: id(one(rest)?)? },
            "drains" => {
                let aux = options.optional("aux")?;
                AgentAction::Drain { then: aux.map_or(AfterDraining::SignOut, AfterDraining::Aux) }
            }
            "accepts" => {
                let contact = id(one(rest)?)?;
                AgentAction::Accept { offer: self.offer(&contact), contact }
            }
            "declines" => {
                let contact = id(one(rest)?)?;
                AgentAction::Decline { offer: self.offer(&contact), contact }
            }
            "completes" => AgentAction::Complete { contact: id(one(rest)?)? },
            "does-not-reach" => AgentAction::NotReached { contact: id(one(rest)?)? },
            "wraps-up" => AgentAction::WrapUpDone { contact: id(one(rest)?)? },
            "pulls" => hand::pull(rest)?,
            "consults" => consult::consult(rest)?,
            "works-on" => AgentAction::StillWorking { contact: id(one(rest)?)? },
            "holds" => AgentAction::Quiet { contact: id(one(rest)?)? },
            "requeues" => AgentAction::Requeue { contact: id(one(rest)?)? },
            "transfers" => {
                let (queue, agent) = (options.optional("queue")?, options.optional("agent")?);
                let to = match (queue, agent, options.optional("consult")?) {
                    (Some(queue), None, None) => TransferTo::Queue(queue),
                    (None, Some(agent), None) => TransferTo::Agent(agent),
                    (None, None, Some(consult)) => TransferTo::Consult(consult),
                    _ => return Err("expected queue=NAME, agent=NAME or consult=CONTACT".to_owned()),
                };
                let skills = options.skills(&["queue", "agent", "consult"])?;
                let skills = (!skills.is_empty()).then_some(skills);
                let update = update(rest)?;
                let update = (!update.attributes.is_empty()).then(|| Arc::new(update));
                let contact = id(rest.first().ok_or("which contact?")?)?;
                AgentAction::Transfer { contact, to, skills, update }
            }
            _ => return Err(format!("{what:?} is no word of a scenario")),
        })
    }

    fn offer(&self, contact: &ContactId) -> OfferNo {
        self.offers.get(contact).copied().unwrap_or(OfferNo(0))
    }

    fn create(&mut self, who: &str, rest: &[&str], start: Time) -> Result<InputBody, String> {
        let [channel, queue, ..] = rest[..] else { return Err("expected a channel and a queue".to_owned()) };
        let body = contact(who, channel, queue, &Options::of(&rest[2..]), start)?;
        let words = format!("{who} {}", rest.join(" "));
        let known = self.digests.iter().position(|known| *known == words);
        let digest = known.unwrap_or_else(|| {
            self.digests.push(words);
            self.digests.len() - 1
        });
        Ok(InputBody::ContactCreate { body: Arc::new(body), digest: digest as u64 })
    }
}

/// `ann joins voice chat french=2 capacity=200 rank=1 chat.max=2 site=north reserve=30 as=bot`
fn agent(who: &str, rest: &[&str]) -> Result<AgentSpec, String> {
    let options = Options::of(rest);
    let channel = |name: &&str| {
        let max = options.optional(&format!("{name}.max"))?;
        Ok(AgentChannel { channel: id(name)?, max })
    };
    let channels = rest.iter().filter(|word| !word.contains('=')).map(channel);
    let channels = channels.collect::<Result<Vec<_>, String>>()?;
    Ok(AgentSpec {
        agent: id(who)?,
        skills: options.skills(&["capacity", "rank", "site", "reserve", "as"])?,
        channels,
        capacity: options.optional("capacity")?.unwrap_or(CAPACITY),
        rank: options.optional("rank")?.unwrap_or_default(),
        site: options.optional("site")?,
        reserve: options.optional("reserve")?,
        kind: match options.text("as") {
            Some("bot") => AgentKind::Bot,
            Some(other) => return Err(format!("{other} is no kind of agent")),
            None => AgentKind::Person,
        },
    })
}

const CONTACT_OPTIONS: &[&str] = &[
    "customer", "matter", "site", "points", "due", "arrived", "from", "to", "prefers", "patience", "not",
    "reach", "asks",
];

/// `c1 comes voice sales french=2 points=5 due=8h arrived=5s from=10m to=1h prefers=bob patience=10s not=ann,eve reach=chat,email customer=x matter=m site=north asks=person tier:gold`
fn contact(
    who: &str,
    channel: &str,
    queue: &str,
    options: &Options<'_>,
    start: Time,
) -> Result<ContactBody, String> {
    let excluded = options.text("not").into_iter().flat_map(|names| names.split(',')).map(id);
    let reachable = options.text("reach").into_iter().flat_map(|names| names.split(',')).map(id);
    let attributes = options.0.iter().filter_map(|word| word.split_once(':'));
    Ok(ContactBody {
        contact: id(who)?,
        channel: id(channel)?,
        queue: (queue != "-").then(|| id::<QueueId>(queue)).transpose()?,
        customer: options.optional("customer")?,
        matter: options.optional("matter")?,
        skills: options.skills(CONTACT_OPTIONS)?,
        site: options.optional("site")?,
        person: options.asks_for_person()?,
        points: options.optional("points")?.unwrap_or_default(),
        due_at: options.duration("due")?.map(|after| start + after),
        arrived_at: options.duration("arrived")?.map(|after| start + after),
        preferred_agent: options.optional("prefers")?,
        preferred_patience: options.duration("patience")?,
        excluded_agents: excluded.collect::<Result<_, _>>()?,
        attributes: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        window: window(options, start)?,
        reachable: reachable.collect::<Result<_, _>>()?,
        traceparent: None,
        classified: None,
        consult: None,
    })
}

fn window(options: &Options<'_>, start: Time) -> Result<Option<Box<Window>>, String> {
    let moment = |name| Ok::<_, String>(options.duration(name)?.map(|after| start + after));
    let (not_before, not_after) = (moment("from")?, moment("to")?);
    Ok((not_before.is_some() || not_after.is_some()).then(|| Box::new(Window { not_before, not_after })))
}

/// `c1 updates tier:gold topic:- customer=x asks=person`; the minus takes an attribute away.
fn update(rest: &[&str]) -> Result<ContactUpdate, String> {
    let attributes = rest.iter().filter_map(|word| word.split_once(':'));
    let value = |value: &str| (value != "-").then(|| value.to_owned());
    Ok(ContactUpdate {
        customer: Options::of(rest).optional("customer")?,
        person: Options::of(rest).asks_for_person()?,
        attributes: attributes.map(|(name, text)| (name.to_owned(), value(text))).collect(),
    })
}

/// Words of the form `name=value`, among others.
pub(super) struct Options<'a>(Vec<&'a str>);

impl<'a> Options<'a> {
    pub(super) fn of(words: &[&'a str]) -> Options<'a> {
        Options(words.to_vec())
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    fn asks_for_person(&self) -> Result<bool, String> {
        match self.text("asks") {
            Some("person") => Ok(true),
            Some(other) => Err(format!("nobody can ask for {other}")),
            None => Ok(false),
        }
    }

    pub(super) fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, String> {
        self.text(name).map(id).transpose()
    }

    fn duration(&self, name: &str) -> Result<Option<Millis>, String> {
        let parse = |text| parse_duration(text).ok_or(format!("{name}: {text} is no length of time"));
        self.text(name).map(parse).transpose()
    }

    /// Whatever has a level and is none of the `others`.
    pub(super) fn skills(&self, others: &[&str]) -> Result<Vec<SkillDemand>, String> {
        let named = self.0.iter().filter_map(|word| word.split_once('='));
        let skills = named.filter(|(name, _)| !others.contains(name) && !name.contains('.'));
        let skill = |(name, level): (&str, &str)| {
            let level = Level::new(id(level)?).ok_or(format!("{name}: levels are 1 to 10"))?;
            Ok(SkillDemand { skill: id(name)?, level })
        };
        skills.map(skill).collect()
    }
}

fn one<'a>(rest: &[&'a str]) -> Result<&'a str, String> {
    rest.first().copied().ok_or_else(|| "a word is missing at the end".to_owned())
}

fn id<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}
