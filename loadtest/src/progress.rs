//! A line a second on standard error, so that nobody waits for the end to see that all is going wrong.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::book::Book;
use crate::units::{NANOS_PER_SECOND, show_nanos};

const EVERY: Duration = Duration::from_secs(1);

/// Until it is aborted.
pub async fn tell(book: Arc<Book>, is_quiet: bool) {
    if is_quiet {
        return;
    }
    loop {
        sleep(EVERY).await;
        let now = book.now();
        if now > 0 {
            eprintln!("{}", line(&book, now));
        }
    }
}

fn line(book: &Book, now: u64) -> String {
    let (mut sent, mut waiting, mut held, mut ended, mut oldest) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    let planned = book.plan.contacts.partition_point(|contact| contact.at <= now);
    let mut slowest = 0;
    for number in 0..planned {
        let entry = book.entry(number);
        sent += u64::from(entry.sent.is_some());
        if entry.ended.is_some() || entry.is_refused {
            ended += 1;
        } else if entry.answered.is_some() {
            held += 1;
        } else if entry.sent.is_some() {
            waiting += 1;
            oldest = oldest.max(now - book.planned(number).at);
        }
        let at = book.planned(number).at;
        if let Some(decided) = entry.decided
            && decided + NANOS_PER_SECOND > now
        {
            slowest = slowest.max(decided.saturating_sub(at));
        }
    }
    let (violations, _) = book.violations();
    let alarm = if violations > 0 { format!("  VIOLATIONS {violations}") } else { String::new() };
    format!(
        "{:>4} s  planned {planned}  sent {sent}  waiting {waiting} (oldest {})  in hands {held}  ended {ended}  slowest \
         decision of this second {}{alarm}",
        now / NANOS_PER_SECOND,
        show_nanos(oldest),
        show_nanos(slowest)
    )
}
