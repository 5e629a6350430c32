//! Many runs on several threads; results in the order of the seeds, whoever played them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Plays `count` things from `first` on, and gives what each came to to `take`, in no order.
pub fn play<T: Send>(
    first: u64,
    count: u64,
    jobs: usize,
    one: impl Fn(u64) -> T + Sync,
    take: impl FnMut(T) + Send,
) {
    let next = AtomicU64::new(first);
    let take = Mutex::new(take);
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= first + count {
                        return;
                    }
                    let came_to = one(number);
                    let mut take = take.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    take(came_to);
                }
            });
        }
    });
}
