//! Groups of decisions, and the one record in flight.
//!
//! A group takes one time for all its decisions. While a record is in flight the next group fills; it is sealed when
//! the acknowledgement comes, so the journal's round trip sets the size of groups and nothing waits for a clock.

use bytes::Bytes;
use engine::Decisions;
use model::{Millis, Time, Transition};
use protocol::record::{
    self, Body, COMMIT_BYTES_TARGET, Commit, EncodeError, Header, LostInputs, Record, Released,
};
use protocol::record::{Hash, Trying};

use crate::action::{Action, Left, Outputs, Quarantine};
use crate::decider::Decider;
use crate::event::RequestId;
use crate::limits::{
    ACK_TIMEOUT, AGAIN_TIMEOUT, GROUP_INPUTS_MAX, GROUP_TRANSITIONS_MAX, PROGRESS_AFTER, TRIALS_MAX,
};
use crate::machine::{Context, Question, Stop};
use crate::mutants::{self, Mutant};
use crate::running::Running;
use crate::time::after;

/// What is decided and not yet in a record.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// The time of all its decisions; set by the first.
    pub now: Option<Time>,
    pub decisions: Decisions,
    pub lost: Vec<LostInputs>,
    pub inputs: usize,
    pub bytes: usize,
    /// Transitions that `bytes` counts already.
    measured: usize,
    /// The step whose decisions take the most bytes. When a record cannot hold a group it is the one to blame: before
    /// each step the group was not full.
    largest: Step,
    /// Commit it although it changes nothing: an input that was tried gets its answer.
    pub is_answer: bool,
}

/// One call of the engine.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    bytes: usize,
    /// Of the input; nothing when a timer, a heartbeat or the settling was decided.
    position: Option<u64>,
}

impl Group {
    pub fn is_full(&self) -> bool {
        self.inputs >= GROUP_INPUTS_MAX
            || self.decisions.transitions.len() >= GROUP_TRANSITIONS_MAX
            || !self.has_room()
    }

    /// True when a step of [`record::STEP_BYTES_MAX`] still fits.
    pub fn has_room(&self) -> bool {
        self.bytes < COMMIT_BYTES_TARGET
    }

    /// True when it must be committed at once; positions alone may wait until the group is full of them.
    pub fn has_content(&self) -> bool {
        !self.decisions.transitions.is_empty() || !self.lost.is_empty() || self.is_answer
    }

    /// Counts what the engine added; `position` is that of the input which it decided.
    pub fn measure(&mut self, position: Option<u64>) {
        let transitions: &[Transition] = &self.decisions.transitions;
        let bytes = transitions[self.measured..]
            .iter()
            .fold(0_usize, |bytes, transition| bytes.saturating_add(record::transition_bytes(transition)));
        self.measured = transitions.len();
        self.bytes = self.bytes.saturating_add(bytes);
        if bytes > self.largest.bytes {
            self.largest = Step { bytes, position };
        }
    }
}

/// A record on its way into the journal. Its bytes are kept until its fate is known: they are appended as they are or
/// not at all.
#[derive(Debug)]
pub(crate) struct Flight {
    pub header: Header,
    pub now: Time,
    pub hash: Hash,
    pub bytes: Bytes,
    then: Then,
    /// The attempt whose answer is awaited; nothing while the tail is being read.
    pub question: Option<Question>,
    pub first_sent: Millis,
    /// How often it was sent.
    pub attempts: u32,
    /// Part of the message id. Raised when the server took the id for known but does not hold the record.
    pub name: u32,
}

/// The decisions on an input took more bytes than a record holds. The engine has made them and the journal can never
/// have them, so nothing more is decided. What happened here needs no other owner to prove it: the input's trials
/// are journaled as failed, and the shard leaves, so that the next owner sets the input aside.
#[derive(Debug)]
pub(crate) struct Outgrown {
    position: u64,
    bytes: usize,
    trials_left: u32,
}

/// What the record's arrival in the journal means.
#[derive(Debug)]
enum Then {
    Commit {
        outputs: Outputs,
        ingest_position: u64,
        published_through: u64,
    },
    Trying {
        position: u64,
    },
    Released,
    /// It was there before and was lost; it has had its effect.
    Repaired,
}

/// A record that the journal acknowledged, kept in case it loses it.
#[derive(Debug)]
pub(crate) struct Retained {
    pub sequence: u64,
    pub header: Header,
    pub now: Time,
    pub hash: Hash,
    pub bytes: Bytes,
}

impl Flight {
    /// How long the answer to the attempt just made is waited for.
    fn patience(&self) -> Millis {
        match self.attempts {
            0 | 1 => ACK_TIMEOUT,
            again => Millis(AGAIN_TIMEOUT.0 << (again - 2).min(8)).min(ACK_TIMEOUT),
        }
    }

    /// The same decisions at another time: for [`Mutant::RetryRewritten`].
    fn rewrite(&mut self) {
        let Ok((mut record, _)) = record::decode(&self.bytes) else { return };
        record.now += Millis(1);
        if let Ok(encoded) = record::encode(&record) {
            (self.now, self.hash, self.bytes) = (record.now, encoded.hash, encoded.bytes.into());
        }
    }
}

impl Retained {
    pub fn fly_again(&self, name: u32, first_sent: Millis) -> Flight {
        Flight {
            header: self.header,
            now: self.now,
            hash: self.hash,
            bytes: self.bytes.clone(),
            then: Then::Repaired,
            question: None,
            first_sent,
            attempts: 0,
            name,
        }
    }
}

impl<D: Decider> Running<D> {
    /// Seals the open group when there is a reason to and nothing is in flight.
    pub fn seal_when_due(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        if self.flight.is_some() || self.resolve.is_some() {
            return Ok(());
        }
        let has_progress = self.has_progress();
        if !has_progress {
            self.progress_since = None;
        } else if self.progress_since.is_none() {
            self.progress_since = Some(cx.clock.monotonic);
        }
        let is_progress_due = has_progress
            && (self.releasing.is_some() || self.progress_at().is_some_and(|at| at <= cx.clock.monotonic));
        // A full group decides nothing more, whether or not what it holds could wait.
        let is_due = self.group.has_content() || self.group.is_full() || is_progress_due;
        if is_due { self.seal(cx) } else { Ok(()) }
    }

    /// When progress without effects is journaled.
    pub fn progress_at(&self) -> Option<Millis> {
        self.progress_since.map(|since| after(since, PROGRESS_AFTER))
    }

    pub fn try_input(&mut self, position: u64, cx: &mut Context<'_>) -> Result<(), Stop> {
        let launched = self.launch(Body::Trying(Trying { position }), None, Then::Trying { position }, cx);
        launched.map_err(unencodable)
    }

    pub fn release(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        let head = self.reader.head().commit_no;
        let published_through =
            if mutants::is(Mutant::ReleasedUnsent) { head } else { self.outbox.published_through(head) };
        let launched = self.launch(Body::Released(Released { published_through }), None, Then::Released, cx);
        launched.map_err(unencodable)
    }

    /// Sends the record in flight, for the first time or again.
    pub fn publish(&mut self, cx: &mut Context<'_>) {
        let Some(flight) = &mut self.flight else { return };
        if mutants::is(Mutant::RetryRewritten) && flight.attempts > 0 {
            flight.rewrite();
        }
        let request = cx.request();
        flight.attempts += 1;
        flight.question = Some(Question::new(request, after(cx.clock.monotonic, flight.patience())));
        let Header { epoch, commit_no, .. } = flight.header;
        cx.act(Action::Publish {
            request,
            expected_last_sequence: self.reader.sequence(),
            message_id: format!("{epoch}.{commit_no}.{}", flight.name),
            bytes: flight.bytes.clone(),
        });
    }

    pub fn published(
        &mut self,
        request: RequestId,
        sequence: u64,
        duplicate: bool,
        cx: &mut Context<'_>,
    ) -> Result<(), Stop> {
        let is_awaited = self
            .flight
            .as_ref()
            .and_then(|flight| flight.question)
            .is_some_and(|question| question.is(request));
        if !is_awaited {
            return Ok(());
        }
        if duplicate || sequence != self.reader.sequence() + 1 {
            self.doubt(duplicate, cx);
            return Ok(());
        }
        if let Some(flight) = &self.flight {
            self.reader.appended(sequence, &flight.header, flight.now, flight.hash);
        }
        self.landed(sequence, cx)
    }

    /// The record in flight is in the journal at this sequence, and the reader has moved over it.
    pub fn landed(&mut self, sequence: u64, cx: &mut Context<'_>) -> Result<(), Stop> {
        let Some(flight) = self.flight.take() else { return Ok(()) };
        self.stall.stood_still(flight.first_sent, cx.clock.monotonic);
        self.retain(sequence, &flight);
        match flight.then {
            Then::Commit { outputs, ingest_position, published_through } => {
                cx.act(Action::Committed { sequence, bytes: flight.bytes });
                cx.statistics.commits += 1;
                self.committed_position = ingest_position;
                self.outbox.journaled = published_through;
                self.outbox.emit(outputs, cx.clock.monotonic, cx.actions);
            }
            Then::Trying { position } => {
                cx.act(Action::Committed { sequence, bytes: flight.bytes });
                self.poison.trying_journaled(position);
                if let Some(outgrown) = &mut self.outgrown {
                    outgrown.trials_left -= 1;
                    if outgrown.trials_left == 0 {
                        let Outgrown { position, bytes, .. } = *outgrown;
                        let position = Some(position);
                        return Err(Stop::Left(Left::DecisionsTooLarge { position, bytes }));
                    }
                    return self.try_input(position, cx);
                }
            }
            Then::Released => {
                cx.act(Action::Committed { sequence, bytes: flight.bytes });
                return Err(Stop::Left(Left::Released));
            }
            Then::Repaired => {}
        }
        if let Some(next) = self.lost_suffix.pop_front() {
            self.flight = Some(next);
            self.publish(cx);
        }
        Ok(())
    }

    fn has_progress(&self) -> bool {
        self.position > self.committed_position || self.outbox.has_news()
    }

    fn seal(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        let group = std::mem::take(&mut self.group);
        self.progress_since = None;
        let head = self.reader.head();
        let published_through = self.outbox.published_through(head.commit_no);
        let now = group.now.unwrap_or_else(|| self.time.now(cx.clock));
        let header = head.next_header();
        let outputs = Outputs {
            epoch: header.epoch,
            commit_no: header.commit_no,
            at: now,
            events: group.decisions.events,
        };
        let outputs = if mutants::is(Mutant::OutputBeforeCommit) {
            let empty = Outputs { events: Vec::new(), ..outputs };
            self.outbox.emit(outputs, cx.clock.monotonic, cx.actions);
            empty
        } else {
            outputs
        };
        let ingest_position =
            if mutants::is(Mutant::PositionLeftOut) { self.committed_position } else { self.position };
        let commit = Commit {
            ingest_position,
            ingest_stamp: self.intake.decided_stamp(),
            published_through,
            lost: group.lost,
            transitions: group.decisions.transitions,
        };
        let then = Then::Commit { outputs, ingest_position, published_through };
        match self.launch(Body::Commit(commit), Some(now), then, cx) {
            Ok(()) => Ok(()),
            Err(EncodeError::TooLarge { bytes }) => self.give_up(group.largest.position, bytes, cx),
            Err(error @ EncodeError::Body(_)) => Err(unencodable(error)),
        }
    }

    /// The open group fits no record; `position` is that of the input to blame, if one is.
    fn give_up(&mut self, position: Option<u64>, bytes: usize, cx: &mut Context<'_>) -> Result<(), Stop> {
        let Some(position) = position else {
            return Err(Stop::Left(Left::DecisionsTooLarge { position: None, bytes }));
        };
        self.outgrown = Some(Outgrown { position, bytes, trials_left: TRIALS_MAX });
        self.try_input(position, cx)
    }

    fn launch(
        &mut self,
        body: Body,
        now: Option<Time>,
        then: Then,
        cx: &mut Context<'_>,
    ) -> Result<(), EncodeError> {
        assert!(self.flight.is_none(), "one record is in flight");
        let now = now.unwrap_or_else(|| self.time.now(cx.clock));
        let header = self.reader.head().next_header();
        let encoded = record::encode(&Record { header, now, body })?;
        self.flight = Some(Flight {
            header,
            now,
            hash: encoded.hash,
            bytes: encoded.bytes.into(),
            then,
            question: None,
            first_sent: cx.clock.monotonic,
            attempts: 0,
            name: 0,
        });
        self.publish(cx);
        Ok(())
    }
}

fn unencodable(error: EncodeError) -> Stop {
    Stop::Quarantine(Quarantine::Encode(error.to_string()))
}
