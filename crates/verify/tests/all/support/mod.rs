//! A run written as text becomes the dumps that it would have left: inputs, journal, event feed, dead letters.
//!
//! `== open`, `== commit`, `== released` and `== trying <position>` begin a record, one second after the one before; a
//! commit may add `after <ms>`, `behind <ms>`, `covers <position>`, `published <commit>` and `lost <first>-<last>`. `> …` is an input
//! that the record covers, `> -` one that the stream lost. Every other line is a transition.

mod bots;
mod bound;
mod calendars;
mod consult;
mod hand;
mod moving;
mod plain;
mod quiet;
mod script;
mod teller;
mod throttle;

use std::borrow::Cow;

use model::{Time, Transition};
use protocol::chain::ChainHead;
use protocol::output::{Origin, Output, OutputKind, outputs};
use protocol::record::{self, Body, Commit, EpochOpened, IngestIdentity, LostInputs, Record};
use protocol::record::{Released, Trying};
use wissel_verify::{ClientLog, Dump, Evidence, Extent, Limits, Message, Report, check};

use teller::Teller;

pub const SHARD: &str = "eu-1";

/// A name, what is replaced by what (each stands once in the story), the codes of the findings, and what those of the
/// first code say.
pub type StoryCase = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

/// Everything that the other cases change a little.
pub const SOUND: &str = include_str!("sound.txt");
/// What happens seldom.
pub const RARE: &str = include_str!("rare.txt");

#[derive(Debug, Clone)]
pub struct Dumps {
    pub ingest: Vec<Message<'static>>,
    /// Last sequence that the ingest stream gave, also when it lost that message.
    pub ingest_last: u64,
    pub journal: Vec<Message<'static>>,
    pub journal_last: u64,
    pub feed: Vec<Message<'static>>,
    pub dead_letters: Vec<Message<'static>>,
    /// What the desktops and the customers' side were sent.
    pub sent: Vec<Output>,
    pub clients: Vec<ClientLog>,
    pub is_final: bool,
}

struct Builder {
    dumps: Dumps,
    head: ChainHead,
    now: Time,
    position: u64,
    /// Of the last input.
    ingest_stamp: Option<Time>,
    teller: Teller,
}

/// What a `==` line says and what follows it.
struct Group<'a> {
    header: Vec<&'a str>,
    inputs: Vec<&'a str>,
    transitions: Vec<&'a str>,
}

pub fn build(text: &str) -> Dumps {
    let dumps = Dumps {
        ingest: vec![],
        ingest_last: 0,
        journal: vec![],
        journal_last: 0,
        feed: vec![],
        dead_letters: vec![],
        sent: vec![],
        clients: vec![],
        is_final: true,
    };
    let mut builder = Builder {
        dumps,
        head: ChainHead::BEGINNING,
        now: Time(1_000_000),
        position: 0,
        ingest_stamp: None,
        teller: Teller::new(),
    };
    groups(text).into_iter().for_each(|group| builder.add(&group));
    builder.dumps
}

/// Each text that is replaced stands there exactly once, so that a case says what it changes.
pub fn edit(story: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(story.to_owned(), |story, (from, to)| {
        assert_eq!(story.matches(from).count(), 1, "{from:?} stands once");
        story.replacen(from, to, 1)
    })
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(header) = line.strip_prefix("== ") {
            let header = header.split(' ').collect();
            groups.push(Group { header, inputs: vec![], transitions: vec![] });
            continue;
        }
        let group = groups.last_mut().expect("a story begins with ==");
        match line.strip_prefix("> ") {
            Some(input) => group.inputs.push(input),
            None => group.transitions.push(line),
        }
    }
    groups
}

impl Group<'_> {
    fn option(&self, name: &str) -> Option<u64> {
        let at = self.header.iter().position(|word| *word == name)?;
        Some(self.header[at + 1].parse().unwrap())
    }

    fn lost(&self) -> Vec<LostInputs> {
        let Some(at) = self.header.iter().position(|word| *word == "lost") else { return vec![] };
        let (first, last) = self.header[at + 1].split_once('-').unwrap();
        vec![LostInputs { first: first.parse().unwrap(), last: last.parse().unwrap() }]
    }
}

impl Builder {
    fn add(&mut self, group: &Group<'_>) {
        self.now = Time(self.now.0 + 1_000 + group.option("after").unwrap_or(0));
        let stamp = Time(self.now.0 - 5 - group.option("behind").unwrap_or(0));
        group.inputs.iter().for_each(|input| self.input(input, stamp));
        let published_through = group.option("published").unwrap_or(self.head.commit_no);
        let transitions: Vec<Transition> =
            group.transitions.iter().map(|line| script::transition(line, self.now)).collect();
        let (header, body) = match group.header[0] {
            "open" => {
                let ingest =
                    IngestIdentity { stream: "ING_eu-1".into(), created_ns: 1, uuid: group.header.join(" ") };
                let body =
                    EpochOpened { node: "n".into(), nonce: u128::from(self.now.0), ingest, rebased: None };
                (self.head.next_epoch_header(), Body::EpochOpened(body))
            }
            "released" => (self.head.next_header(), Body::Released(Released { published_through })),
            "trying" => {
                let position = group.header[1].parse().unwrap();
                (self.head.next_header(), Body::Trying(Trying { position }))
            }
            "commit" => {
                let ingest_position = group.option("covers").unwrap_or(self.position);
                let lost = group.lost();
                let transitions = transitions.clone();
                let commit = Commit {
                    ingest_position,
                    published_through,
                    lost,
                    transitions,
                    ingest_stamp: self.ingest_stamp,
                };
                (self.head.next_header(), Body::Commit(commit))
            }
            other => panic!("{other} is no record"),
        };
        let encoded = record::encode(&Record { header, now: self.now, body }).unwrap();
        let sequence = self.dumps.journal.len() as u64 + 1;
        self.head =
            ChainHead { epoch: header.epoch, commit_no: header.commit_no, hash: encoded.hash, sequence };
        self.dumps.journal_last = sequence;
        push(&mut self.dumps.journal, Time(self.now.0 + 1), "wissel.jrn.eu-1".into(), None, encoded.bytes);
        self.tell(&transitions);
    }

    fn input(&mut self, line: &str, stamp: Time) {
        self.position += 1;
        self.ingest_stamp = Some(stamp);
        self.dumps.ingest_last = self.position;
        if line == "-" {
            return;
        }
        let (subject, body) = script::input(line);
        self.dumps.ingest.push(Message {
            sequence: self.position,
            stamp,
            subject: subject.into(),
            message_id: None,
            bytes: body.into_bytes().into(),
        });
    }

    fn tell(&mut self, transitions: &[Transition]) {
        let mut index = 0;
        for transition in transitions {
            let Some(event) = self.teller.tell(self.now, transition) else { continue };
            let (epoch, commit_no) = (self.head.epoch, self.head.commit_no);
            let mut out = Vec::new();
            outputs(&event, Origin { shard: SHARD, epoch, commit_no, index }, &mut out);
            index += 1;
            for output in out {
                let stamp = Time(self.now.0 + 2);
                let to = match output.kind {
                    OutputKind::Feed => &mut self.dumps.feed,
                    OutputKind::DeadLetter => &mut self.dumps.dead_letters,
                    OutputKind::AgentDesktop | OutputKind::Customer => {
                        self.dumps.sent.push(output);
                        continue;
                    }
                };
                push(to, stamp, output.subject, Some(output.message_id), output.payload);
            }
        }
    }
}

fn push(
    to: &mut Vec<Message<'static>>,
    stamp: Time,
    subject: String,
    message_id: Option<String>,
    bytes: Vec<u8>,
) {
    let sequence = to.len() as u64 + 1;
    let message_id = message_id.map(Cow::from);
    to.push(Message { sequence, stamp, subject: subject.into(), message_id, bytes: bytes.into() });
}

impl Dumps {
    /// Every stream begins where its first message stands.
    pub fn check(self) -> Report {
        let first = self.ingest.first().map_or(1, |message| message.sequence);
        let ingest = Extent { first, last: self.ingest_last };
        check(Evidence {
            shard: SHARD.to_owned(),
            ingest: Dump { extent: ingest, messages: Box::new(self.ingest.into_iter()) },
            journal: dump(self.journal, Some(self.journal_last)),
            feed: dump(self.feed, None),
            dead_letters: dump(self.dead_letters, None),
            clients: self.clients,
            is_final: self.is_final,
            limits: Limits::default(),
        })
    }
}

fn dump(messages: Vec<Message<'static>>, last: Option<u64>) -> Dump<'static> {
    let first = messages.first().map_or(1, |message| message.sequence);
    let last = last.or(messages.last().map(|message| message.sequence)).unwrap_or(first - 1);
    Dump { extent: Extent { first, last }, messages: Box::new(messages.into_iter()) }
}

/// The findings in a line each: code, then what.
pub fn found(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{}: {}", finding.invariant.code(), finding.what)).collect()
}

/// The story as it stands has nothing wrong, and all of it can be judged.
pub fn expect_sound(story: &str) {
    let report = build(story).check();
    assert_eq!(found(&report), Vec::<String>::new());
    assert!(report.is_sound() && report.is_complete(), "{report}");
}

/// Every mistake is found, and nothing else; all of them are looked at before the test fails.
pub fn expect_each(story: &str, cases: &[StoryCase]) {
    let mut failed = Vec::new();
    for (name, edits, codes, says) in cases {
        let run = || expect_only(name, &build(&edit(story, edits)).check(), codes, says);
        if let Err(error) = std::panic::catch_unwind(run) {
            failed.push(error.downcast_ref::<String>().cloned().unwrap_or_else(|| (*name).to_owned()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Findings of these codes (`I4,I3` where one follows from the other) and no others; the first code's say this.
#[track_caller]
pub fn expect_only(name: &str, report: &Report, codes: &str, says: &str) {
    let found = found(report);
    let codes: Vec<&str> = codes.split(',').collect();
    let codes: Vec<String> = codes.iter().map(|code| format!("{code}: ")).collect();
    let is_of = |finding: &String, code: &String| finding.starts_with(code.as_str());
    assert!(
        found.iter().all(|finding| codes.iter().any(|code| is_of(finding, code)))
            && codes.iter().all(|code| found.iter().any(|finding| is_of(finding, code)))
            && found.iter().all(|finding| !is_of(finding, &codes[0]) || finding.contains(says)),
        "{name}: expected {codes:?} with {says:?}, found {found:#?}"
    );
    assert!(!report.is_sound(), "{name}: a violation makes a run unsound");
}
