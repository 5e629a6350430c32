//! What a producer says anew of an open contact. Saying the same twice is saying it once.

use model::contact::{ATTRIBUTES_MAX, ATTRIBUTES_SIZE_MAX, ContactUpdate};
use model::{ContactBody, Refusal};

/// Whether the update changes anything, if it may be taken.
pub fn check(body: &ContactBody, update: &ContactUpdate) -> Result<bool, (Refusal, String)> {
    if body.consult.is_some() {
        let detail =
            format!("contact {} is an agent's consult; say it of the contact that it is about", body.contact);
        return Err((Refusal::WrongState, detail));
    }
    let is_of_another = match (&body.customer, &update.customer) {
        (Some(known), Some(said)) => known != said,
        (None, _) | (_, None) => false,
    };
    if is_of_another {
        let detail = format!("contact {} has a customer already, and it is another", body.contact);
        return Err((Refusal::WrongState, detail));
    }
    let kept = body.attributes.iter().filter(|(name, _)| !update.attributes.contains_key(*name));
    let set = update.attributes.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let (count, size) = kept
        .chain(set)
        .fold((0, 0), |(count, size), (name, value)| (count + 1, size + name.len() + value.len()));
    if count > ATTRIBUTES_MAX || size > ATTRIBUTES_SIZE_MAX {
        let detail = format!(
            "contact {} would have {count} attributes with {size} bytes, at most {ATTRIBUTES_MAX} with \
             {ATTRIBUTES_SIZE_MAX} bytes are kept; take some away with null",
            body.contact
        );
        return Err((Refusal::TooLarge, detail));
    }
    let is_new = |(name, value): (&String, &Option<String>)| body.attributes.get(name) != value.as_ref();
    let is_of_new_customer = update.customer != body.customer && update.customer.is_some();
    let asks_anew = update.person && !body.person;
    Ok(is_of_new_customer || asks_anew || update.attributes.iter().any(is_new))
}

pub fn merge(body: &mut ContactBody, update: &ContactUpdate) {
    if update.customer.is_some() {
        body.customer.clone_from(&update.customer);
    }
    body.person |= update.person;
    for (name, value) in &update.attributes {
        match value {
            Some(value) => drop(body.attributes.insert(name.clone(), value.clone())),
            None => drop(body.attributes.remove(name)),
        }
    }
}
