//! Customers who write when they like: contacts that are nobody's until they do, and those that wait as indirect work meanwhile.
//!
//! Beside the records, for few have any of it: a bit of the record says so, and a contact that is quiet is in no line.

use std::collections::BTreeMap;

use model::config::{ChannelKind, QuietConfig};
use model::row::Silence;
use model::{AgentNo, ChannelNo, ContactNo, Millis, TenantConfig, Time};

use super::contacts::{Contact, Status};
use super::names::Names;
use super::tenant::Tenant;

/// Where contacts go whose customers are silent, and how long they are kept.
#[derive(Debug, Clone, Copy)]
pub struct QuietSettings {
    pub to: ChannelNo,
    pub ends: Millis,
}

impl QuietSettings {
    /// Nothing for a channel that is not live, or that names none that is indirect.
    pub fn compile(
        kind: ChannelKind,
        quiet: Option<&QuietConfig>,
        config: &TenantConfig,
        channels: &Names<model::ChannelId>,
    ) -> Option<QuietSettings> {
        let QuietConfig { to, ends } = quiet.filter(|_| kind == ChannelKind::Live)?;
        config.channel(to).filter(|to| to.kind == ChannelKind::Indirect)?;
        Some(QuietSettings { to: ChannelNo(channels.number(to.as_str())? as u8), ends: *ends })
    }
}

#[derive(Debug, Default)]
pub struct Silences(BTreeMap<ContactNo, Silence>);

impl Silences {
    pub fn of(&self, contact: ContactNo) -> Option<Silence> {
        self.0.get(&contact).copied()
    }

    #[inline]
    pub fn forget(&mut self, contact: ContactNo) {
        if !self.0.is_empty() {
            self.0.remove(&contact);
        }
    }

    /// Live channels to which contacts may come back.
    pub fn channels(&self) -> impl Iterator<Item = ChannelNo> + '_ {
        self.0.values().filter_map(|silence| silence.slowed_from)
    }
}

impl Tenant {
    /// What is known of the contact's customer; nothing out of the ordinary for most.
    #[inline]
    pub fn silence(&self, contact: &Contact) -> Silence {
        if contact.has_silence() {
            self.silences.of(contact.number).unwrap_or_default()
        } else {
            Silence::default()
        }
    }

    pub fn set_silence(&mut self, contact: ContactNo, silence: Silence) {
        self.contacts.of_mut(contact).set_silence(!silence.is_empty());
        if silence.is_empty() {
            self.silences.forget(contact);
        } else {
            self.silences.0.insert(contact, silence);
        }
    }

    /// What was said while it was offered counts no more.
    #[inline]
    pub fn end_note(&mut self, contact: ContactNo) {
        if self.contacts.of(contact).has_silence() {
            let silence = self.silence(self.contacts.of(contact));
            self.set_silence(contact, Silence { noted: false, ..silence });
        }
    }

    /// What its channel, or the one that it came from, says of customers who are silent.
    pub fn quiet_of(&self, contact: &Contact) -> Option<QuietSettings> {
        if self.consults.is_consult(contact.number) {
            return None;
        }
        let here = self.profiles.brief(contact.profile).channel;
        let channel = self.silence(contact).slowed_from.unwrap_or(here);
        self.settings().channel(channel)?.quiet
    }

    /// Lets a contact that is nowhere be nobody's until its customer writes again.
    pub fn keep_quiet(&mut self, contact: ContactNo, agent: AgentNo, until: Time) {
        let record = self.contacts.of_mut(contact);
        (record.status, record.agent, record.until) = (Status::Quiet, agent, until);
    }
}
