//! People who are held back from contacts by a slow start, or by a ration.

use std::sync::Arc;

use model::throttle::{Ration, SlowStart};
use model::{InputBody, Millis, TenantConfig};

use super::script::check_from;

/// `slow=over/every ration=offers/over`, in seconds, with what else is configured.
pub fn configured(config: TenantConfig, version: u64, words: &[&str]) -> InputBody {
    let pair = |name: &str| {
        let text = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        let (one, other) = text.split_once('/').expect("two numbers");
        let number = |text: &str| text.parse::<u64>().expect("a number in a test");
        Some((number(one), number(other)))
    };
    let seconds = Millis::from_seconds;
    let slow_start =
        pair("slow").map(|(over, every)| SlowStart { over: seconds(over), every: seconds(every) });
    let ration = pair("ration").map(|(offers, over)| Ration { offers: offers as u32, over: seconds(over) });
    let config = Arc::new(TenantConfig { version, slow_start, ration, ..config });
    InputBody::ConfigApply { hash: format!("hash {words:?}"), config }
}

#[test]
fn whoever_comes_is_offered_one_contact_every_so_often_at_first() {
    check_from(
        1,
        "0 config slow=25/10
         0 put ann cap=9
         0 new one call sales
         0 new two call sales
         0 new three call sales
         0 new four call sales
         0 new five call sales
         1 in ann
         10 tick
         11 tick
         12 new six call sales
         21 tick
         26 tick
         27 new seven call sales",
        "1: ann Available Agent
         1: offered one to ann
         1: throttled ann SlowStart until 11
         1: accepted one
         11: unthrottled ann SlowStart
         11: offered two to ann
         11: throttled ann SlowStart until 21
         11: accepted two
         12: queued six
         21: unthrottled ann SlowStart
         21: offered three to ann
         21: throttled ann SlowStart until 26
         21: accepted three
         26: unthrottled ann SlowStart
         26: offered four to ann
         26: accepted four
         26: offered five to ann
         26: accepted five
         26: offered six to ann
         26: accepted six
         27: offered seven to ann
         27: accepted seven",
    );
}

#[test]
fn a_slow_start_begins_with_the_first_available_and_not_after_a_break_or_a_silence() {
    check_from(
        1,
        "0 config slow=20/10
         0 put ann cap=9
         1 in ann aux
         50 ready ann
         51 new one call sales
         52 new two call sales
         60 break ann
         61 tick
         62 ready ann
         70 silent ann
         70 tick
         71 back ann
         72 new three call sales
         73 new four call sales
         80 out ann
         81 in ann
         90 tick
         91 tick",
        "1: ann Aux(\"break\") Agent
         50: ann Available Agent
         51: offered one to ann
         51: throttled ann SlowStart until 61
         51: accepted one
         52: queued two
         60: ann Aux(\"break\") Agent
         61: unthrottled ann SlowStart
         62: ann Available Agent
         62: offered two to ann
         62: throttled ann SlowStart until 70
         62: accepted two
         70: ann Lost Heartbeat
         70: unthrottled ann SlowStart
         71: ann Available Heartbeat
         72: offered three to ann
         72: accepted three
         73: offered four to ann
         73: accepted four
         80: returned one
         80: returned two
         80: returned three
         80: returned four
         80: ann SignedOut Agent
         80: queued one
         80: queued two
         80: queued three
         80: queued four
         81: ann Available Agent
         81: offered one to ann
         81: throttled ann SlowStart until 91
         81: accepted one
         91: unthrottled ann SlowStart
         91: offered two to ann
         91: throttled ann SlowStart until 101
         91: accepted two",
    );
}

#[test]
fn nobody_is_offered_more_than_the_ration_in_a_window_from_the_first_offer() {
    check_from(
        1,
        "0 config ration=2/60
         0 put ann cap=9
         1 in ann
         10 new one call sales
         20 new two call sales
         21 new three call sales
         22 out ann
         23 in ann
         69 tick
         70 tick
         71 tick",
        "1: ann Available Agent
         10: offered one to ann
         10: accepted one
         20: offered two to ann
         20: throttled ann Ration until 70
         20: accepted two
         21: queued three
         22: returned one
         22: returned two
         22: ann SignedOut Agent
         22: queued one
         22: queued two
         23: ann Available Agent
         70: unthrottled ann Ration
         70: offered one to ann
         70: accepted one
         70: offered two to ann
         70: throttled ann Ration until 130
         70: accepted two",
    );
}

#[test]
fn bots_are_not_held_back() {
    check_from(
        1,
        "0 config slow=60/10 ration=1/60
         0 put hal cap=9 bot
         1 in hal
         2 new one call sales
         2 new two call sales",
        "1: hal Available Agent
         2: offered one to hal
         2: accepted one
         2: offered two to hal
         2: accepted two",
    );
}

#[test]
fn what_is_the_agents_own_comes_all_the_same_and_counts() {
    check_from(
        3,
        "0 config ration=1/60
         0 put ann cap=9
         0 put bob cap=9
         1 in ann
         2 new one call sales
         2 in bob
         2 new two call sales
         3 hand bob two ann
         4 new three call basket
         5 new four call sales
         6 pull ann three
         7 assign four ann
         61 tick
         62 tick
         63 new five call sales",
        "3: returned two
         3: offered two to ann
         3: accepted two
         4: queued three
         5: queued four
         6: offered three to ann
         6: accepted three
         7: offered four to ann
         7: accepted four
         62: unthrottled ann Ration
         62: unthrottled bob Ration
         63: offered five to ann
         63: throttled ann Ration until 123
         63: accepted five",
    );
}

#[test]
fn whoever_is_held_back_for_two_reasons_waits_for_both() {
    check_from(
        1,
        "0 config slow=30/10 ration=2/25
         0 put ann cap=9
         0 new one call sales
         0 new two call sales
         0 new three call sales
         1 in ann
         11 tick
         21 tick
         26 tick",
        "1: ann Available Agent
         1: offered one to ann
         1: throttled ann SlowStart until 11
         1: accepted one
         11: unthrottled ann SlowStart
         11: offered two to ann
         11: throttled ann SlowStart until 21
         11: throttled ann Ration until 26
         11: accepted two
         21: unthrottled ann SlowStart
         26: unthrottled ann Ration
         26: offered three to ann
         26: throttled ann SlowStart until 31
         26: accepted three",
    );
}

#[test]
fn a_configuration_that_says_otherwise_lets_go_of_whom_the_former_held_back() {
    check_from(
        2,
        "0 config slow=30/10 ration=1/60
         0 put ann cap=9
         1 in ann
         1 new one call sales
         1 new two call sales
         2 config ration=1/60
         3 config ration=2/60
         4 new three call sales
         5 config
         6 tick",
        "3: offered two to ann
         3: accepted two
         4: offered three to ann
         4: throttled ann Ration until 63
         4: accepted three",
    );
}

#[test]
fn whoever_is_held_back_is_not_free() {
    check_from(
        2,
        "0 config ration=1/60
         0 put ann cap=9
         1 in ann
         1 new one call sales
         2 new two call spare
         5 tick",
        "2: queued two
         5: overflow spared on at [0]
         5: overflowed two to spare with 2 at step 0 by spared",
    );
}
