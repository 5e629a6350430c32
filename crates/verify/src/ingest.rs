//! What came in: every position of the ingest stream, and an index from what an input can bring about to where it
//! stands, so that each effect in the journal can be traced back.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::sync::Arc;

use model::hand::{SupervisorInput, SwitchAgent};
use model::input::{AgentAction, AgentInput, EndedBy, TenantInput};
use model::moving::TenantMove;
use model::{InputBody, Refusal, TenantId, Time};
use protocol::input::{ConfigTexts, decode};

use crate::evidence::{Extent, Message};
use crate::findings::Findings;
use crate::keys::{Cause, key};
use crate::report::{Counts, Invariant, Where};

#[derive(Debug)]
pub(crate) struct Ingest {
    pub extent: Extent,
    /// From `extent.first` on.
    slots: Vec<Slot>,
    /// By cause, then position, once [`Ingest::seal`] has sorted them.
    traces: Vec<Trace>,
    pub creates: Vec<Create>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    /// Key of the tenant in the subject.
    pub tenant: u64,
    pub subject: u64,
    pub stamp: Time,
    pub content: Content,
    pub is_refused: bool,
    pub is_arrived: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// The stream does not hold this sequence.
    Absent,
    /// The decoder refuses it for this reason.
    Malformed(Refusal),
    /// Names a configuration; whether that validates is not known here.
    Config,
    /// Decodes.
    Sound,
    /// A new contact.
    Contact,
}

/// A `contact_create`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Create {
    /// Of tenant and contact.
    pub contact: u64,
    pub position: u64,
    pub digest: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Trace {
    cause: u64,
    position: u64,
    is_used: bool,
}

/// What became of the search for an effect's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traced {
    At(u64),
    /// The input is there, and had this effect before.
    Used(u64),
    /// The input stands at a position that this commit does not cover.
    Elsewhere(u64),
    /// The input may have stood in the purged head.
    Unknown,
    Nowhere,
}

impl Ingest {
    pub fn new(extent: Extent) -> Ingest {
        Ingest { extent, slots: Vec::new(), traces: Vec::new(), creates: Vec::new() }
    }

    pub fn insert(&mut self, message: &Message<'_>, findings: &mut Findings, counts: &mut Counts) {
        counts.inputs += 1;
        let place = Where::Ingest { position: message.sequence };
        let next = self.extent.first + self.slots.len() as u64;
        if message.sequence < next || message.sequence > self.extent.last {
            let what = format!("the stream's dump is out of order or beyond its end, {}", self.extent.last);
            return findings.violation(Invariant::IngestPosition, &place, what);
        }
        let gap = (message.sequence - next) as usize;
        self.slots.extend(std::iter::repeat_n(Slot::ABSENT, gap));
        let slot = self.read(message, findings, &place);
        self.slots.push(slot);
    }

    /// After the last message, before the first question.
    pub fn seal(&mut self) {
        let length = (self.extent.last + 1).saturating_sub(self.extent.first) as usize;
        let missing = length.saturating_sub(self.slots.len());
        self.slots.extend(std::iter::repeat_n(Slot::ABSENT, missing));
        self.traces.sort_unstable();
        self.creates.sort_unstable();
    }

    fn read(&mut self, message: &Message<'_>, findings: &mut Findings, place: &Where) -> Slot {
        let asked = AskedConfig::default();
        let (position, stamp) = (message.sequence, message.stamp);
        let mut slot = Slot {
            tenant: 0,
            subject: key(message.subject.as_ref()),
            stamp,
            content: Content::Malformed(Refusal::BadSubject),
            is_refused: false,
            is_arrived: false,
        };
        let Ok(input) = decode(&message.subject, &message.bytes, position, stamp, None, &asked) else {
            findings.warning(Invariant::Refusals, place, "a subject that no input arrives on");
            return slot;
        };
        slot.tenant = key(input.tenant.as_str());
        slot.content = match &input.body {
            InputBody::Malformed { .. } if asked.0.borrow().is_some() => Content::Config,
            InputBody::Malformed { reason, .. } => Content::Malformed(*reason),
            InputBody::ConfigApply { .. } => Content::Config,
            InputBody::AgentPut(_)
            | InputBody::AgentRemove { .. }
            | InputBody::QueueSwitch { .. }
            | InputBody::Agent(_)
            | InputBody::ContactEnd { .. }
            | InputBody::ContactUpdate { .. }
            | InputBody::ContactAnswer { .. }
            | InputBody::Supervisor(_)
            | InputBody::ContactQuiet { .. }
            | InputBody::Move(_) => Content::Sound,
            InputBody::ContactCreate { .. } => Content::Contact,
        };
        if let Some(hash) = asked.0.into_inner() {
            self.trace(position, Cause::Config { tenant: input.tenant.as_str(), hash: &hash });
        }
        self.note(&input);
        slot
    }

    /// Indexes what the input can bring about.
    fn note(&mut self, input: &TenantInput) {
        let (tenant, position) = (input.tenant.as_str(), input.position);
        match &input.body {
            InputBody::Malformed { .. } => {}
            InputBody::ConfigApply { hash, .. } => self.trace(position, Cause::Config { tenant, hash }),
            InputBody::AgentPut(spec) => {
                self.trace(position, Cause::Put { tenant, entry: &format!("{spec:?}") });
            }
            InputBody::AgentRemove { agent } => {
                self.trace(position, Cause::Removed { tenant, agent: agent.as_str() });
            }
            InputBody::QueueSwitch { queue, state } => {
                self.trace(position, Cause::Switched { tenant, queue: queue.as_str(), state: state.name() });
            }
            InputBody::Agent(agent) => self.note_agent(tenant, position, agent),
            InputBody::ContactCreate { body, digest } => {
                let (contact, digest) = (body.contact.as_str(), *digest);
                self.trace(position, Cause::Created { tenant, contact, digest });
                self.creates.push(Create { contact: contact_key(key(tenant), contact), position, digest });
            }
            InputBody::ContactUpdate { contact, update } => {
                let said = format!("{update:?}");
                self.trace(position, Cause::Updated { tenant, contact: contact.as_str(), said: &said });
            }
            InputBody::ContactAnswer { contact, accepts } => {
                let (contact, accepts) = (contact.as_str(), *accepts);
                self.trace(position, Cause::Answered { tenant, contact, accepts });
            }
            InputBody::Supervisor(said) => self.note_supervisor(tenant, position, said),
            InputBody::ContactQuiet { contact, is_quiet } => {
                let (contact, is_quiet) = (contact.as_str(), *is_quiet);
                self.trace(position, Cause::Silence { tenant, contact, is_quiet });
            }
            InputBody::Move(said) => self.note_move(tenant, position, said),
            InputBody::ContactEnd { contact, by } => {
                let is_by_customer = *by == EndedBy::Customer;
                self.trace(position, Cause::Ended { tenant, contact: contact.as_str(), is_by_customer });
            }
        }
    }

    fn note_supervisor(&mut self, tenant: &str, position: u64, said: &SupervisorInput) {
        match said {
            SupervisorInput::Switch { agent, to } => {
                let presence = match to {
                    SwitchAgent::SignedOut => "signed_out",
                    SwitchAgent::Available => "available",
                    SwitchAgent::Aux(_) => "aux",
                    SwitchAgent::Draining(_) => "draining",
                };
                self.trace(position, Cause::SwitchedAgent { tenant, agent: agent.as_str(), presence });
            }
            SupervisorInput::Assign { contact, agent } => {
                let (contact, agent) = (contact.as_str(), agent.as_str());
                self.trace(position, Cause::Assigned { tenant, contact, agent });
            }
            SupervisorInput::Requeue { contact, queue: _ } => {
                self.trace(position, Cause::Requeued { tenant, contact: contact.as_str() });
            }
        }
    }

    fn note_move(&mut self, tenant: &str, position: u64, said: &TenantMove) {
        match said {
            TenantMove::Leave { to } => self.trace(position, Cause::Leaves { tenant, to: to.as_str() }),
            TenantMove::Rows { hash, .. } => self.trace(position, Cause::Config { tenant, hash }),
            TenantMove::Come { departure, parts } => {
                let (from, left_at) = (departure.from.as_str(), departure.position);
                self.trace(position, Cause::Comes { tenant, from, position: left_at, parts: *parts });
            }
            TenantMove::Gone { to } => self.trace(position, Cause::IsGone { tenant, to: to.as_str() }),
        }
    }

    fn note_agent(&mut self, tenant: &str, position: u64, input: &AgentInput) {
        let agent = input.agent.as_str();
        let (session, counter) = (input.session, input.counter);
        self.trace(position, Cause::Heard { tenant, agent, session, counter });
        match &input.action {
            AgentAction::Accept { contact, offer } => {
                let (contact, offer) = (contact.as_str(), offer.0);
                self.trace(position, Cause::Accepted { tenant, agent, contact, offer });
            }
            AgentAction::Decline { contact, offer } => {
                let (contact, offer) = (contact.as_str(), offer.0);
                self.trace(position, Cause::Declined { tenant, agent, contact, offer });
            }
            AgentAction::NotReached { contact } => {
                self.trace(position, Cause::NotReached { tenant, agent, contact: contact.as_str() });
            }
            AgentAction::Pull { .. } => self.trace(position, Cause::Pulled { tenant, agent }),
            AgentAction::StillWorking { contact } => {
                self.trace(position, Cause::StillWorking { tenant, agent, contact: contact.as_str() });
            }
            AgentAction::Quiet { contact } => {
                let contact = contact.as_str();
                self.trace(position, Cause::Silence { tenant, contact, is_quiet: true });
            }
            AgentAction::Consult(request) => {
                let (about, contact) = (request.contact.as_str(), request.consult.as_str());
                self.trace(position, Cause::Consulted { tenant, agent, about, contact });
            }
            AgentAction::Transfer { contact, update: Some(update), .. } => {
                let said = format!("{update:?}");
                self.trace(position, Cause::Updated { tenant, contact: contact.as_str(), said: &said });
            }
            AgentAction::Complete { contact } => {
                self.trace(position, Cause::Completed { tenant, agent, contact: contact.as_str() });
            }
            AgentAction::SignIn { .. }
            | AgentAction::SignOut
            | AgentAction::Available
            | AgentAction::Aux { .. }
            | AgentAction::Drain { .. }
            | AgentAction::WrapUpDone { .. }
            | AgentAction::Transfer { update: None, .. }
            | AgentAction::Requeue { .. } => {}
        }
    }

    fn trace(&mut self, position: u64, cause: Cause<'_>) {
        self.traces.push(Trace { cause: key(cause), position, is_used: false });
    }

    /// Finds the first input within `positions` that can have had this effect and has not had it yet, and marks it. One that was
    /// refused before had it only if there is no other: its repeat may be taken in under another configuration.
    pub fn take(&mut self, cause: Cause<'_>, positions: &RangeInclusive<u64>) -> Traced {
        let cause = key(cause);
        let begin = self.traces.partition_point(|trace| trace.cause < cause);
        let same = self.traces[begin..].iter_mut().take_while(|trace| trace.cause == cause);
        let (slots, first) = (&self.slots, self.extent.first);
        let is_refused = |position: u64| {
            let at = position.checked_sub(first).and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| slots.get(at)).is_some_and(|slot| slot.is_refused)
        };
        let mut used = None;
        let mut elsewhere = None;
        let mut refused = None;
        for trace in same {
            if !positions.contains(&trace.position) {
                elsewhere = elsewhere.or(Some((trace.position, trace.is_used)));
            } else if trace.is_used {
                used = Some(trace.position);
            } else if is_refused(trace.position) {
                refused = refused.or(Some(trace));
            } else {
                trace.is_used = true;
                return Traced::At(trace.position);
            }
        }
        if let Some(trace) = refused {
            trace.is_used = true;
            return Traced::At(trace.position);
        }
        match (used, elsewhere) {
            (Some(position), _) => Traced::Used(position),
            (None, _) if *positions.start() < self.extent.first => Traced::Unknown,
            (None, Some((position, true))) => Traced::Used(position),
            (None, Some((position, false))) => Traced::Elsewhere(position),
            (None, None) => Traced::Nowhere,
        }
    }

    /// Nothing below the purged head and beyond the end.
    pub fn slot(&self, position: u64) -> Option<&Slot> {
        self.slots.get(usize::try_from(position.checked_sub(self.extent.first)?).ok()?)
    }

    pub fn slot_mut(&mut self, position: u64) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(position.checked_sub(self.extent.first)?).ok()?)
    }

    /// Positions that the stream holds.
    pub fn positions(&self) -> impl Iterator<Item = (u64, &Slot)> {
        (self.extent.first..).zip(&self.slots).filter(|(_, slot)| slot.content != Content::Absent)
    }
}

/// A contact of a tenant, whose own key this is.
pub(crate) fn contact_key(tenant: u64, contact: &str) -> u64 {
    key((tenant, contact))
}

impl Slot {
    const ABSENT: Slot = Slot {
        tenant: 0,
        subject: 0,
        stamp: Time(0),
        content: Content::Absent,
        is_refused: false,
        is_arrived: false,
    };
}

/// Has no text and remembers which was asked for: that is what the input names.
#[derive(Debug, Default)]
struct AskedConfig(RefCell<Option<String>>);

impl ConfigTexts for AskedConfig {
    fn text(&self, _tenant: &TenantId, hash: &str) -> Option<Arc<str>> {
        self.0.replace(Some(hash.to_owned()));
        None
    }
}
