//! What the router says, as far as a load test listens.

use std::collections::BTreeMap;

use model::Outcome;
use serde::Deserialize;
use verify::OriginEntry;

/// A message to a desk, an event of the feed or a dead letter.
#[derive(Debug, Clone, Deserialize)]
pub struct Said {
    #[serde(rename = "type")]
    pub kind: String,
    pub origin: OriginEntry,
    contact: Option<About>,
    pub offer: Option<u64>,
    pub session: Option<u64>,
    pub presence: Option<PresenceSaid>,
    pub outcome: Option<Outcome>,
    /// Of a refused input.
    pub position: Option<u64>,
    pub reason: Option<String>,
    /// Of a dead letter: who sent the input.
    pub agent: Option<String>,
    pub hash: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct PresenceSaid {
    pub state: String,
}

/// A contact stands in a message as a whole or by its id.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum About {
    Id(String),
    Whole { contact: String },
}

impl Said {
    pub fn read(bytes: &[u8]) -> Option<Said> {
        serde_json::from_slice(bytes).ok()
    }

    pub fn contact(&self) -> Option<&str> {
        self.contact.as_ref().map(|about| match about {
            About::Id(id) | About::Whole { contact: id } => id.as_str(),
        })
    }

    pub fn place(&self) -> Place {
        Place { epoch: self.origin.epoch, commit: self.origin.commit, index: self.origin.index }
    }
}

/// Where in the journal something was decided; it grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub epoch: u64,
    pub commit: u64,
    pub index: u32,
}

/// What a consumer has taken of each shard: it drops what is not later than that, which is a repeat or comes from a former owner. Shards are
/// not compared with each other, since a tenant that is moved counts anew.
#[derive(Debug, Default)]
pub struct Filter {
    last: BTreeMap<String, Place>,
}

impl Filter {
    /// Whether it is new; then it is seen.
    pub fn take(&mut self, said: &Said) -> bool {
        let place = said.place();
        let is_new = self.last.get(&said.origin.shard).is_none_or(|last| place > *last);
        if is_new {
            self.last.insert(said.origin.shard.clone(), place);
        }
        is_new
    }

    /// A state was fetched that contains everything up to there.
    pub fn contains(&mut self, shard: &str, epoch: u64, commit: u64) {
        let last = self.last.entry(shard.to_owned()).or_default();
        *last = (*last).max(Place { epoch, commit, index: u32::MAX });
    }

    /// A state as of there is not older than what was taken.
    pub fn is_recent(&self, shard: &str, epoch: u64, commit: u64) -> bool {
        self.last.get(shard).is_none_or(|last| (epoch, commit) >= (last.epoch, last.commit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(epoch: u64, commit: u64, index: u32) -> Said {
        let text = format!(
            r#"{{"type":"offer","origin":{{"shard":"0","epoch":{epoch},"commit":{commit},"index":{index}}},
               "contact":{{"contact":"c1","queue":"q"}},"offer":7}}"#
        );
        Said::read(text.as_bytes()).expect("a message")
    }

    #[test]
    fn repeats_and_former_owners_are_dropped() {
        let mut filter = Filter::default();
        assert_eq!(said(1, 1, 0).contact(), Some("c1"));
        assert!(filter.take(&said(7, 5, 1)) && !filter.take(&said(7, 5, 1)) && !filter.take(&said(7, 5, 0)));
        assert!(filter.take(&said(8, 6, 0)) && !filter.take(&said(7, 9, 0)), "a former owner comes late");
        filter.contains("0", 8, 10);
        assert!(!filter.take(&said(8, 10, 3)) && filter.take(&said(8, 11, 0)));
        assert!(!filter.is_recent("0", 8, 10) && filter.is_recent("0", 8, 11));
        let mut moved = said(1, 1, 0);
        moved.origin.shard = "1".to_owned();
        assert!(filter.take(&moved) && filter.is_recent("2", 0, 0), "another shard counts anew");
    }
}
