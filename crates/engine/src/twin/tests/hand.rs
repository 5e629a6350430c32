//! What a supervisor decides out of turn, and what agents take.

use model::hand::{PullFrom, SupervisorInput, SwitchAgent};
use model::input::AgentAction;

use super::script::{check, id};

/// `assign contact agent`, `take-back contact [queue]`, `set agent available|out|break`
pub fn supervisor(verb: &str, words: &[&str]) -> SupervisorInput {
    match (verb, words) {
        ("assign", [contact, agent]) => SupervisorInput::Assign { contact: id(contact), agent: id(agent) },
        ("take-back", [contact]) => SupervisorInput::Requeue { contact: id(contact), queue: None },
        ("take-back", [contact, queue]) => {
            SupervisorInput::Requeue { contact: id(contact), queue: Some(id(queue)) }
        }
        ("set", [agent, to]) => {
            let to = match *to {
                "available" => SwitchAgent::Available,
                "out" => SwitchAgent::SignedOut,
                _ => SwitchAgent::Aux(id("break")),
            };
            SupervisorInput::Switch { agent: id(agent), to }
        }
        _ => panic!("{verb} {words:?} is nothing that a supervisor says"),
    }
}

/// A contact, or `from` a queue.
pub fn pull(words: &[&str]) -> AgentAction {
    let from = match words {
        ["from", queue] => PullFrom::Queue(id(queue)),
        [contact] => PullFrom::Contact(id(contact)),
        _ => panic!("{words:?} is nothing to pull"),
    };
    AgentAction::Pull { from }
}

#[test]
fn what_is_pulled_is_offered_to_nobody_and_goes_to_whoever_asks_first() {
    check(
        "0 put ann cap=2
         0 put bob
         0 in ann
         0 in bob
         1 new one call basket
         2 new two call basket
         3 pull ann from basket
         4 pull bob one
         5 pull bob from basket
         6 pull ann from basket
         7 pull ann from sales",
        "0: ann Available Agent
        0: bob Available Agent
        1: queued one
        2: queued two
        3: offered one to ann
        3: accepted one
        4: refused wrong_state
        5: offered two to bob
        5: accepted two
        6: refused nothing_waits
        7: refused not_pulled",
    );
}

#[test]
fn a_pull_passes_over_what_keeps_away() {
    check(
        "0 put ann
         0 in ann
         1 new one call basket not=ann
         2 new two call basket
         3 pull ann one
         4 pull ann from basket",
        "0: ann Available Agent
        1: queued one
        2: queued two
        3: refused not_eligible
        4: offered two to ann
        4: accepted two",
    );
}

#[test]
fn who_is_assigned_needs_room_and_nothing_else() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         0 in bob
         1 new one call skilled
         2 assign one ann
         3 assign one bob
         4 decline bob one
         5 new two call idle
         6 assign one ann
         7 accept ann two
         8 assign one ann
         9 assign two bob",
        "0: ann Available Agent
        0: bob Available Agent
        1: queued one
        2: offered one to ann
        3: revoked one
        3: offered one to bob
        4: declined one
        4: queued one
        5: offered two to ann
        6: refused not_open
        7: accepted two
        8: refused not_open
        9: refused wrong_state",
    );
}

#[test]
fn what_is_taken_back_goes_to_another_or_into_another_queue() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new one call idle
         2 take-back one
         3 in bob
         4 accept bob one
         5 take-back one basket
         6 pull ann one
         7 take-back one
         8 take-back one sales",
        "0: ann Available Agent
        1: offered one to ann
        2: withdrawn one
        2: queued one
        3: bob Available Agent
        3: offered one to bob
        4: accepted one
        5: returned one
        5: queued one
        6: offered one to ann
        6: accepted one
        7: returned one
        7: queued one
        8: moved one to sales, Supervisor
        8: offered one to bob
        8: accepted one",
    );
}

#[test]
fn a_supervisor_says_what_agents_do_who_are_there() {
    check(
        "0 put ann
         0 in ann
         1 set ann aux
         2 set ann available
         3 silent ann
         4 set ann available
         5 set ann out
         6 set ann available",
        "0: ann Available Agent
        1: ann Aux(\"break\") Supervisor
        2: ann Available Supervisor
        3: ann Lost Heartbeat
        4: refused wrong_state
        5: ann SignedOut Supervisor
        6: refused no_session",
    );
}
