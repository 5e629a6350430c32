//! Work that stays with its agent: what is parked when that one is signed out, and when it returns to its queue after all.

use model::transition::ReturnedWhy;
use model::{AgentNo, Change, ContactNo, TenantNo, Time};

use super::Turn;
use crate::mutants::{self, Mutant};
use crate::state::contacts::Status;

impl Turn<'_> {
    /// What an agent who is signed out had in hands or parked: it stays, or returns to its queue and is nowhere then.
    pub fn keep_or_return(&mut self, tenant: TenantNo, contact: ContactNo, free: &mut Vec<ContactNo>) {
        let state = self.tenant(tenant);
        let record = state.contacts.of(contact);
        if record.status == Status::Parked && record.parked_until().is_some() {
            return;
        }
        match state.stays_until(record, self.now) {
            Some(until) if !mutants::is(Mutant::BoundLetGo) => {
                self.emit(tenant, Change::ContactParked { contact, until })
            }
            Some(_) | None => {
                self.return_from_agent(tenant, contact);
                free.push(contact);
            }
        }
    }

    /// The time of one that stays with its agent is over.
    #[cold]
    pub fn stayed_long_enough(&mut self, tenant: TenantNo, contact: ContactNo) {
        let agent = self.tenant(tenant).contacts.of(contact).agent;
        self.return_from_agent(tenant, contact);
        self.place(tenant, contact);
        self.released(tenant, agent);
    }

    /// Takes back what stays with an agent who is struck off the roster. What is returned is nowhere then.
    pub fn return_all_parked(&mut self, tenant: TenantNo, agent: AgentNo) -> Vec<ContactNo> {
        let mut parked = self.tenant(tenant).parked.of(agent).to_vec();
        parked.sort_unstable();
        for &contact in &parked {
            self.return_from_agent(tenant, contact);
        }
        parked
    }

    /// The agent left.
    fn return_from_agent(&mut self, tenant: TenantNo, contact: ContactNo) {
        let record = self.tenant(tenant).contacts.of(contact);
        let (profile, points, why) = (record.profile, record.points, ReturnedWhy::AgentLeft);
        let kept_from_until = Time(0);
        self.emit(tenant, Change::ContactReturned { contact, profile, points, why, kept_from_until });
    }
}
