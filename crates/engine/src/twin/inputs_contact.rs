//! What producers say: a contact is there, and a contact is no more.

use std::sync::Arc;

use model::config::{ChannelKind, POINTS_MAX, QueueConfig, SiteNeed};
use model::input::EndedBy;
use model::row::ContactState;
use model::{Change, ContactBody, ContactId, ContactNo, Outcome, QueueNo, Refusal, Time};

use super::Step;
use super::calendar;
use super::classify::own_skills;
use super::inputs::{Refused, refused};
use super::state::Tenant;

impl Step<'_> {
    pub fn contact_create(
        &mut self,
        stamp: Time,
        body: &Arc<ContactBody>,
        digest: u64,
    ) -> Result<(), Refused> {
        let used_by = match self.world().open_ids.get(&body.contact) {
            Some(open) => Some(self.world().contact(*open).digest),
            None => self.closed_digest(&body.contact),
        };
        if let Some(present) = used_by {
            if present == digest {
                return Ok(());
            }
            return refused(Refusal::IdReuse, format!("id {} stands for another contact", body.contact));
        }
        let world = self.world();
        let Some(channel) = world.channel_number(&body.channel) else {
            return refused(Refusal::UnknownChannel, format!("channel {} is not configured", body.channel));
        };
        if body.site.is_none() && world.channel(channel).site == SiteNeed::Required {
            return refused(Refusal::SiteMissing, format!("channel {} asks for a site", body.channel));
        }
        world.check_site(body.site.as_ref())?;
        let site = body.site.as_ref().and_then(|site| world.site_number(site));
        let (queue, classified) = world.classify(body)?;
        let Some(queue) = world.queue_number(&queue) else {
            return refused(Refusal::UnknownQueue, format!("queue {queue} is not configured"));
        };
        let body = Arc::new(ContactBody { classified, ..(**body).clone() });
        let own = own_skills(&body);
        world.check_skills(&own)?;
        let profile = world.profile_for(queue, (channel, site, body.asks_for_person()), &own)?;
        if world.contacts.len() >= ContactNo::PLACES {
            return refused(Refusal::LimitReached, "too many open contacts".to_owned());
        }
        let profile_number = world.profile_number(&profile)?;

        let arrived_at = self.now.min(stamp).min(body.arrived_at.unwrap_or(Time::MAX));
        let due_at = match world.channel(channel).kind {
            ChannelKind::Live => Time::MAX,
            ChannelKind::Indirect => body.due_at.unwrap_or_else(|| world.due_at(queue, arrived_at)),
        };
        let points = points(world.queue(queue), &body);
        let contact = ContactNo::new(world.arrivals, world.lowest_free_place());

        let known = self.known_agent(channel, &body);
        self.open_profile(profile_number, profile);
        self.decide(Change::ContactArrived {
            contact,
            profile: profile_number,
            points,
            arrived_at,
            due_at,
            digest,
            body,
            known,
        });
        if self.world().contact(contact).body.window.is_some() {
            self.put_off(contact);
        } else {
            self.enter(contact);
        }
        Ok(())
    }

    pub fn contact_end(&mut self, id: &ContactId, by: EndedBy) -> Result<(), Refused> {
        let Some(contact) = self.open_contact(id)? else { return Ok(()) };
        let outcome = match by {
            EndedBy::Customer => Outcome::Abandoned,
            EndedBy::Organisation => Outcome::Cancelled,
        };
        match (self.world().contact(contact).state, by) {
            (Some(ContactState::Waiting(_) | ContactState::Scheduled), _) => self.close(contact, outcome),
            (Some(ContactState::Offered { agent, .. }), _)
            | (
                Some(ContactState::Active { agent, .. } | ContactState::Parked { agent, .. }),
                EndedBy::Organisation,
            ) => {
                self.close(contact, outcome);
                self.released(agent);
            }
            (
                Some(ContactState::Active { agent, .. } | ContactState::Parked { agent, .. }),
                EndedBy::Customer,
            ) => self.end(contact, agent),
            (Some(ContactState::Quiet { .. }), EndedBy::Customer) => {
                self.close(contact, Outcome::Completed);
            }
            (Some(ContactState::Quiet { .. }), EndedBy::Organisation) => self.close(contact, outcome),
            (Some(ContactState::WrapUp { .. }), _) => {}
            (None, _) => unreachable!("no contact is nowhere between two calls"),
        }
        Ok(())
    }

    /// Nothing for one that was closed lately.
    pub fn open_contact(&self, id: &ContactId) -> Result<Option<ContactNo>, Refused> {
        let open = self.world().open_ids.get(id).copied();
        if open.is_none() && self.closed_digest(id).is_none() {
            return refused(Refusal::UnknownContact, format!("no contact {id} is open or was recently"));
        }
        Ok(open)
    }

    /// The digest under which a closed id is remembered.
    fn closed_digest(&self, id: &ContactId) -> Option<u64> {
        let id_hash = (self.twin.hash)(&self.twin.key, id.as_str());
        self.world().closed_digests.get(&id_hash).copied()
    }
}

impl Tenant {
    /// By what the queue promises.
    pub fn due_at(&self, queue: QueueNo, arrived_at: Time) -> Time {
        let queue = self.queue(queue);
        let calendar = queue.calendar.as_ref().and_then(|name| self.config().calendar(name));
        match (calendar, queue.due_business_days) {
            (None, _) => arrived_at + queue.due_in,
            (Some(calendar), None) => calendar::open_time_after(calendar, arrived_at, queue.due_in),
            (Some(calendar), Some(days)) => calendar::business_days_after(calendar, arrived_at, days),
        }
    }

    pub fn lowest_free_place(&self) -> u32 {
        (0..).zip(&self.places_taken).find(|(place, taken)| place != *taken).map_or_else(
            || u32::try_from(self.places_taken.len()).expect("open contacts are limited"),
            |(place, _)| place,
        )
    }
}

/// The queue's, the contact's and its rule's, within the limits that keep a score small.
pub(super) fn points(queue: &QueueConfig, body: &ContactBody) -> i32 {
    raised_points(queue, body, 0)
}

/// The same, with those that overflow gave it.
pub(super) fn raised_points(queue: &QueueConfig, body: &ContactBody, raised: i32) -> i32 {
    let of_rule = body.classified.as_ref().map_or(0, |classified| classified.points);
    let sum = i64::from(queue.points) + i64::from(body.points) + i64::from(of_rule) + i64::from(raised);
    let within = sum.clamp(-i64::from(POINTS_MAX), i64::from(POINTS_MAX));
    i32::try_from(within).expect("the limits are small")
}
