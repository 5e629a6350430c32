//! Customers who fall silent and write again: "Quiet customers" of the rules.

use model::config::{ChannelKind, QuietConfig};
use model::row::{ContactState, Silence};
use model::{AgentNo, Change, ChannelId, ChannelNo, ContactId, ContactNo, ProfileNo, Refusal, Time};

use super::Step;
use super::classify::own_skills;
use super::inputs::{Refused, refused};
use super::inputs_contact::points;
use super::state::{Contact, Tenant};

impl Step<'_> {
    pub fn contact_quiet(&mut self, id: &ContactId) -> Result<(), Refused> {
        let Some(contact) = self.open_contact(id)? else { return Ok(()) };
        self.world().check_can_be_quiet(contact)?;
        let present = self.world().contact(contact);
        match present.state {
            Some(ContactState::Active { agent, .. } | ContactState::Parked { agent, .. }) => {
                self.hush(contact, agent)
            }
            Some(ContactState::Waiting(_)) if !present.is_slowed() => {
                self.slow(contact)?;
                self.place(contact);
                Ok(())
            }
            Some(ContactState::Offered { .. }) => {
                if present.is_slowed() == present.silence.noted {
                    self.decide(Change::ContactNoted { contact, is_quiet: true });
                }
                Ok(())
            }
            Some(
                ContactState::Waiting(_)
                | ContactState::WrapUp { .. }
                | ContactState::Scheduled
                | ContactState::Quiet { .. },
            )
            | None => Ok(()),
        }
    }

    pub fn contact_reply(&mut self, id: &ContactId) -> Result<(), Refused> {
        let Some(contact) = self.open_contact(id)? else { return Ok(()) };
        let present = self.world().contact(contact);
        match present.state {
            Some(ContactState::Quiet { .. }) => {
                self.reply(contact)?;
                if self.world().contact(contact).to_classify {
                    self.reclassify(contact);
                }
                self.enter(contact);
            }
            Some(ContactState::Waiting(_)) if present.is_slowed() => {
                self.reply(contact)?;
                self.place(contact);
            }
            Some(ContactState::Offered { .. }) => {
                if present.is_slowed() != present.silence.noted {
                    self.decide(Change::ContactNoted { contact, is_quiet: false });
                }
            }
            Some(
                ContactState::Waiting(_)
                | ContactState::Active { .. }
                | ContactState::Parked { .. }
                | ContactState::WrapUp { .. }
                | ContactState::Scheduled,
            )
            | None => {}
        }
        Ok(())
    }

    /// Of an active or parked contact.
    pub fn hush(&mut self, contact: ContactNo, agent: AgentNo) -> Result<(), Refused> {
        let ends = self.world().check_can_be_quiet(contact)?.ends;
        self.decide(Change::ContactQuieted { contact, until: self.now + ends });
        self.released(agent);
        Ok(())
    }

    /// First of all for a contact that is placed.
    pub fn heed_note(&mut self, contact: ContactNo) {
        let present = self.world().contact(contact);
        if !present.silence.noted {
            return;
        }
        // Where there is no number it stays as it is.
        let _ = if present.is_slowed() {
            self.reply(contact)
        } else if self.world().quiet_of(contact).is_some() {
            self.slow(contact)
        } else {
            Ok(())
        };
    }

    fn slow(&mut self, contact: ContactNo) -> Result<(), Refused> {
        let world = self.world();
        let to = &world.check_can_be_quiet(contact)?.to;
        let to = world.channel_number(to).expect("whoever can be quiet has a channel to go to");
        let present = world.contact(contact);
        let queue = world.profile_of(contact).queue;
        let due_at = present.body.due_at.unwrap_or_else(|| world.due_at(queue, present.arrived_at));
        let (profile, points) = self.asks_anew(contact, to)?;
        self.decide(Change::ContactSlowed { contact, profile, points, due_at });
        Ok(())
    }

    fn reply(&mut self, contact: ContactNo) -> Result<(), Refused> {
        let world = self.world();
        let own = world.profile_of(contact).channel;
        let channel = world.contact(contact).silence.slowed_from.unwrap_or(own);
        let (profile, points) = self.asks_anew(contact, channel)?;
        self.decide(Change::ContactReplied { contact, profile, points });
        Ok(())
    }

    fn asks_anew(&mut self, contact: ContactNo, channel: ChannelNo) -> Result<(ProfileNo, i32), Refused> {
        let world = self.world();
        let queue = world.profile_of(contact).queue;
        let (_, site, person) = world.lasting(contact);
        let (settings, body) = (world.queue(queue), &world.contact(contact).body);
        let points = points(settings, body);
        let wanted =
            world.profile_asking(queue, (channel, site, person), &settings.skills, &own_skills(body))?;
        let profile = world.profile_number(&wanted)?;
        self.open_profile(profile, wanted);
        Ok((profile, points))
    }
}

impl Tenant {
    /// What the channel on which the contact is, or the one that it came from, says of silent customers.
    fn quiet_of(&self, contact: ContactNo) -> Option<&QuietConfig> {
        if self.contact(contact).body.consult.is_some() {
            return None;
        }
        let here = self.profile_of(contact).channel;
        let channel = self.contact(contact).silence.slowed_from.unwrap_or(here);
        let channel = self.channels_in_force[channel.index()].as_ref()?;
        let quiet = channel.quiet.as_ref()?;
        let is_indirect = self.config().channel(&quiet.to)?.kind == ChannelKind::Indirect;
        (channel.kind == ChannelKind::Live && is_indirect).then_some(quiet)
    }

    fn check_can_be_quiet(&self, contact: ContactNo) -> Result<&QuietConfig, Refused> {
        match self.quiet_of(contact) {
            Some(quiet) => Ok(quiet),
            None => refused(Refusal::WrongState, "its channel has no quiet".to_owned()),
        }
    }

    /// Channels to which customers who are silent come back.
    pub fn channels_to_come_back_to(&self) -> Vec<&ChannelId> {
        let from = self.contacts.values().filter_map(|contact| contact.silence.slowed_from);
        from.map(|channel| &self.channels[channel.index()]).collect()
    }

    pub fn quieted(&mut self, now: Time, number: ContactNo, until: Time) {
        let was_active = self.contact(number).is_active();
        let Some(ContactState::Active { agent, offer } | ContactState::Parked { agent, offer, .. }) =
            self.contact(number).state
        else {
            unreachable!("only what an agent works on becomes quiet");
        };
        self.work_ends(now, number, true);
        let holder = self.agent_mut(agent);
        holder.held.remove(&number);
        if was_active {
            holder.idle_since = now;
        }
        let contact = self.contact_mut(number);
        contact.state = Some(ContactState::Quiet { agent, offer, until });
        (contact.preferred, contact.known) = (Some(agent), None);
        contact.kept_from.clear();
        contact.kept_from_until = Time(0);
    }
}

impl Contact {
    fn is_slowed(&self) -> bool {
        self.silence.slowed_from.is_some()
    }

    /// Who had it until its customer fell silent.
    pub fn quiet_after(&self) -> Option<AgentNo> {
        if let Some(ContactState::Quiet { agent, .. }) = self.state { Some(agent) } else { None }
    }

    /// It is nowhere, as one that comes to its queue.
    pub fn asks_as(&mut self, now: Time, profile: ProfileNo, points: i32, due_at: Time) {
        (self.profile, self.points, self.due_at) = (profile, points, due_at);
        (self.entered_at, self.step, self.pressed) = (now, 0, false);
        self.state = None;
        self.leave_overflow();
    }

    pub fn note(&mut self, is_quiet: bool) {
        self.silence.noted = is_quiet != self.is_slowed();
    }

    pub fn end_note(&mut self) {
        self.silence = Silence { noted: false, ..self.silence };
    }
}
