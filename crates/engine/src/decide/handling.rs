//! Contacts that are active for too long without a word of their agents.

use model::{Change, ContactNo, TenantNo};

use super::Turn;

impl Turn<'_> {
    /// Its time is over: somebody may have forgotten it. It stays with its agent.
    #[cold]
    pub fn say_stuck(&mut self, tenant: TenantNo, contact: ContactNo) {
        self.emit(tenant, Change::ContactStuck { contact });
    }

    /// Its agent says that it is not forgotten.
    pub fn still_working(&mut self, tenant: TenantNo, contact: ContactNo) {
        let state = self.tenant(tenant);
        if state.queue_of(state.contacts.of(contact).profile).handling_max.is_some() {
            self.emit(tenant, Change::ContactWorkedOn { contact });
        }
    }
}
