//! What the script says of a contact.

use model::ContactBody;
use model::contact::{ContactUpdate, Window};

use super::*;

/// `name channel queue [tier=value] [amount=value] [lang=value] [customer=name] [due=second] [arrived=second] [from=second] [to=second] [reach=channel,channel] [prefer=agent] [not=agent] [skills=skill:level] [site=name]`
pub fn body(words: &[&str]) -> ContactBody {
    ContactBody {
        contact: id(words[0]),
        channel: id(words[1]),
        queue: (words[2] != "-").then(|| id(words[2])),
        customer: option(words, "customer").map(id),
        matter: None,
        skills: option(words, "skills").map(skills).unwrap_or_default(),
        site: option(words, "site").map(id),
        points: 0,
        due_at: option(words, "due").map(at),
        arrived_at: option(words, "arrived").map(at),
        preferred_agent: option(words, "prefer").map(id),
        preferred_patience: None,
        excluded_agents: option(words, "not").map(id).into_iter().collect(),
        attributes: ATTRIBUTES
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), option(words, name)?.to_owned())))
            .collect(),
        window: window(words),
        reachable: option(words, "reach").into_iter().flat_map(|names| names.split(',')).map(id).collect(),
        traceparent: None,
        person: words.contains(&"person"),
        classified: None,
        consult: None,
    }
}

pub fn update(words: &[&str]) -> ContactUpdate {
    let attributes = ATTRIBUTES.into_iter().filter_map(|name| {
        let value = option(words, name)?;
        Some((name.to_owned(), (value != "-").then(|| value.to_owned())))
    });
    let customer = option(words, "customer").map(id);
    ContactUpdate { customer, person: words.contains(&"person"), attributes: attributes.collect() }
}

fn window(words: &[&str]) -> Option<Box<Window>> {
    let (not_before, not_after) = (option(words, "from").map(at), option(words, "to").map(at));
    (not_before.is_some() || not_after.is_some()).then(|| Box::new(Window { not_before, not_after }))
}
