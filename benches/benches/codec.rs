//! What do bytes cost: an input on its way in, a commit on its way to the journal and back, an output on its way out?
//!
//! Workload: the contacts of `workload::world` with three attributes of 20 bytes, as a producer sends them; commits of what
//! mixed traffic of 200 agents decided (some 110 bytes for a transition); the chain reader reads a thousand commits of ten
//! transitions; the outputs are those of the events of a hundred transitions, without the broker.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use model::input::{AgentAction, AgentInput};
use model::{AgentId, ContactBody, ContactId, Event, InputBody, OfferNo, TenantId, Time, Transition};
use protocol::chain::{ChainHead, ChainReader};
use protocol::input::ConfigTexts;
use protocol::output::{Origin, outputs};
use protocol::record::{Body, Commit, EpochOpened, Hash, Header, IngestIdentity, Record};
use protocol::{input, record};
use wissel_benches::bed::size;
use wissel_benches::recorder::Recording;
use workload::world::{World, WorldOptions};

criterion_group!(benches, inputs, commits, chain, messages);
criterion_main!(benches);

const NOW: Time = Time(1_700_000_000_000);

fn inputs(criterion: &mut Criterion) {
    let accept = InputBody::Agent(AgentInput {
        agent: AgentId::new("agent-000017").expect("a valid id"),
        session: 1,
        counter: 99,
        action: AgentAction::Accept { contact: contact_id(), offer: OfferNo(12_345) },
    });
    let create = InputBody::ContactCreate { body: Arc::new(contact()), digest: 0 };
    let tenant = TenantId::new("bench").expect("a valid id");
    let configs: BTreeMap<(TenantId, String), Arc<str>> = BTreeMap::new();
    let configs: &dyn ConfigTexts = &configs;
    let mut group = criterion.benchmark_group("codec");
    for (name, body) in [("decode contact_create", create), ("decode accept", accept)] {
        let (subject, bytes) = input::encode(&tenant, &body).expect("it is not a refusal");
        let decode = || input::decode(&subject, black_box(&bytes), 1, NOW, None, configs);
        let decoded = decode().expect("inputs arrive on the subject");
        assert!(!matches!(decoded.body, InputBody::Malformed { .. }), "{name} decodes: {decoded:?}");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(decode));
    }
    group.finish();
}

fn commits(criterion: &mut Criterion) {
    let transitions = recording().transitions();
    let mut group = criterion.benchmark_group("codec");
    for count in [1, 100] {
        let chosen = typical(&transitions, count);
        let commit = commit(ChainHead::BEGINNING.next_header(), chosen);
        let encoded = record::encode(&commit).expect("a commit of this size fits");
        group.throughput(Throughput::Bytes(encoded.bytes.len() as u64));
        group.bench_function(format!("encode a commit of {count}"), |bencher| {
            bencher.iter(|| record::encode(black_box(&commit)));
        });
        group.bench_function(format!("decode a commit of {count}"), |bencher| {
            bencher.iter(|| record::decode(black_box(&encoded.bytes)));
        });
    }
    group.finish();
}

fn chain(criterion: &mut Criterion) {
    let records = journal(&recording().transitions(), size(1_000, 20));
    let bytes: usize = records.iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function(format!("chain reader, {} commits of 10", records.len() - 1), |bencher| {
        bencher.iter(|| {
            let mut reader = ChainReader::from_beginning();
            for (sequence, bytes) in (1..).zip(&records) {
                black_box(reader.read(sequence, bytes).expect("the records are a chain"));
            }
        });
    });
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let recording = recording();
    // As many events as a hundred transitions make in this recording.
    let share = recording.after.events.len() * 100 / recording.after.transitions.len();
    let events: &[Event] = &recording.after.events[..share];
    let mut made = vec![];
    let tell = |made: &mut Vec<_>| {
        made.clear();
        for (index, event) in (0..).zip(events) {
            outputs(event, Origin { shard: "s0", epoch: 1, commit_no: 1, index }, made);
        }
    };
    tell(&mut made);
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Elements(made.len() as u64));
    group.bench_function(format!("{} outputs of 100 transitions", made.len()), |bencher| {
        bencher.iter(|| tell(&mut made));
    });
    group.finish();
}

fn recording() -> Recording {
    Recording::new(200, 500, size(10_000, 500))
}

fn contact_id() -> ContactId {
    ContactId::new("conversation-5f3c2a").expect("a valid id")
}

fn contact() -> ContactBody {
    let mut world = World::new(WorldOptions { agents: 200, ..WorldOptions::default() });
    let mut body = world.contact(contact_id(), NOW);
    let attribute = |name: &str| (name.to_owned(), "a value of 20 bytes.".to_owned());
    body.attributes = ["language", "product", "region"].map(attribute).into();
    body
}

/// A contact's whole life is in there from a hundred on; a single one is an offer, which is of middling size.
fn typical(transitions: &[Transition], count: usize) -> Vec<Transition> {
    let is_offer = |transition: &Transition| matches!(transition.change, model::Change::Offered { .. });
    let start = if count == 1 { transitions.iter().position(is_offer) } else { Some(0) };
    let start = start.expect("busy agents are offered contacts");
    transitions[start..start + count].to_vec()
}

fn commit(header: Header, transitions: Vec<Transition>) -> Record {
    let commit =
        Commit { ingest_position: 1, published_through: 0, lost: vec![], transitions, ingest_stamp: None };
    Record { header, now: NOW, body: Body::Commit(commit) }
}

/// An opening and so many commits of ten.
fn journal(transitions: &[Transition], commits: usize) -> Vec<Vec<u8>> {
    let ingest = IngestIdentity { stream: "ING".to_owned(), created_ns: 1, uuid: "bench".to_owned() };
    let opened = EpochOpened { node: "bench".to_owned(), nonce: 1, ingest, rebased: None };
    let opening = ChainHead::BEGINNING.next_epoch_header();
    let mut records = vec![Record { header: opening, now: NOW, body: Body::EpochOpened(opened) }];
    let header = |commit_no| Header { epoch: 1, commit_no, prev_hash: Hash::ZERO };
    let bodies = transitions.chunks_exact(10).cycle().take(commits).map(<[Transition]>::to_vec);
    records.extend((2..).zip(bodies).map(|(commit_no, body)| commit(header(commit_no), body)));
    let mut previous = Hash::ZERO;
    let mut encode = |mut record: Record| {
        record.header.prev_hash = previous;
        let encoded = record::encode(&record).expect("a commit of this size fits");
        previous = encoded.hash;
        encoded.bytes
    };
    records.into_iter().map(&mut encode).collect()
}
