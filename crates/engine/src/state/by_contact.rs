//! Something that is known of some contacts: found by a contact's place, as the contact itself is.

use model::ContactNo;

use super::paged::Paged;

#[derive(Debug)]
pub struct ByContact<T> {
    slots: Paged<Option<(ContactNo, T)>>,
}

impl<T> Default for ByContact<T> {
    fn default() -> ByContact<T> {
        ByContact { slots: Paged::default() }
    }
}

impl<T: Clone> ByContact<T> {
    /// What is known of the contact at this place is about to be looked at.
    #[inline]
    pub fn expect(&self, place: u32) {
        self.slots.expect(place as usize);
    }

    pub fn get(&self, contact: ContactNo) -> Option<&T> {
        let (known, value) = self.slots.get(contact.place() as usize)?.as_ref()?;
        (*known == contact).then_some(value)
    }

    pub fn get_mut(&mut self, contact: ContactNo) -> Option<&mut T> {
        let place = contact.place() as usize;
        if place >= self.slots.len() {
            return None;
        }
        let (known, value) = self.slots[place].as_mut()?;
        (*known == contact).then_some(value)
    }

    /// In place of what was known of it.
    pub fn insert(&mut self, contact: ContactNo, value: T) {
        let place = contact.place() as usize;
        self.slots.grow_to(place + 1);
        self.slots[place] = Some((contact, value));
    }

    pub fn remove(&mut self, contact: ContactNo) -> Option<T> {
        self.get(contact)?;
        self.slots[contact.place() as usize].take().map(|(_, value)| value)
    }
}
