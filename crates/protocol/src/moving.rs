//! What moves a tenant between two shards: four messages on the shards' own subjects, and the texts that hold its rows.
//!
//! A text is lines of JSON: a head that names the move and the part, then one row a line. It is stored under its hash beside the
//! tenant's configurations, and an input names it; so rows of any number pass through an ingest stream that takes small messages only.

use std::sync::Arc;

use model::moving::{Departure, TenantMove, TenantPart};
use model::{InputBody, Refusal, Row, ShardId, TenantId, Time};
use serde::{Deserialize, Serialize};

use crate::config;
use crate::input::{ConfigTexts, Refused};
use crate::subject::{self, ShardName, Subject};

/// A part is full from here on: with its last row it stays far below what a message may have.
const PART_BYTES_TARGET: usize = 192 * 1024;
/// A tenant's own row holds its configuration; no part, and so no journal record of one, is larger.
pub const PART_BYTES_MAX: usize = 512 * 1024;

/// A message on `wissel.ing.<shard>`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Message {
    #[serde(rename = "tenant_leave")]
    Leave { tenant: TenantId, to: ShardId },
    #[serde(rename = "tenant_rows")]
    Rows { tenant: TenantId, hash: String },
    #[serde(rename = "tenant_come")]
    Come { tenant: TenantId, from: ShardId, position: u64, at: Time, parts: u32 },
    #[serde(rename = "tenant_gone")]
    Gone { tenant: TenantId, to: ShardId },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    departure: Departure,
    part: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    #[error("a row has {bytes} bytes, and a part at most {PART_BYTES_MAX}: {what}")]
    RowTooLarge { what: &'static str, bytes: usize },
    #[error("a row cannot be written: {0}")]
    Encode(String),
}

/// Subject and body of what the shard is told.
pub fn encode(shard: &ShardName, tenant: &TenantId, said: &TenantMove) -> (String, Vec<u8>) {
    let tenant = tenant.clone();
    let message = match said {
        TenantMove::Leave { to } => Message::Leave { tenant, to: to.clone() },
        TenantMove::Rows { hash, part: _ } => Message::Rows { tenant, hash: hash.clone() },
        TenantMove::Come { departure: Departure { from, position, at }, parts } => {
            Message::Come { tenant, from: from.clone(), position: *position, at: *at, parts: *parts }
        }
        TenantMove::Gone { to } => Message::Gone { tenant, to: to.clone() },
    };
    let bytes = serde_json::to_vec(&message).expect("strings and numbers can be written");
    (subject::ingest_own(shard), bytes)
}

/// The text that a message on a shard's own subject names.
pub fn named(subject: &str, bytes: &[u8]) -> Option<(TenantId, String)> {
    let Ok(Subject::IngestOwn { .. }) = subject::parse(subject) else { return None };
    match serde_json::from_slice(bytes).ok()? {
        Message::Rows { tenant, hash } => Some((tenant, hash)),
        Message::Leave { .. } | Message::Come { .. } | Message::Gone { .. } => None,
    }
}

/// Whom it concerns, and what it says or why it is refused.
pub(crate) fn decode(
    bytes: &[u8],
    texts: &dyn ConfigTexts,
) -> (Option<TenantId>, Result<InputBody, Refused>) {
    let message = match serde_json::from_slice(bytes) {
        Ok(message) => message,
        Err(error) => {
            let detail = format!("{error}; what moves a tenant is sent by `wissel tenant move`");
            return (None, Err(Refused::new(Refusal::BadField, detail)));
        }
    };
    let (tenant, said) = match message {
        Message::Leave { tenant, to } => (tenant, TenantMove::Leave { to }),
        Message::Gone { tenant, to } => (tenant, TenantMove::Gone { to }),
        Message::Come { tenant, from, position, at, parts } => {
            (tenant, TenantMove::Come { departure: Departure { from, position, at }, parts })
        }
        Message::Rows { tenant, hash } => match part(&tenant, &hash, texts) {
            Ok(part) => (tenant, TenantMove::Rows { hash, part: Arc::new(part) }),
            Err(refused) => return (Some(tenant), Err(refused)),
        },
    };
    (Some(tenant), Ok(InputBody::Move(said)))
}

fn part(tenant: &TenantId, hash: &str, texts: &dyn ConfigTexts) -> Result<TenantPart, Refused> {
    let text = texts.text(tenant, hash).ok_or_else(|| {
        let detail =
            format!("no rows of this tenant are stored under {hash}; run `wissel tenant move` again");
        Refused::new(Refusal::ConfigMissing, detail)
    })?;
    let invalid = |detail: String| Refused::new(Refusal::BadField, detail);
    if config::hash(&text) != hash {
        return Err(invalid(format!("the rows stored under {hash} have another hash")));
    }
    let mut lines = text.lines();
    let unreadable = |line: usize, error: serde_json::Error| {
        invalid(format!("line {line} of the rows under {hash}: {error}"))
    };
    let head: Head =
        serde_json::from_str(lines.next().unwrap_or_default()).map_err(|error| unreadable(1, error))?;
    let rows: Result<Vec<Row>, Refused> = lines
        .enumerate()
        .map(|(index, line)| serde_json::from_str(line).map_err(|error| unreadable(index + 2, error)))
        .collect();
    Ok(TenantPart { departure: head.departure, part: head.part, rows: rows? })
}

/// A tenant's rows as texts, in order.
pub fn parts(departure: &Departure, rows: impl Iterator<Item = Row>) -> Result<Vec<String>, PartError> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_full = true;
    for row in rows {
        let line = serde_json::to_string(&row).map_err(|error| PartError::Encode(error.to_string()))?;
        if is_full || parts.last().is_some_and(|part| part.len() + line.len() > PART_BYTES_TARGET) {
            let head = Head { departure: departure.clone(), part: parts.len() as u32 };
            parts.push(serde_json::to_string(&head).map_err(|error| PartError::Encode(error.to_string()))?);
        }
        let part = parts.last_mut().expect("one was begun");
        if part.len() + line.len() >= PART_BYTES_MAX {
            return Err(PartError::RowTooLarge { what: what(&row), bytes: line.len() });
        }
        part.push('\n');
        part.push_str(&line);
        is_full = part.len() >= PART_BYTES_TARGET;
    }
    Ok(parts)
}

fn what(row: &Row) -> &'static str {
    match row {
        Row::Tenant(_) => "the tenant's configuration",
        Row::Agent(_) => "an agent",
        Row::Profile(_) => "what contacts require",
        Row::Contact(_) => "a contact",
        Row::Closed(_) => "the id of a contact that ended",
        Row::Remembered(_) => "a contact that ended",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::row::ClosedRow;

    use super::*;

    fn tenant() -> TenantId {
        TenantId::new("acme").expect("valid")
    }

    fn departure() -> Departure {
        Departure { from: ShardId::new("0").expect("valid"), position: 77, at: Time(1_790_000_000_000) }
    }

    fn rows(count: u64) -> Vec<Row> {
        let closed = |number: u64| ClosedRow {
            id_hash: u128::MAX - u128::from(number),
            digest: u64::MAX - number,
            closed_at: Time(number),
        };
        (0..count).map(|number| Row::Closed(closed(number))).collect()
    }

    fn store(texts: &[String]) -> BTreeMap<(TenantId, String), Arc<str>> {
        texts.iter().map(|text| ((tenant(), config::hash(text)), Arc::from(text.as_str()))).collect()
    }

    fn decoded(said: &TenantMove, texts: &dyn ConfigTexts) -> Result<InputBody, Refused> {
        let (subject, bytes) = encode(&ShardName::of(3), &tenant(), said);
        assert_eq!(subject, "wissel.ing.3");
        let (whose, body) = decode(&bytes, texts);
        assert_eq!(whose, Some(tenant()));
        body
    }

    #[test]
    fn what_is_said_is_read_back() {
        let to = ShardId::new("4").expect("valid");
        for said in [
            TenantMove::Leave { to: to.clone() },
            TenantMove::Come { departure: departure(), parts: 9 },
            TenantMove::Gone { to },
        ] {
            assert_eq!(decoded(&said, &BTreeMap::new()), Ok(InputBody::Move(said)));
        }
    }

    #[test]
    fn a_row_of_each_kind_is_read_back() {
        let sample = crate::record::tests::rows::part();
        let texts = parts(&sample.departure, sample.rows.iter().cloned()).expect("small rows");
        assert_eq!(part(&tenant(), &config::hash(&texts[0]), &store(&texts)), Ok(sample));
    }

    #[test]
    fn rows_are_read_back_part_by_part() {
        let rows = rows(6_000);
        let texts = parts(&departure(), rows.iter().cloned()).expect("small rows");
        assert!(texts.len() > 2, "{}", texts.len());
        let stored = store(&texts);
        let mut back = Vec::new();
        for (number, text) in (0..).zip(&texts) {
            assert!(text.len() <= PART_BYTES_TARGET);
            let hash = config::hash(text);
            let empty = TenantPart { departure: departure(), part: 0, rows: Vec::new() };
            let said = TenantMove::Rows { hash: hash.clone(), part: Arc::new(empty) };
            let (subject, bytes) = encode(&ShardName::of(3), &tenant(), &said);
            assert_eq!(named(&subject, &bytes), Some((tenant(), hash)));
            let Ok(InputBody::Move(TenantMove::Rows { part, .. })) = decoded(&said, &stored) else {
                panic!("part {number} is not read");
            };
            assert_eq!((&part.departure, part.part), (&departure(), number));
            back.extend(part.rows.iter().cloned());
        }
        assert_eq!(back, rows);
    }

    #[test]
    fn what_is_wrong_with_a_text_is_said() {
        let sound = &parts(&departure(), rows(2).into_iter()).expect("small rows")[0];
        let torn = sound.replace("\"digest\"", "\"digets\"");
        let headless = sound.lines().skip(1).collect::<Vec<_>>().join("\n");
        let texts = store(&[torn.clone(), headless.clone()]);
        let mut swapped = store(std::slice::from_ref(sound));
        swapped.values_mut().for_each(|text| *text = Arc::from("else"));
        for (text, texts, reason, said) in [
            (sound, &texts, Refusal::ConfigMissing, "no rows of this tenant are stored"),
            (sound, &swapped, Refusal::BadField, "have another hash"),
            (&torn, &texts, Refusal::BadField, "line 2 of the rows"),
            (&headless, &texts, Refusal::BadField, "line 1 of the rows"),
        ] {
            let refused = part(&tenant(), &config::hash(text), texts).expect_err(said);
            assert_eq!(refused.reason, reason);
            assert!(refused.detail.contains(said), "{}", refused.detail);
        }
        for bytes in
            [&b"{}"[..], b"nonsense", br#"{"type":"tenant_leave","tenant":"acme","to":"4","to":"5"}"#]
        {
            let (whose, body) = decode(bytes, &texts);
            assert_eq!(whose, None);
            assert_eq!(body.expect_err("not ours").reason, Refusal::BadField);
        }
    }

    #[test]
    fn a_row_beyond_all_bounds_is_told() {
        let row = Row::Tenant(Box::new(model::row::TenantRow {
            skills: (0..40_000)
                .map(|number| model::SkillId::new(&format!("skill-{number}")).expect("valid"))
                .collect(),
            ..blank()
        }));
        let error = parts(&departure(), [row].into_iter()).expect_err("too large");
        assert!(error.to_string().contains("the tenant's configuration"), "{error}");
    }

    fn blank() -> model::row::TenantRow {
        let json = r#"{"tenant":1,"name":"acme","config":null,"skills":[],"channels":[],"queues":[],"switched":[],"arrivals":0,"offers":0,"agents":0,"profiles":0}"#;
        serde_json::from_str(json).expect("a row")
    }
}
