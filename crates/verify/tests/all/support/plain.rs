//! The words of changes that name a contact and nothing else.

use model::ratio::{Ratio, Share};
use model::{Change, ContactNo, Millis, QueueId};

/// So long contacts of `timed` may be active without a word of their agents.
pub const LONGEST: Option<Millis> = Some(Millis(10_000));

/// `three` and `one`.
pub fn ratios() -> Vec<Ratio> {
    let share = |(queue, share)| Share { queue: QueueId::new(queue).unwrap(), share };
    vec![Ratio { shares: [("one", 1), ("three", 3)].map(share).to_vec() }]
}

pub fn change(word: &str, contact: ContactNo) -> Change {
    match word {
        "interrupt" => Change::ContactInterrupted { contact },
        "continue" => Change::ContactResumed { contact },
        "stuck" => Change::ContactStuck { contact },
        "worked-on" => Change::ContactWorkedOn { contact },
        "servable" => Change::ContactServable { contact },
        "unservable" => Change::ContactUnservable { contact },
        _ => panic!("{word} is no change"),
    }
}
