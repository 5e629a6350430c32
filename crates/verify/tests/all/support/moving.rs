//! The words of stories in which a tenant leaves or comes.

use std::sync::Arc;

use model::moving::{Departure, TenantMove, TenantPart};
use model::row::ClosedRow;
use model::{Change, Millis, Row, ShardId, TenantId, Time};
use protocol::subject::ShardName;

/// Subject and body.
pub fn input(word: &str, rest: &str) -> (String, String) {
    let said = match word {
        "leave" => TenantMove::Leave { to: ShardId::new(rest).unwrap() },
        "rows" => TenantMove::Rows { hash: hash(rest), part: Arc::new(part(rest)) },
        "come" => TenantMove::Come { departure: departure(), parts: rest.parse().unwrap() },
        _ => TenantMove::Gone { to: ShardId::new(rest).unwrap() },
    };
    let shard = ShardName::new(super::SHARD).unwrap();
    let (subject, bytes) = protocol::moving::encode(&shard, &TenantId::new("acme").unwrap(), &said);
    (subject, String::from_utf8(bytes).unwrap())
}

pub fn change(word: &str, rest: &[&str]) -> Change {
    match (word, rest) {
        ("left", [to]) => Change::TenantLeft { to: ShardId::new(to).unwrap(), position: 4 },
        ("rows", [named, number]) => Change::TenantRows { hash: hash(named), part: Box::new(part(number)) },
        ("came", []) => Change::TenantCame { grace: Millis(700) },
        ("gone", []) => Change::TenantGone,
        _ => panic!("{word} {rest:?} is no transition"),
    }
}

fn departure() -> Departure {
    Departure { from: ShardId::new("0").unwrap(), position: 4, at: Time(900_000) }
}

/// The first part holds the tenant alone, each other one a closed id.
fn part(number: &str) -> TenantPart {
    let part: u32 = number.parse().unwrap();
    let tenant = r#"{"tenant":1,"name":"acme","config":null,"skills":[],"channels":[],"queues":[],"arrivals":0,"offers":0,"agents":0,"profiles":0}"#;
    let row = match part {
        0 => Row::Tenant(serde_json::from_str(tenant).unwrap()),
        _ => Row::Closed(ClosedRow { id_hash: part.into(), digest: 0, closed_at: Time(0) }),
    };
    TenantPart { departure: departure(), part, rows: vec![row] }
}

fn hash(part: &str) -> String {
    part.repeat(64)
}
