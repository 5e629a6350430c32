//! Customers fall silent and write again, on channels on which people write when they like.

use model::row::Silence;
use model::{AgentNo, Change, ChannelNo, ContactId, ContactNo, Millis, ProfileNo, Refusal, TenantNo};

use super::contact::{Refused, total_points};
use super::{Origin, Turn};
use crate::mutants::{self, Mutant};
use crate::state::contacts::Status;
use crate::state::profiles::Lasting;

impl Turn<'_> {
    pub fn contact_quiet(&mut self, tenant: TenantNo, origin: Origin<'_>, id: &ContactId, is_quiet: bool) {
        let Some(contact) = self.find_open(tenant, origin, id) else { return };
        let said = if is_quiet { self.fell_silent(tenant, contact) } else { self.wrote(tenant, contact) };
        if let Err((reason, detail)) = said {
            self.refuse(tenant, origin, reason, detail);
        }
    }

    fn fell_silent(&mut self, tenant: TenantNo, contact: ContactNo) -> Result<(), Refused> {
        self.check_can_be_quiet(tenant, contact)?;
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let is_slowed = state.silence(record).slowed_from.is_some();
        match record.status {
            Status::Active | Status::Parked => {
                let agent = record.agent;
                self.hush(tenant, agent, contact)?;
            }
            Status::WaitingInQueue | Status::WaitingPreferred if !is_slowed => {
                self.slow(tenant, contact)?;
                self.place(tenant, contact);
            }
            Status::Offered => self.note_silence(tenant, contact, true),
            Status::WaitingInQueue
            | Status::WaitingPreferred
            | Status::Nowhere
            | Status::WrapUp
            | Status::Scheduled
            | Status::Quiet => {}
        }
        Ok(())
    }

    fn wrote(&mut self, tenant: TenantNo, contact: ContactNo) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let is_slowed = state.silence(record).slowed_from.is_some();
        match record.status {
            Status::Quiet => {
                self.reply(tenant, contact)?;
                self.reclassify_if_marked(tenant, contact);
                self.enter(tenant, contact);
            }
            Status::WaitingInQueue | Status::WaitingPreferred if is_slowed => {
                self.reply(tenant, contact)?;
                self.place(tenant, contact);
            }
            Status::Offered => self.note_silence(tenant, contact, false),
            Status::WaitingInQueue
            | Status::WaitingPreferred
            | Status::Nowhere
            | Status::Active
            | Status::Parked
            | Status::WrapUp
            | Status::Scheduled => {}
        }
        Ok(())
    }

    fn note_silence(&mut self, tenant: TenantNo, contact: ContactNo, is_quiet: bool) {
        let state = self.tenant(tenant);
        let Silence { slowed_from, noted } = state.silence(state.contacts.of(contact));
        if is_quiet != (slowed_from.is_some() != noted) {
            self.emit(tenant, Change::ContactNoted { contact, is_quiet });
        }
    }

    fn check_can_be_quiet(&self, tenant: TenantNo, contact: ContactNo) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        match state.quiet_of(state.contacts.of(contact)) {
            Some(_) => Ok(()),
            None => {
                let detail = "the contact is on a channel without quiet; only a live one that has it is left and written on again";
                Err((Refusal::WrongState, detail.to_owned()))
            }
        }
    }

    /// The contact, which the agent has, is nobody's until its customer writes again.
    pub fn hush(&mut self, tenant: TenantNo, agent: AgentNo, contact: ContactNo) -> Result<(), Refused> {
        self.check_can_be_quiet(tenant, contact)?;
        let state = self.tenant(tenant);
        let quiet = state.quiet_of(state.contacts.of(contact)).expect("that was just checked");
        let ends = if mutants::is(Mutant::QuietCutShort) { Millis(quiet.ends.0 / 2) } else { quiet.ends };
        self.emit(tenant, Change::ContactQuieted { contact, until: self.now + ends });
        self.released(tenant, agent);
        Ok(())
    }

    /// What was said while it was offered, for a contact that is nowhere. Without a number for what it would ask for, it stays as it is.
    #[cold]
    pub fn heed_note(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let Silence { slowed_from, noted } = state.silence(record);
        if !noted {
            return;
        }
        let _ = match slowed_from {
            Some(_) => self.reply(tenant, contact),
            None if state.quiet_of(record).is_some() => self.slow(tenant, contact),
            None => Ok(()),
        };
    }

    /// A contact that waits or is nowhere becomes indirect work.
    fn slow(&mut self, tenant: TenantNo, contact: ContactNo) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let quiet = state.quiet_of(record).expect("whoever is slowed can be quiet");
        let queue = state.queue_of(record.profile);
        let arrived_at = record.arrived_at;
        let due_at = record.body().due_at.unwrap_or_else(|| state.settings().due_at(queue.due, arrived_at));
        let (profile, points) = self.asking_anew(tenant, contact, quiet.to)?;
        self.emit(tenant, Change::ContactSlowed { contact, profile, points, due_at });
        Ok(())
    }

    /// A contact that is quiet or slowed is live again.
    fn reply(&mut self, tenant: TenantNo, contact: ContactNo) -> Result<(), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let here = state.profiles.brief(record.profile).channel;
        let channel = state.silence(record).slowed_from.unwrap_or(here);
        let (profile, points) = self.asking_anew(tenant, contact, channel)?;
        self.emit(tenant, Change::ContactReplied { contact, profile, points });
        Ok(())
    }

    /// What it asks for on this channel as one that comes to its queue.
    fn asking_anew(
        &mut self,
        tenant: TenantNo,
        contact: ContactNo,
        channel: ChannelNo,
    ) -> Result<(ProfileNo, i32), Refused> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let (settings, present) = (state.queue_of(record.profile), state.profiles.key(record.profile));
        let points = total_points(settings.points, record.body().own_points());
        let lasting = Lasting { channel, ..state.lasting(record) };
        let own = record.body().own_skills();
        let key = self.profile_key(tenant, present.queue, lasting, &settings.demands, own, false)?;
        Ok((self.open_profile(tenant, key)?, points))
    }
}
