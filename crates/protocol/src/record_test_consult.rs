//! Agents who ask others about what they keep, as journals have it.

use model::Row;
use model::consult::ConsultOf;
use model::moving::TenantPart;
use model::row::ContactRow;

use super::super::*;

pub fn changes() -> Vec<(&'static str, Change)> {
    let (contact, agent, offer) = (ContactNo::new(9, 2), AgentNo(3), OfferNo(7));
    let arrived = Change::ContactArrived {
        contact: ContactNo::new(10, 3),
        profile: ProfileNo(4),
        points: 5,
        arrived_at: Time(1_790_000_000_000),
        due_at: Time::MAX,
        digest: 0,
        body: Arc::new(consult_body()),
        known: None,
    };
    let part = TenantPart { departure: rows::departure(), part: 2, rows: consult_rows() };
    vec![
        ("commit_contact_arrived_consult", arrived),
        ("commit_contact_handed_over", Change::ContactHandedOver { contact, agent, offer }),
        ("commit_tenant_rows_consult", Change::TenantRows { hash: "c0ffee".into(), part: Box::new(part) }),
    ]
}

fn consult_body() -> ContactBody {
    let of = ConsultOf {
        contact: ContactId::new("c-81").expect("valid"),
        agent: AgentId::new("jo").expect("valid"),
    };
    ContactBody { consult: Some(Box::new(of)), ..contact_body() }
}

/// One that is linked with a contact, and one that is over.
fn consult_rows() -> Vec<Row> {
    let body = Arc::new(consult_body());
    let row = |linked| ContactRow { body: Arc::clone(&body), linked, ..rows::contact() };
    vec![Row::Contact(Box::new(row(Some(ContactNo::new(8, 1))))), Row::Contact(Box::new(row(None)))]
}
