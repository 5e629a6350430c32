//! Any sequence of messages is judged without a panic, and the accepted ones form a chain.
//!
//! The first byte of each message says what is done: continue the chain truly, repeat, or go wrong in one way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::chain::{ChainReader, Step};
use protocol::record::{self, Body, EpochOpened, Hash, IngestIdentity, Record, Trying};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = ChainReader::from_beginning();
    let mut messages: Vec<Vec<u8>> = Vec::new();
    let mut sequence = 0u64;
    for chunk in bytes.chunks(4).take(512) {
        let [what, a, b, c] = [0, 1, 2, 3].map(|at| chunk.get(at).copied().unwrap_or(0));
        let before = reader.head();
        let message = message(&reader, &messages, what, a, b, c);
        sequence = if what & 0x80 == 0 { sequence.wrapping_add(1) } else { u64::from(c) };
        if let Ok(Step::Accepted { record, hash }) = reader.read(sequence, &message) {
            assert_eq!(record.header.commit_no, before.commit_no + 1);
            assert_eq!(record.header.prev_hash, before.hash);
            assert!(record.header.epoch == before.epoch || record.header.epoch == before.epoch + 1);
            assert_eq!(reader.head().hash, hash);
            messages.push(message);
        }
    }
});

fn message(reader: &ChainReader, messages: &[Vec<u8>], what: u8, a: u8, b: u8, c: u8) -> Vec<u8> {
    let head = reader.head();
    let mut header = if what & 1 == 0 { head.next_header() } else { head.next_epoch_header() };
    match what >> 1 & 7 {
        1 => header.epoch = u64::from(a),
        2 => header.commit_no = u64::from(a),
        3 => header.prev_hash = Hash([a; 32]),
        4 if !messages.is_empty() => return messages[usize::from(a) % messages.len()].clone(),
        5 => return vec![a, b, c],
        _ => {}
    }
    let body = if what & 1 == 0 {
        Body::Trying(Trying { position: u64::from(b) })
    } else {
        let ingest = IngestIdentity { stream: String::new(), created_ns: 0, uuid: String::new() };
        Body::EpochOpened(EpochOpened { node: String::new(), nonce: u128::from(b), ingest, rebased: None })
    };
    let now = model::Time(reader.now().0 + u64::from(c));
    let mut bytes = record::encode(&Record { header, now, body }).expect("it is small").bytes;
    if what >> 1 & 7 == 6 {
        let at = usize::from(a) % bytes.len();
        bytes[at] ^= b;
    }
    bytes
}
