//! Whether a snapshot belongs to a journal: one rule for whoever begins with one, owner or follower.
//!
//! A manifest is believed when the journal holds the very record that it names, or, when that was purged, when the next
//! record continues it. A manifest beyond the journal's end is a witness that the journal lost its end.

use protocol::record;
use protocol::snapshot::Manifest;

use crate::event::{StoredRecord, StreamFacts};

/// What a manifest alone says of its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// If the record at this sequence is the one it names: see [`is_of_record`].
    IfRecord { sequence: u64 },
    /// Its record was purged; the next one must continue it, which the chain checks.
    Yes,
    /// For this reason not; the next older one may.
    No(&'static str),
    /// The journal lost its end, or whoever told of it is behind.
    Beyond { last: u64, witness: u64 },
}

/// `journal` as it stands.
pub fn fit(manifest: &Manifest, shard: &str, journal: StreamFacts) -> Fit {
    let (first, last) = (journal.first_sequence, journal.last_sequence);
    let witness = manifest.stream_sequence;
    if manifest.shard != shard || manifest.published_through < manifest.commit_no {
        Fit::No("it is of another shard or was announced too early")
    } else if witness > last {
        Fit::Beyond { last, witness }
    } else if witness + 1 < first {
        Fit::No("the journal begins after it")
    } else if witness < first {
        Fit::Yes
    } else {
        Fit::IfRecord { sequence: witness }
    }
}

/// `records` are what the journal gave for the sequence in [`Fit::IfRecord`].
pub fn is_of_record(manifest: &Manifest, records: &[StoredRecord]) -> Result<(), &'static str> {
    let found = records.first().map(|stored| record::decode(&stored.bytes).map(|(_, hash)| hash));
    if found == Some(Ok(manifest.record_hash)) {
        Ok(())
    } else {
        Err("its record is not the one in the journal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Time;
    use protocol::record::{Hash, IngestIdentity};

    fn manifest(stream_sequence: u64) -> Manifest {
        Manifest {
            shard: "0".to_owned(),
            epoch: 1,
            commit_no: 7,
            stream_sequence,
            record_hash: Hash::ZERO,
            now: Time(0),
            ingest: IngestIdentity { stream: "ING_0".to_owned(), created_ns: 0, uuid: String::new() },
            ingest_position: 0,
            ingest_stamp: None,
            published_through: 7,
            trying: None,
            released: false,
            digest: Hash::ZERO,
            rows: 0,
            parts: Vec::new(),
        }
    }

    #[test]
    fn the_journal_says_what_a_manifest_is_worth() {
        let journal = StreamFacts { first_sequence: 5, last_sequence: 9 };
        for (sequence, expected) in [
            (3, Fit::No("the journal begins after it")),
            (4, Fit::Yes),
            (5, Fit::IfRecord { sequence: 5 }),
            (9, Fit::IfRecord { sequence: 9 }),
            (10, Fit::Beyond { last: 9, witness: 10 }),
        ] {
            assert_eq!(fit(&manifest(sequence), "0", journal), expected, "{sequence}");
        }
        let early = Manifest { published_through: 6, ..manifest(7) };
        assert!(matches!(fit(&early, "0", journal), Fit::No(_)));
        assert!(matches!(fit(&manifest(7), "1", journal), Fit::No(_)));
    }
}
