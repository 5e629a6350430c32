//! A million transitions. `cargo test --release -p wissel-verify -- --ignored --nocapture` says how long they take.

use std::fmt::Write;
use std::time::Instant;

use crate::support::build;

/// Of contacts; each makes six transitions, two inputs and five events.
const CONTACTS: u32 = 170_000;
/// Contacts of one commit.
const GROUP: u32 = 50;

#[test]
#[ignore = "takes a while and measures; run it in release"]
fn a_million_transitions() {
    let mut story = String::from("== open\n== commit\n> config\n> put jo\ntenant\nconfig 1\nput jo\n");
    story += "== commit\n> in jo 1.1\nheard jo 1.1\npresence jo available\nprofile 0 voice sales\n";
    for first in (1..=CONTACTS).step_by(GROUP as usize) {
        let group = first..(first + GROUP).min(CONTACTS + 1);
        story += "== commit\n";
        for number in group.clone() {
            let counter = number + 1;
            write!(story, "> create c{number} voice sales\n> accept jo 1.{counter} c{number} {number}\n")
                .unwrap();
        }
        for number in group {
            let counter = number + 1;
            write!(
                story,
                "arrive c{number} 0 voice sales\noffer c{number} jo {number}\nheard jo 1.{counter}\n\
                 accept c{number}\nwrap c{number}\nclose c{number} completed\n"
            )
            .unwrap();
        }
    }
    story += "== released\n";
    let dumps = build(&story);
    let begin = Instant::now();
    let report = dumps.check();
    println!("{} transitions in {:?}", report.counts.transitions, begin.elapsed());
    assert!(report.is_sound() && report.is_complete(), "{report}");
}
