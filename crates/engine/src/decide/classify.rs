//! What a contact is: the rules choose its queue and what it asks for beside its own, when it comes and when its producer
//! says more of it.

use std::sync::Arc;

use model::contact::ContactUpdate;
use model::rule::Classified;
use model::{Change, ChannelNo, ContactBody, ContactId, ContactNo, QueueNo, Refusal, TenantNo};

use super::contact::{NO_SKILLS, Refused, total_points};
use super::{Origin, Turn};
use crate::state::profiles::{Lasting, ProfileKey};
use crate::state::rules::{classified, queue_by};
use crate::state::updates;

/// Where a contact goes, and what the rules make of it.
pub struct Class {
    pub queue: QueueNo,
    pub classified: Option<Box<Classified>>,
}

impl Turn<'_> {
    pub fn classify(
        &self,
        tenant: TenantNo,
        body: &ContactBody,
        channel: ChannelNo,
    ) -> Result<Class, Refused> {
        let settings = self.tenant(tenant).settings();
        let named = body.queue.as_ref().map(|queue| self.find_queue(tenant, queue.as_str())).transpose()?;
        let rules = settings.rules.as_ref();
        let rule = rules.and_then(|rules| rules.first_match(body, channel, named));
        let rule = rule.map(|at| &settings.config.rules[at]);
        if let (Some(queue), None) = (named, rule) {
            return Ok(Class { queue, classified: None });
        }
        let Some(queue) = queue_by(&settings.config, rule, body) else {
            let detail = "the contact names no queue, no rule sends it to one, and there is no default queue; name one, or \
                          set default_queue in the configuration";
            return Err((Refusal::UnknownQueue, detail.to_owned()));
        };
        let classified = classified(rule, queue, body);
        Ok(Class { queue: self.find_queue(tenant, queue.as_str())?, classified })
    }

    pub fn contact_update(
        &mut self,
        tenant: TenantNo,
        origin: Origin<'_>,
        id: &ContactId,
        update: Arc<ContactUpdate>,
    ) {
        let Some(contact) = self.find_open(tenant, origin, id) else { return };
        let record = self.tenant(tenant).contacts.of(contact);
        let is_waiting = record.status.is_waiting();
        match updates::check(record.body(), &update) {
            Ok(true) => {}
            Ok(false) => return,
            Err((reason, detail)) => return self.refuse(tenant, origin, reason, detail),
        }
        self.emit(tenant, Change::ContactUpdated { contact, update });
        if is_waiting {
            match self.reclassify(tenant, contact) {
                Some(true) => self.enter(tenant, contact),
                Some(false) => self.place(tenant, contact),
                None => {}
            }
        }
    }

    /// For a contact that comes back: classifies it when its producer said more of it meanwhile. True when it is in another
    /// queue by that.
    pub fn reclassify_if_marked(&mut self, tenant: TenantNo, contact: ContactNo) -> bool {
        let is_marked = self.tenant(tenant).contacts.of(contact).to_classify;
        is_marked && self.reclassify(tenant, contact) == Some(true)
    }

    /// For a contact that waits or is nowhere; it is nowhere when the rules make something else of it, or it asks for a person and did
    /// not. True when that is in another queue.
    fn reclassify(&mut self, tenant: TenantNo, contact: ContactNo) -> Option<bool> {
        let by_rules = self.reclassify_by_rules(tenant, contact);
        by_rules.or_else(|| self.keep_for_people(tenant, contact).then_some(false))
    }

    fn reclassify_by_rules(&mut self, tenant: TenantNo, contact: ContactNo) -> Option<bool> {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let body = record.body();
        let present = state.profiles.key(record.profile);
        // It may have changed its channel since.
        let came_on = state.names.channels.number(body.channel.as_str());
        let came_on = came_on.map_or(present.channel, |channel| ChannelNo(channel as u8));
        // What cannot be classified stays as it is.
        let Class { queue, classified } = self.classify(tenant, body, came_on).ok()?;
        if classified == body.classified {
            return None;
        }
        let sent_to = |class: &Option<Box<Classified>>| {
            class.as_ref().map(|class| &class.queue).or(body.queue.as_ref()).cloned()
        };
        // An agent or an exit may have sent it on since; that holds unless the rules send it elsewhere than before.
        let is_sent_on = sent_to(&classified) != sent_to(&body.classified);
        let queue = if is_sent_on { queue } else { present.queue };
        let is_moved = queue != present.queue;
        let settings = state.settings().queue(queue)?;
        let step = if is_moved { 0 } else { usize::from(record.step) };
        let relaxation = step.checked_sub(1).and_then(|at| settings.relax.get(at));
        let made = state.overflowed.get(&contact).filter(|_| !is_moved);
        let lent = made.and_then(|made| made.lent.as_ref());
        let demands_lent = lent.map(|lent| state.known_skills(&lent.skills));
        let keeps_own = match lent {
            Some(lent) => lent.keep_own,
            None => relaxation.is_none_or(|step| step.keep_own),
        };
        let own = if keeps_own { body.own_skills_as(classified.as_deref()) } else { NO_SKILLS };
        let of_queue = relaxation.map_or(&settings.demands, |step| &step.demands);
        let demands = demands_lent.as_ref().unwrap_or(of_queue);
        let pressure = if is_moved { None } else { present.pressure };
        let lasting = state.lasting(record);
        let asks = lasting.person || body.asks_for_person_as(classified.as_deref());
        let lasting = Lasting { person: asks, ..lasting };
        let key = self.profile_key(tenant, queue, lasting, demands, own, false).ok()?;
        let key = ProfileKey { pressure, ..key };
        let raised = made.map_or(0, |made| i64::from(made.raised));
        let points = total_points(settings.points, body.own_points_as(classified.as_deref()) + raised);
        let rule = classified.and_then(|class| class.rule);
        let profile = self.open_profile(tenant, key).ok()?;
        self.emit(tenant, Change::ContactReclassified { contact, profile, points, rule });
        Some(is_moved)
    }
}
