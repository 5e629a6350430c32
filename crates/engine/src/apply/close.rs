//! A contact ends: it leaves everything that it was in, and is remembered by its id and with its customer.

use model::{AgentNo, ContactNo, Outcome, Time};

use crate::state::closed::{FORGOTTEN_PER_CLOSE, HORIZON};
use crate::state::contacts::{Contact, Status};
use crate::state::customers::EndedFacts;
use crate::state::id_index::Found;
use crate::state::profiles::Brief;
use crate::state::tenant::Tenant;
use crate::state::timers::Timers;
use crate::state::work::Handled;

/// A contact that ended.
#[derive(Debug)]
pub struct Closed {
    pub record: Contact,
    pub holder: Option<AgentNo>,
}
impl Tenant {
    /// Gives what is left of the contact, and whoever held it.
    pub fn close_contact(
        &mut self,
        now: Time,
        contact: ContactNo,
        outcome: Outcome,
        timers: &mut Timers,
    ) -> Closed {
        let record = self.contacts.of(contact);
        let was_active = record.status == Status::Active;
        let had = (record.status == Status::Quiet).then_some(record.agent);
        let mut holder = None;
        if record.status.has_agent() {
            self.end_work(now, contact, Handled::Finished);
            let agent = self.let_go(contact);
            holder = Some(agent);
            if was_active {
                self.agents[agent].idle_since = now;
            }
        } else {
            self.stop_waiting(contact);
        }
        if !self.overflowed.is_empty() {
            self.overflowed.remove(&contact);
        }
        self.forget_outlook(contact);
        self.parked.forget(contact);
        self.silences.forget(contact);
        let mut record = self.contacts.remove(contact.place());
        timers.cancel(&mut record.timer);
        self.set_servable_timer(timers);
        if record.is_scheduled() {
            self.schedule.forget(contact);
            self.set_release_timer(self.profiles.brief(record.profile).queue, timers);
        }
        if record.has_customer {
            self.remember(now, &record, holder.or(had), outcome);
        }
        self.profiles.remove_contact(record.profile);
        let sequence = self.closed.push(record.id_hash(), record.digest, now);
        self.ids.replace(record.id_hash(), Found::Open(contact.place()), Found::Closed(sequence));
        for _ in 0..FORGOTTEN_PER_CLOSE {
            let Some((id_hash, sequence)) = self.closed.pop_before(now - HORIZON) else { break };
            self.ids.remove(id_hash, Found::Closed(sequence));
        }
        Closed { record, holder }
    }

    /// Keeps what is to be known of a contact that ended with its customer, and forgets what is old.
    #[cold]
    fn remember(&mut self, now: Time, record: &Contact, holder: Option<AgentNo>, outcome: Outcome) {
        let Brief { queue, channel, .. } = self.profiles.brief(record.profile);
        let body = record.body();
        let facts = EndedFacts {
            contact: body.contact.clone(),
            matter: body.matter.clone(),
            channel,
            queue,
            agent: holder,
            outcome,
            arrived_at: record.arrived_at,
            ended_at: now,
        };
        self.customers.end(record.number, facts);
        let settings = &self.settings().config.customers;
        let (limit, count_max) = (now - settings.remember, settings.remember_max as usize);
        self.customers.forget(limit, count_max);
    }
}
