//! What this machine's memory costs: the unit in which decisions are counted.

use std::hint::black_box;
use std::time::Instant;

use workload::Rng;

/// One dependent miss that hits the third-level cache, in nanoseconds: 16 MiB is more than any second-level cache here and less
/// than any third-level one. The best of several rounds, because noise only ever adds.
pub fn l3_hit_nanos() -> f64 {
    chase(16 << 20)
}

/// One dependent miss that goes to memory.
pub fn memory_nanos() -> f64 {
    chase(512 << 20)
}

/// One dependent look-up in a standard hash map of so many entries.
pub fn look_up_nanos(entries: u64) -> f64 {
    let map: std::collections::HashMap<u64, u64> = (0..entries).map(|n| (n, n)).collect();
    best_of_rounds(|| {
        let (mut key, steps) = (1u64, 500_000u64);
        let start = Instant::now();
        for step in 0..steps {
            let scrambled = (key + step).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            key = map[&(((u128::from(scrambled) * u128::from(entries)) >> 64) as u64)];
        }
        black_box(key);
        start.elapsed().as_nanos() as f64 / steps as f64
    })
}

const LINE: usize = 64;
const ROUNDS: usize = 5;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line(u32);

fn chase(bytes: usize) -> f64 {
    let count = bytes / LINE;
    let mut lines: Vec<Line> = (0..count as u32).map(Line).collect();
    let mut rng = Rng::new(3);
    // Sattolo's shuffle leaves one cycle through all lines.
    for at in (1..count).rev() {
        let other = rng.below(at as u64) as usize;
        lines.swap(at, other);
    }
    best_of_rounds(|| {
        let (mut at, steps) = (0u32, 1_000_000);
        let start = Instant::now();
        for _ in 0..steps {
            at = lines[at as usize].0;
        }
        black_box(at);
        start.elapsed().as_nanos() as f64 / f64::from(steps)
    })
}

fn best_of_rounds(mut round: impl FnMut() -> f64) -> f64 {
    (0..ROUNDS).map(|_| round()).fold(f64::MAX, f64::min)
}
