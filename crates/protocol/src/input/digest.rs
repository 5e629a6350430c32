//! Tells the repeat of a contact from another contact under the same id.
//!
//! The digest is taken over what the body means, not over its bytes: key order, white space and the spelling of
//! a time do not matter, and neither does what differs between two attempts to send the same (`sent_at`,
//! `traceparent`). It is kept with open and closed ids for the idempotence horizon, so its form is part of the
//! format: a field that is absent contributes nothing, which lets later versions add fields.

use model::ContactBody;
use model::config::SkillDemand;
use model::contact::Window;

pub(super) fn digest(body: &ContactBody) -> u64 {
    let mut canonical = Canonical(Vec::with_capacity(512));
    // Every field by name: one that is added to the contact must be put here on purpose.
    let ContactBody {
        contact,
        channel,
        queue,
        customer,
        matter,
        skills,
        site,
        person,
        points,
        due_at,
        arrived_at,
        preferred_agent,
        preferred_patience,
        excluded_agents,
        attributes,
        window,
        reachable,
        traceparent: _,
        classified: _,
        consult: _,
    } = body;
    canonical.text(b'c', contact.as_str());
    canonical.text(b'm', channel.as_str());
    if let Some(queue) = queue {
        canonical.text(b'q', queue.as_str());
    }
    if let Some(customer) = customer {
        canonical.text(b'u', customer.as_str());
    }
    if let Some(matter) = matter {
        canonical.text(b'b', matter.as_str());
    }
    for SkillDemand { skill, level } in skills {
        canonical.text(b's', skill.as_str());
        canonical.number(b'l', u64::from(level.get()));
    }
    if let Some(site) = site {
        canonical.text(b'z', site.as_str());
    }
    if *person {
        canonical.number(b'h', 1);
    }
    if *points != 0 {
        canonical.number(b'p', i64::from(*points).cast_unsigned());
    }
    if let Some(due_at) = due_at {
        canonical.number(b'd', due_at.0);
    }
    if let Some(arrived_at) = arrived_at {
        canonical.number(b'a', arrived_at.0);
    }
    if let Some(agent) = preferred_agent {
        canonical.text(b'g', agent.as_str());
    }
    if let Some(patience) = preferred_patience {
        canonical.number(b'w', patience.0);
    }
    for agent in excluded_agents {
        canonical.text(b'x', agent.as_str());
    }
    if let Some(Window { not_before, not_after }) = window.as_deref() {
        for (tag, time) in [(b'f', not_before), (b't', not_after)] {
            if let Some(time) = time {
                canonical.number(tag, time.0);
            }
        }
    }
    for channel in reachable {
        canonical.text(b'r', channel.as_str());
    }
    for (name, value) in attributes {
        canonical.text(b'k', name);
        canonical.text(b'v', value);
    }
    canonical.finish()
}

/// Fields as tag, length, bytes: no two lists of fields look alike.
struct Canonical(Vec<u8>);

impl Canonical {
    fn text(&mut self, tag: u8, text: &str) {
        self.0.push(tag);
        self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }
    fn number(&mut self, tag: u8, number: u64) {
        self.0.push(tag);
        self.0.extend_from_slice(&number.to_le_bytes());
    }
    fn finish(self) -> u64 {
        let hash = blake3::hash(&self.0);
        let (head, _) = hash.as_bytes().split_first_chunk::<8>().expect("a hash has 32 bytes");
        u64::from_le_bytes(*head)
    }
}
