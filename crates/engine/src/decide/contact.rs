//! Contacts come and end.

use std::sync::Arc;

use model::config::{ChannelKind, POINTS_MAX, SiteNeed};
use model::contact::OwnSkills;
use model::input::EndedBy;
use model::rule::Classified;
use model::{
    Change, ChannelNo, ContactBody, ContactId, ContactNo, Outcome, ProfileNo, QueueNo, Refusal, Requirement,
    SiteNo, SkillLevel, SkillNo, TenantNo, Time,
};

use super::classify::Class;
use super::{Origin, Turn};
use crate::mutants::{self, Mutant};
use crate::state::contacts::Status;
use crate::state::id_index::{Found, IdHash};
use crate::state::profiles::{Lasting, Opening, PROFILES_MAX, ProfileKey};

/// A refusal that has not been written down yet.
pub type Refused = (Refusal, String);

/// Of a contact that has let go of its own.
pub const NO_SKILLS: OwnSkills<'static> = [&[], &[]];

/// A contact that nobody has seen before.
struct New {
    body: Arc<ContactBody>,
    digest: u64,
    hash: IdHash,
    wanted: Wanted,
}

/// What a new contact asks for, and what the rules made of it.
struct Wanted {
    key: ProfileKey,
    classified: Option<Box<Classified>>,
}

impl Turn<'_> {
    pub fn contact_create(
        &mut self,
        tenant: TenantNo,
        origin: Origin<'_>,
        stamp: Time,
        body: Arc<ContactBody>,
        digest: u64,
    ) {
        let state = self.tenant(tenant);
        let hash = state.expect_id(&body.contact);
        let wanted = self.wanted(tenant, &body);
        let found = state.find_id(hash).filter(|_| !mutants::is(Mutant::ContactsRepeat));
        let seen_digest = found.map(|found| match found {
            Found::Open(place) => state.contacts.at(place).digest,
            Found::Closed(sequence) => state.closed.digest(sequence),
        });
        match seen_digest {
            Some(seen) if seen == digest => return,
            Some(_) => {
                let detail =
                    format!("contact {} came before with another body; choose a new id", body.contact);
                return self.refuse(tenant, origin, Refusal::IdReuse, detail);
            }
            None => {}
        }
        let admitted =
            wanted.and_then(|wanted| self.admit(tenant, stamp, New { body, digest, hash, wanted }));
        if let Err((reason, detail)) = admitted {
            self.refuse(tenant, origin, reason, detail);
        }
    }

    fn admit(&mut self, tenant: TenantNo, stamp: Time, new: New) -> Result<(), Refused> {
        let New { mut body, digest, hash, wanted: Wanted { key: wanted, classified } } = new;
        if classified.is_some() {
            Arc::make_mut(&mut body).classified = classified;
        }
        let state = self.tenant(tenant);
        let Some(place) = state.contacts.lowest_free_place() else {
            let detail = format!("{} contacts are open; none more fits", ContactNo::PLACES);
            return Err((Refusal::LimitReached, detail));
        };
        state.expect_beside(place);
        let settings = state.settings().queue(wanted.queue).expect("the queue was just found");
        let points = total_points(settings.points, body.own_points());
        let arrived_at = self.now.min(stamp).min(body.arrived_at.unwrap_or(stamp));
        let channel = state.settings().channel(wanted.channel).expect("the channel was just found");
        let due_at = match channel.kind {
            ChannelKind::Live => Time::MAX,
            ChannelKind::Indirect => {
                body.due_at.unwrap_or_else(|| state.settings().due_at(settings.due, arrived_at))
            }
        };
        let contact = ContactNo::new(state.arrivals, place);
        let known = state.known_agent(self.now, wanted.channel, &body);
        let is_scheduled = body.window.is_some();
        let profile = self.open_profile(tenant, wanted)?;
        self.tenant(tenant).matcher.columns.expect(profile);
        let arrived =
            Change::ContactArrived { contact, profile, points, arrived_at, due_at, digest, body, known };
        self.emit_hashed(tenant, arrived, Some(hash));
        if is_scheduled {
            self.put_off(tenant, contact);
        } else {
            self.enter(tenant, contact);
        }
        Ok(())
    }

    /// The names of a new contact in numbers.
    fn wanted(&self, tenant: TenantNo, body: &ContactBody) -> Result<Wanted, Refused> {
        let state = self.tenant(tenant);
        let channel =
            state.names.channels.number(body.channel.as_str()).map(|number| ChannelNo(number as u8));
        let Some(channel) = channel.filter(|&number| state.settings().channel(number).is_some()) else {
            return Err((
                Refusal::UnknownChannel,
                format!("channel {} is not in the configuration", body.channel),
            ));
        };
        let site = self.site_of(tenant, body, channel)?;
        let Class { queue, classified } = self.classify(tenant, body, channel)?;
        let person = body.asks_for_person_as(classified.as_deref());
        let lasting = Lasting { channel, site, person };
        let demands = &state.settings().queue(queue).expect("the queue was just found").demands;
        let own = body.own_skills_as(classified.as_deref());
        let key = self.profile_key(tenant, queue, lasting, demands, own, true)?;
        Ok(Wanted { key, classified })
    }

    /// Where a new contact is to be handled, if it matters.
    fn site_of(
        &self,
        tenant: TenantNo,
        body: &ContactBody,
        channel: ChannelNo,
    ) -> Result<Option<SiteNo>, Refused> {
        let state = self.tenant(tenant);
        let Some(name) = &body.site else {
            let need = state.settings().channel(channel).map_or(SiteNeed::Optional, |channel| channel.site);
            return match need {
                SiteNeed::Optional => Ok(None),
                SiteNeed::Required => {
                    let detail = format!("contacts of channel {} say at which site", body.channel);
                    Err((Refusal::SiteMissing, detail))
                }
            };
        };
        let site = state.names.sites.number(name.as_str()).map(|number| SiteNo(number as u16));
        match site.filter(|&site| state.settings().has_site(site)) {
            Some(site) => Ok(Some(site)),
            None => Err((Refusal::UnknownSite, format!("site {name} is not in the configuration"))),
        }
    }

    pub fn find_queue(&self, tenant: TenantNo, name: &str) -> Result<QueueNo, Refused> {
        let state = self.tenant(tenant);
        let queue = state.names.queues.number(name).map(|number| QueueNo(number as u16));
        queue
            .filter(|&queue| state.settings().queue(queue).is_some())
            .ok_or_else(|| (Refusal::UnknownQueue, format!("queue {name} is not in the configuration")))
    }

    /// What `demands` and the contact's own together ask for. Skills that are new to the contact must be in the
    /// configuration in force; those it came with need not be any more.
    pub fn profile_key(
        &self,
        tenant: TenantNo,
        queue: QueueNo,
        lasting: Lasting,
        demands: &[SkillLevel],
        own: OwnSkills<'_>,
        is_new: bool,
    ) -> Result<ProfileKey, Refused> {
        let state = self.tenant(tenant);
        let settings = state.settings().queue(queue).expect("the queue was found before");
        let mut requirement = Requirement::default();
        let mut fits = true;
        for &demand in demands {
            fits &= requirement.add(demand);
        }
        for demand in own.into_iter().flatten() {
            let skill = state.names.skills.number(demand.skill.as_str()).map(|number| SkillNo(number as u16));
            let Some(skill) = skill.filter(|&skill| !is_new || state.settings().has_skill(skill)) else {
                return Err((
                    Refusal::UnknownSkill,
                    format!("skill {} is not in the configuration", demand.skill),
                ));
            };
            fits &= requirement.add(SkillLevel { skill, level: demand.level });
        }
        if !fits {
            let most = model::skill::REQUIREMENT_SKILLS_MAX;
            let detail = format!("queue and contact together require more than {most} skills");
            return Err((Refusal::TooManySkills, detail));
        }
        let ageing_per_minute = settings.ageing_per_minute;
        let Lasting { channel, site, person } = lasting;
        let person = person || settings.person;
        let preference = settings.preference.clone();
        Ok(ProfileKey {
            queue,
            channel,
            ageing_per_minute,
            requirement,
            pressure: None,
            site,
            preference,
            person,
        })
    }

    /// The number of a profile, opened if nobody asked for it before.
    pub fn open_profile(&mut self, tenant: TenantNo, key: ProfileKey) -> Result<ProfileNo, Refused> {
        let profile = match self.tenant(tenant).profiles.find(&key) {
            Opening::Known(profile) => return Ok(profile),
            Opening::New(profile) => profile,
            Opening::Reused(profile) => {
                self.emit(tenant, Change::ProfileClosed { profile });
                profile
            }
            Opening::Full => {
                let detail = format!("open contacts ask for {PROFILES_MAX} different requirements");
                return Err((Refusal::LimitReached, detail));
            }
        };
        let ProfileKey {
            queue,
            channel,
            ageing_per_minute,
            requirement,
            pressure,
            site,
            preference: _,
            person,
        } = key;
        let requirement = Box::new(requirement);
        let opened = Change::ProfileOpened {
            profile,
            queue,
            channel,
            ageing_per_minute,
            requirement,
            pressure,
            site,
            person,
        };
        self.emit(tenant, opened);
        Ok(profile)
    }

    pub fn contact_end(&mut self, tenant: TenantNo, origin: Origin<'_>, id: &ContactId, by: EndedBy) {
        let Some(contact) = self.find_open(tenant, origin, id) else { return };
        let state = self.tenant(tenant);
        state.expect_beside(contact.place());
        let record = state.contacts.of(contact);
        self.engine.timers.expect(record.timer);
        if record.status == Status::WaitingInQueue {
            state.matcher.demand.expect_removal(record.profile);
            state.contacts.expect_neighbours(record);
        }
        match (by, record.status) {
            (_, Status::WrapUp | Status::Nowhere) => {}
            (EndedBy::Customer, Status::Active | Status::Parked) => self.end(tenant, contact),
            (EndedBy::Customer, Status::Quiet) => {
                self.close_and_release(tenant, contact, Outcome::Completed);
            }
            (EndedBy::Organisation, Status::Active | Status::Parked | Status::Quiet) => {
                self.close_and_release(tenant, contact, Outcome::Cancelled);
            }
            (_, Status::WaitingInQueue | Status::WaitingPreferred | Status::Offered | Status::Scheduled) => {
                let outcome = match by {
                    EndedBy::Customer => Outcome::Abandoned,
                    EndedBy::Organisation => Outcome::Cancelled,
                };
                self.close_and_release(tenant, contact, outcome);
            }
        }
    }

    /// Nothing for a contact that is closed; one that was never known is refused.
    pub fn find_open(&mut self, tenant: TenantNo, origin: Origin<'_>, id: &ContactId) -> Option<ContactNo> {
        let state = self.tenant(tenant);
        match state.find_id(state.expect_id(id)) {
            Some(Found::Open(place)) => Some(state.contacts.at(place).number),
            Some(Found::Closed(_)) => None,
            None => {
                let detail = format!("contact {id} is not open and was not lately");
                self.refuse(tenant, origin, Refusal::UnknownContact, detail);
                None
            }
        }
    }

    /// Ends an active contact: into wrap-up when its queue has one. There is none for what is parked: it would take capacity.
    pub fn end(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        let wrap_up = state.queue_of(record.profile).wrap_up;
        if wrap_up.is_zero() || record.status == Status::Parked {
            self.close_and_release(tenant, contact, Outcome::Completed);
        } else {
            self.emit(tenant, Change::WrapUpStarted { contact, until: self.now + wrap_up });
        }
    }

    pub fn close_and_release(&mut self, tenant: TenantNo, contact: ContactNo, outcome: Outcome) {
        let record = self.tenant(tenant).contacts.of(contact);
        let holder = record.status.has_agent().then_some(record.agent);
        self.emit(tenant, Change::ContactClosed { contact, outcome });
        if let Some(agent) = holder {
            self.released(tenant, agent);
        }
    }
}

/// The head start of a contact: its queue's and its own.
pub fn total_points(of_queue: i32, own: i64) -> i32 {
    let most = i64::from(POINTS_MAX);
    (i64::from(of_queue) + own).clamp(-most, most) as i32
}
