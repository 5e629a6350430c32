//! The shard's journal on its server: where it ends, its records by sequence, and one append at a time.
//!
//! Everything is asked of the stream's leader. Records are read one by one, several at once: `STREAM.MSG.GET` never
//! skips a record that cannot be read, a consumer does so without a word.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{Info, RawMessageErrorKind, Stream};
use async_nats::jetstream::{Context, Error as ApiError, ErrorCode};
use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, stream};
use model::Time;
use protocol::record::{Hash, IngestIdentity};
use protocol::subject::UUID_KEY;
use shard::{PublishFailure, StoredRecord, StreamFacts, StreamsInfo};
use tokio::time::timeout;

use crate::crash::{self, Point};
use crate::names::Names;

/// Without a leader there is no answer at all, and one that is elected does not answer what was asked before. So a
/// question is asked again and again: this is what the shard adds to the time without a leader, at 20 questions a second.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Just before the shard would take the question for lost.
const ANSWERED_WITHIN: Duration = Duration::from_millis(4_500);
/// Reads under way at once. 32 keep a server busy over a round trip of a millisecond.
const READS_AT_ONCE: usize = 32;

#[derive(Debug, Clone)]
pub(crate) struct Journal {
    context: Context,
    names: Names,
    /// How far nodes say that it goes; 0 for unknown.
    witness: u64,
}

impl Journal {
    pub fn new(context: Context, names: Names, witness: u64) -> Journal {
        Journal { context, names, witness }
    }

    /// Nothing when a leader gave no answer; the shard asks again.
    pub async fn info(&self) -> Option<StreamsInfo> {
        let (ingest, journal) =
            tokio::join!(self.insist(&self.names.ingest), self.insist(&self.names.journal));
        let (ingest, journal) = (ingest?, journal?);
        let (ingest, journal) = (ingest.cached_info(), journal.cached_info());
        Some(StreamsInfo {
            ingest_identity: IngestIdentity {
                stream: self.names.ingest.clone(),
                created_ns: u64::try_from(ingest.created.unix_timestamp_nanos()).unwrap_or_default(),
                uuid: uuid(ingest),
            },
            ingest: facts(ingest),
            journal: facts(journal),
            witness: self.witness,
        })
    }

    /// Where the journal ends, by its leader alone.
    pub async fn tail(&self) -> Option<StreamFacts> {
        self.insist(&self.names.journal).await.map(|journal| facts(journal.cached_info()))
    }

    /// Asks until somebody answers.
    async fn insist(&self, stream: &str) -> Option<Stream> {
        let shard = self.names.shard;
        let answered = async {
            let mut again = tokio::time::interval(ASK_AGAIN_AFTER);
            let mut asked = FuturesUnordered::new();
            loop {
                tokio::select! {
                    _ = again.tick() => asked.push(self.context.get_stream(stream)),
                    Some(answer) = asked.next() => match answer {
                        Ok(stream) => return stream,
                        Err(error) => tracing::debug!(shard, stream, %error, "no stream information"),
                    },
                }
            }
        };
        let answer = timeout(ANSWERED_WITHIN, answered).await;
        answer.inspect_err(|_| tracing::debug!(shard, stream, "no stream information in time")).ok()
    }

    /// The last message of the ingest stream that was stored before `since`.
    pub async fn last_input_before(&self, since: Time) -> anyhow::Result<u64> {
        let ingest = self.context.get_stream(&self.names.ingest).await?;
        let StreamFacts { first_sequence, last_sequence } = facts(ingest.cached_info());
        Ok(first_since(&ingest, first_sequence, last_sequence + 1, since).await? - 1)
    }

    /// From the first one asked for up to the first that the stream does not hold. Nothing when the server was in
    /// trouble before the first.
    pub async fn records(&self, from: u64, through: u64) -> Option<Vec<StoredRecord>> {
        let stream = self.context.get_stream_no_info(&self.names.journal).await.ok()?;
        let stream = &stream;
        let mut reads = stream::iter(from..=through)
            .map(|sequence| async move { stream.get_raw_message(sequence).await })
            .buffered(READS_AT_ONCE);
        let mut records = Vec::new();
        while let Some(read) = reads.next().await {
            match read {
                Ok(message) => records.push(stored(message)),
                Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => break,
                Err(error) => {
                    tracing::debug!(shard = self.names.shard, %error, "the journal cannot be read");
                    if records.is_empty() {
                        return None;
                    }
                    break;
                }
            }
        }
        Some(records)
    }

    /// The sequence, and whether the server knew the message id.
    pub async fn publish(
        &self,
        expected_last_sequence: u64,
        message_id: &str,
        bytes: Bytes,
    ) -> Result<(u64, bool), PublishFailure> {
        crash::pass(Point::BeforePublish);
        let message = PublishMessage::build()
            .payload(bytes)
            .expected_stream(&self.names.journal)
            .expected_last_sequence(expected_last_sequence)
            .message_id(message_id);
        let sent = self.context.send_publish(self.names.journal_subject.clone(), message).await;
        crash::pass(Point::AfterPublish);
        let acknowledged = match sent {
            Ok(acknowledgement) => acknowledgement.await,
            Err(error) => Err(error),
        };
        acknowledged.map(|ack| (ack.sequence, ack.duplicate)).map_err(|error| failure(&error))
    }
}

/// The first message, from `first` up to `last`, that was stored at `moment` or later; `last` when there is none.
pub(crate) async fn first_since(stream: &Stream, first: u64, last: u64, moment: Time) -> anyhow::Result<u64> {
    let (mut low, mut high) = (first, last);
    while low < high {
        let middle = low + (high - low) / 2;
        match stream.get_raw_message(middle).await {
            Ok(message) if time_of(message.time.unix_timestamp_nanos()) < moment => low = middle + 1,
            Ok(_) => high = middle,
            // A message that cannot be read says nothing of its age: it may be of use.
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => high = middle,
            Err(error) => return Err(error).context("the stream cannot be read"),
        }
    }
    Ok(low)
}

/// By the server's own code: the client knows one of the two that mean a wrong sequence.
fn failure(error: &PublishError) -> PublishFailure {
    match error.kind() {
        PublishErrorKind::TimedOut => PublishFailure::TimedOut,
        PublishErrorKind::StreamNotFound => PublishFailure::NoResponders,
        PublishErrorKind::BrokenPipe => PublishFailure::Disconnected,
        PublishErrorKind::WrongLastMessageId
        | PublishErrorKind::WrongLastSequence
        | PublishErrorKind::MaxAckPending
        | PublishErrorKind::MaxPayloadExceeded
        | PublishErrorKind::Other => match api_code(error) {
            Some(ErrorCode::STREAM_WRONG_LAST_SEQUENCE | ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT) => {
                PublishFailure::WrongLastSequence
            }
            Some(code) => PublishFailure::Other { code: u32::try_from(code.0).unwrap_or_default() },
            None => PublishFailure::Other { code: 0 },
        },
    }
}

/// The code with which the server refused, when it was the server.
pub(crate) fn api_code(error: &(dyn std::error::Error + 'static)) -> Option<ErrorCode> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<ApiError>() {
            return Some(error.error_code());
        }
        cause = error.source();
    }
    None
}

pub(crate) fn stored(message: StreamMessage) -> StoredRecord {
    let stamp = time_of(message.time.unix_timestamp_nanos());
    StoredRecord { sequence: message.sequence, stamp, bytes: message.payload }
}

pub(crate) fn time_of(nanoseconds: i128) -> Time {
    Time(u64::try_from(nanoseconds / 1_000_000).unwrap_or_default())
}

pub(crate) fn facts(info: &Info) -> StreamFacts {
    let state = &info.state;
    let first_sequence =
        if state.messages == 0 { state.last_sequence.saturating_add(1) } else { state.first_sequence };
    StreamFacts { first_sequence, last_sequence: state.last_sequence }
}

pub(crate) fn uuid(info: &Info) -> String {
    info.config.metadata.get(UUID_KEY).cloned().unwrap_or_default()
}

/// The key under which a shard's engines hash contact ids: of the journal's own identity, so that every owner and
/// every reader of this journal has the same one, and nobody can choose ids that collide in another.
pub fn contact_key(journal_uuid: &str) -> [u8; 16] {
    let Hash(hash) = Hash::of(format!("wissel contact ids {journal_uuid}").as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

/// Names a journal among those that ever had its shard's number, for nodes that speak of it.
pub(crate) fn journal_id(journal_uuid: &str) -> u64 {
    let Hash(hash) = Hash::of(journal_uuid.as_bytes());
    u64::from_le_bytes(hash[..8].try_into().expect("a hash is longer than eight bytes")) & NUMBER_MASK
}

/// Numbers of JSON are exact up to here in every reader.
pub(crate) const NUMBER_MASK: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codes_of_a_wrong_sequence_are_one() {
        for (code, expected) in [
            (10071, PublishFailure::WrongLastSequence),
            (10164, PublishFailure::WrongLastSequence),
            (10077, PublishFailure::Other { code: 10077 }),
        ] {
            let text = format!(r#"{{"code":400,"err_code":{code},"description":"x"}}"#);
            let cause: ApiError = serde_json::from_str(&text).expect("an error of the API");
            let error = PublishError::with_source(PublishErrorKind::Other, cause);
            assert_eq!(failure(&error), expected, "{code}");
        }
        assert_eq!(failure(&PublishError::new(PublishErrorKind::TimedOut)), PublishFailure::TimedOut);
        assert_eq!(
            failure(&PublishError::new(PublishErrorKind::StreamNotFound)),
            PublishFailure::NoResponders
        );
    }

    #[test]
    fn keys_differ_and_stay() {
        assert_eq!(contact_key("a"), contact_key("a"));
        assert_ne!(contact_key("a"), contact_key("b"));
    }
}
