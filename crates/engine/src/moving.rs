//! A tenant that leaves for another shard, or comes from one: what its state becomes. When it may is `decide::moving`'s.

use model::moving::{Residence, TenantPart};
use model::{AgentNo, ContactNo, Millis, Row, TenantId, TenantNo, Time};

use crate::Engine;
use crate::state::tenant::Tenant;
use crate::state::timers::Timers;

impl Engine {
    /// What the tenant is made of, for the shard that it goes to; nothing when it has not left.
    pub fn rows_of_left(&self, tenant: &TenantId) -> Option<impl Iterator<Item = Row> + '_> {
        let tenant = self.tenant_named(tenant)?;
        let Residence::Left { .. } = tenant.residence else { return None };
        Some(tenant.rows().map(|row| tenant.for_others(row)))
    }

    pub fn residence(&self, tenant: &TenantId) -> Option<&Residence> {
        Some(&self.tenant_named(tenant)?.residence)
    }

    /// The number of a part's tenant is another here; whatever was here of it before, is of its former stay.
    pub(crate) fn take_in(&mut self, number: TenantNo, part: &TenantPart) {
        let coming = Residence::Coming { departure: part.departure.clone(), parts: part.part + 1 };
        for row in &part.rows {
            if let Row::Tenant(row) = row {
                let fresh = Tenant::new(number, row.name.clone(), row.key.unwrap_or(self.key));
                match self.tenants.get_mut(number.index() - 1) {
                    Some(former) => {
                        let moves = former.moves + 1;
                        *former = fresh;
                        former.moves = moves;
                    }
                    None => self.open(number, &row.name, fresh.key),
                }
            }
            let tenant = self.tenant_of(number);
            tenant.residence = coming.clone();
            tenant.take_in(row.clone());
        }
        self.tenant_of(number).residence = coming;
    }

    fn tenant_of(&mut self, number: TenantNo) -> &mut Tenant {
        &mut self.tenants[number.index() - 1]
    }
}

impl Tenant {
    /// As in the shard that it goes to: with the key of the hashes, whoever's it is.
    fn for_others(&self, row: Row) -> Row {
        match row {
            Row::Tenant(mut row) => {
                row.key = Some(self.key);
                Row::Tenant(row)
            }
            row @ (Row::Agent(_)
            | Row::Profile(_)
            | Row::Contact(_)
            | Row::Closed(_)
            | Row::Remembered(_)) => row,
        }
    }

    fn take_in(&mut self, mut row: Row) {
        if let Row::Tenant(row) = &mut row {
            row.residence = self.residence.clone();
        }
        self.load(row, &mut Timers::default());
    }

    pub fn leave(&mut self, residence: Residence, timers: &mut Timers) {
        self.residence = residence;
        self.moves += 1;
        self.cancel_timers(timers);
    }

    /// Everything is here.
    pub fn come(&mut self, now: Time, grace: Millis, timers: &mut Timers) {
        let Residence::Coming { departure, .. } = &self.residence else {
            panic!("only what is on its way can come");
        };
        self.residence = Residence::Came { departure: departure.clone() };
        self.moves += 1;
        let mut idle = std::mem::take(&mut self.idle_timers);
        self.cancel_timers(&mut idle);
        for agent in (0..self.agents.len()).map(|agent| AgentNo(agent as u32)) {
            // A deferral that is over has been looked at where the tenant was, or will be when it is offered to.
            let is_to_look = self.agents[agent].deferred.is_none_or(|(_, until)| until > now);
            if is_to_look || self.agents[agent].is_throttled {
                self.set_agent_timer(agent, timers);
            }
        }
        for contact in self.contact_numbers() {
            self.set_contact_timer(contact, timers);
        }
        self.set_servable_timer(timers);
        self.resume(grace, timers);
    }

    pub fn go(&mut self) {
        let Residence::Left { to, .. } = &self.residence else {
            panic!("only what has left can be gone");
        };
        let residence = Residence::Gone { to: to.clone() };
        let moves = self.moves + 1;
        *self = Tenant::new(self.number, self.name.clone(), self.key);
        (self.residence, self.moves) = (residence, moves);
    }

    fn cancel_timers(&mut self, timers: &mut Timers) {
        for agent in 0..self.agents.len() {
            timers.cancel(&mut self.agents[AgentNo(agent as u32)].timer);
        }
        for contact in self.contact_numbers() {
            timers.cancel(&mut self.contacts.of_mut(contact).timer);
        }
        self.schedule.cancel_timers(timers);
        self.servable.cancel_timer(timers);
        if let Some(overflow) = &mut self.overflow {
            overflow.cancel(timers);
        }
    }

    fn contact_numbers(&self) -> Vec<ContactNo> {
        self.contacts.iter().map(|contact| contact.number).collect()
    }
}
