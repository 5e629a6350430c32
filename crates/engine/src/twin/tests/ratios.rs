//! Queues that take turns: `three` and `one`, whose contacts have nine points more.

use super::script::check_from;

const BACKLOG: &str = "0 put ann
    0 new a1 call three
    0 new a2 call three
    0 new a3 call three
    0 new a4 call three
    0 new a5 call three
    0 new a6 call three
    0 new b1 call one
    0 new b2 call one
    0 new b3 call one
";

#[track_caller]
fn check_backlog(inputs: &str, expected: &str) {
    check_from(1, &format!("{BACKLOG}{inputs}"), expected);
}

#[test]
fn three_go_for_one_whatever_their_points() {
    check_backlog(
        "1 in ann
         2 complete ann a1
         3 complete ann a2
         4 complete ann a3
         5 complete ann b1
         6 complete ann a4
         7 complete ann a5
         8 complete ann a6
         9 complete ann b2",
        "1: ann Available Agent
         1: offered a1 to ann
         1: accepted a1
         2: closed a1 Completed
         2: offered a2 to ann
         2: accepted a2
         3: closed a2 Completed
         3: offered a3 to ann
         3: accepted a3
         4: closed a3 Completed
         4: offered b1 to ann
         4: accepted b1
         5: closed b1 Completed
         5: offered a4 to ann
         5: accepted a4
         6: closed a4 Completed
         6: offered a5 to ann
         6: accepted a5
         7: closed a5 Completed
         7: offered a6 to ann
         7: accepted a6
         8: closed a6 Completed
         8: offered b2 to ann
         8: accepted b2
         9: closed b2 Completed
         9: offered b3 to ann
         9: accepted b3",
    );
}

#[test]
fn who_finds_an_agent_and_who_is_assigned_takes_a_turn_of_its_queue() {
    // a0 came to ann, and a1 was given to bob while the queue was paused: after one more of `three` it is the turn of `one`.
    check_from(
        2,
        "0 put ann
         0 put bob
         0 in ann
         0 new a0 call three
         1 in bob
         1 switch three paused
         1 new a1 call three
         1 assign a1 bob
         1 new a2 call three
         1 new a3 call three
         1 new b1 call one
         1 switch three open
         2 complete ann a0
         3 complete ann a2",
        "2: closed a0 Completed
         2: offered a2 to ann
         2: accepted a2
         3: closed a2 Completed
         3: offered b1 to ann
         3: accepted b1",
    );
}

#[test]
fn between_a_ratio_and_others_its_best_contact_decides() {
    // g, of `gold`, has five points and is before those of `three`, but behind b1 with its nine: so a1 goes in the place of b1.
    check_from(
        1,
        "0 put ann
         0 new g call gold
         0 new a1 call three
         0 new b1 call one
         1 in ann
         2 complete ann a1
         3 complete ann b1",
        "1: ann Available Agent
         1: offered a1 to ann
         1: accepted a1
         2: closed a1 Completed
         2: offered b1 to ann
         2: accepted b1
         3: closed b1 Completed
         3: offered g to ann
         3: accepted g",
    );
}

#[test]
fn live_work_comes_before_what_is_indirect_and_its_turns_count_with_it() {
    // Three calls of `three` were its turns, so the letter of `one` is first, though due later.
    check_from(
        3,
        "0 put ann
         0 new m1 mail three due=90
         0 new m2 mail one due=95
         0 new a1 call three
         0 new a2 call three
         0 new a3 call three
         1 in ann
         1 complete ann a1
         2 complete ann a2
         3 complete ann a3
         4 complete ann m2",
        "3: closed a3 Completed
         3: offered m2 to ann
         3: accepted m2
         4: closed m2 Completed
         4: offered m1 to ann
         4: accepted m1",
    );
}

#[test]
fn a_queue_that_was_empty_is_owed_nothing() {
    // Six of `three` while nothing of `one` waited: what comes there then waits for its turn.
    check_from(
        6,
        "0 put ann
         0 new a1 call three
         0 new a2 call three
         0 new a3 call three
         0 new a4 call three
         0 new a5 call three
         0 new a6 call three
         0 new a7 call three
         1 in ann
         1 complete ann a1
         2 complete ann a2
         3 complete ann a3
         4 complete ann a4
         4 new b1 call one
         4 new b2 call one
         5 complete ann a5
         6 complete ann a6
         7 complete ann b1
         8 complete ann a7",
        "6: closed a6 Completed
         6: offered b1 to ann
         6: accepted b1
         7: closed b1 Completed
         7: offered a7 to ann
         7: accepted a7
         8: closed a7 Completed
         8: offered b2 to ann
         8: accepted b2",
    );
}

#[test]
fn a_queue_that_nobody_could_serve_is_owed_ten_turns_at_most() {
    // Of `one` twelve wait for French. Forty-five of `three` are handled before somebody has it; ten of `one` go then, and one of `three` again.
    let mut inputs = "0 put ann\n".to_owned();
    let mut expected = String::new();
    for contact in 0..12 {
        inputs += &format!("0 new b{contact} call one skills=french:1\n");
    }
    for contact in 0..50 {
        inputs += &format!("0 new a{contact} call three\n");
    }
    inputs += "0 in ann\n";
    for contact in 0..44 {
        inputs += &format!("1 complete ann a{contact}\n");
    }
    inputs += "2 put ann skills=french:1\n3 complete ann a44\n";
    expected += "3: closed a44 Completed\n";
    for contact in 0..10 {
        inputs += &format!("3 complete ann b{contact}\n");
        expected += &format!(
            "3: offered b{contact} to ann\n3: accepted b{contact}\n3: closed b{contact} Completed\n"
        );
    }
    expected += "3: offered a45 to ann\n3: accepted a45\n";
    check_from(3, &inputs, &expected);
}
