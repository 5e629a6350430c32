//! The state in canonical form.

use std::sync::Arc;

use model::moving::Residence;
use model::row::{AgentRow, ContactRow, ProfileRow, Row, TenantRow};
use model::{AgentNo, ContactNo, ProfileNo, Time};

use super::state::{Agent, Contact, Profile, Tenant};

impl Tenant {
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::Tenant(Box::new(self.own_row()))];
        for number in self.agent_numbers() {
            rows.push(Row::Agent(Box::new(self.agent(number).row(number))));
        }
        for (number, profile) in (0..).map(ProfileNo).zip(&self.profiles) {
            if let Some(profile) = profile {
                rows.push(Row::Profile(Box::new(profile.row(number))));
            }
        }
        for (number, contact) in &self.contacts {
            rows.push(Row::Contact(Box::new(contact.row(*number))));
        }
        rows.extend(self.closed.iter().map(|closed| Row::Closed(*closed)));
        rows.extend(self.remembered.iter().map(|ended| Row::Remembered(Box::new(ended.clone()))));
        rows
    }

    fn own_row(&self) -> TenantRow {
        TenantRow {
            residence: Residence::Here,
            key: None,
            tenant: self.number,
            name: self.name.clone(),
            config: self.config.clone(),
            skills: self.skills.clone(),
            channels: self.channels.clone(),
            queues: self.queues.clone(),
            sites: self.sites.clone(),
            switched: self.switched.iter().map(|(queue, state)| (*queue, *state)).collect(),
            arrivals: self.arrivals,
            offers: self.offers,
            agents: u32::try_from(self.agents.len()).expect("agent numbers are limited to 1,048,576"),
            profiles: u32::try_from(self.profiles.len()).expect("profile numbers are limited to 65,536"),
            overflow: self.overflow.clone(),
            answers: self.answer_rows(),
            waits: self.wait_rows(),
            work: self.work_rows(),
            turns: self.turns.iter().map(|(queue, turns)| (*queue, *turns)).collect(),
        }
    }
}

impl Agent {
    fn row(&self, agent: AgentNo) -> AgentRow {
        AgentRow {
            agent,
            removed: self.removed,
            spec: Arc::clone(&self.spec),
            presence: self.presence.clone(),
            session: self.session,
            counter: self.counter,
            idle_since: self.idle_since,
            available_since: self.available_since,
            last_offer: self.last_offer,
            misses: self.misses,
            deferred: self.deferred,
            throttle: self.throttle_row(),
        }
    }
}

impl Profile {
    fn row(&self, profile: ProfileNo) -> ProfileRow {
        ProfileRow {
            profile,
            queue: self.queue,
            channel: self.channel,
            ageing_per_minute: self.ageing_per_minute,
            requirement: self.requirement.clone(),
            pressure: self.pressure,
            site: self.site,
            preference: self.preference.clone(),
            person: self.person,
        }
    }
}

impl Contact {
    fn row(&self, contact: ContactNo) -> ContactRow {
        ContactRow {
            contact,
            profile: self.profile,
            points: self.points,
            arrived_at: self.arrived_at,
            due_at: self.due_at,
            digest: self.digest,
            body: Arc::clone(&self.body),
            state: self.state.expect("no contact is nowhere between two calls"),
            preferred: self.preferred,
            excluded: self.excluded.clone(),
            kept_from: self.kept_from.clone(),
            kept_from_until: if self.kept_from.is_empty() { Time(0) } else { self.kept_from_until },
            entered_at: self.entered_at,
            step: self.step,
            known: self.known,
            pressed: self.pressed,
            to_classify: self.to_classify,
            overflowed: self.overflowed.clone().map(Box::new),
            schedule: self.schedule,
            estimated: self.estimated.map(Box::new),
            unservable: self.unservable,
            interruptions: self.interruptions,
            work_since: self.work_since,
            handling: self.handling(),
            silence: (!self.silence.is_empty()).then_some(self.silence),
            linked: self.linked,
            handed_over_by: self.handed_over_by,
        }
    }
}
