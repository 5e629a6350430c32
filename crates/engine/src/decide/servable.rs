//! Work that nobody in the roster could ever take is said to be that, and is said to be it no more.

use model::{Change, ContactNo, TenantNo};

use super::Turn;

impl Turn<'_> {
    /// Of the first contact of which something else was said than is.
    pub fn say_what_is(&mut self, tenant: TenantNo) {
        if let Some(contact) = self.tenant(tenant).servable.first_unsettled() {
            self.say_of(tenant, contact);
        }
    }

    /// Of a contact of which something else was said than is.
    #[cold]
    pub fn say_of(&mut self, tenant: TenantNo, contact: ContactNo) {
        let change = if self.tenant(tenant).contacts.of(contact).is_said_unservable() {
            Change::ContactServable { contact }
        } else {
            Change::ContactUnservable { contact }
        };
        self.emit(tenant, change);
    }
}
