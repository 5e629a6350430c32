//! Agents who ask others about what they keep.

use model::consult::{ConsultRequest, ConsultTo};
use model::input::{AgentAction, TransferTo};

use super::script::{check, id};

/// A contact, the consult's id, `agent=` or `queue=`, perhaps `on=` a channel.
pub fn consult(words: &[&str]) -> AgentAction {
    let said = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let to = match (said("agent"), said("queue")) {
        (Some(agent), _) => ConsultTo::Agent(id(agent)),
        (None, Some(queue)) => ConsultTo::Queue(id(queue)),
        (None, None) => panic!("{words:?} asks nobody"),
    };
    let (contact, consult, channel) = (id(words[0]), id(words[1]), said("on").map(id));
    AgentAction::Consult(Box::new(ConsultRequest { contact, consult, to, channel, skills: Vec::new() }))
}

/// A contact, and the consult.
pub fn leave_to(words: &[&str]) -> AgentAction {
    let to = TransferTo::Consult(id(words[1]));
    AgentAction::Transfer { contact: id(words[0]), to, skills: None, update: None }
}

#[test]
fn who_is_asked_gets_the_contact_at_once_and_asked_by_others_nobody_does() {
    check(
        "0 put ann
         0 put bob cap=2
         0 in ann
         1 new one call sales
         2 in bob
         3 consult ann one help queue=idle
         4 leave-to ann one help
         5 accept bob help
         6 leave-to ann one other
         7 leave-to ann one help
         8 complete ann one
         9 complete bob one",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: offered help to bob
        4: refused wrong_state
        5: accepted help
        6: refused wrong_state
        7: closed help Completed
        7: handed over one to bob
        8: refused not_holder
        9: closed one Completed",
    );
}

#[test]
fn nobody_begins_to_answer_when_the_contact_has_left_whoever_asked() {
    check(
        "0 put ann cap=2
         0 put bob
         0 put cid
         0 in ann
         1 new one call sales
         2 consult ann one waits queue=idle
         3 complete ann one
         4 new two call sales
         5 in bob
         6 consult ann two rings queue=idle
         7 requeue ann two
         8 break bob
         9 complete bob two
         10 new three call wrapping
         10 accept ann three
         11 consult ann three more agent=bob
         12 gone three
         13 done ann three",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: queued waits
        3: closed one Completed
        3: closed waits Cancelled
        4: offered two to ann
        4: accepted two
        5: bob Available Agent
        6: offered rings to bob
        7: returned two
        7: closed rings Cancelled
        7: offered two to bob
        7: accepted two
        8: bob Aux(\"break\") Agent
        9: closed two Completed
        10: offered three to ann
        10: accepted three
        11: queued more for bob
        12: wrap-up three
        12: closed more Cancelled
        13: closed three Completed",
    );
}

#[test]
fn who_has_begun_to_answer_goes_on_with_what_is_over() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new one call sales
         2 in bob
         3 consult ann one help queue=wrapping
         4 accept bob help
         5 complete ann one
         6 complete ann help
         7 complete bob help
         8 done bob help",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: offered help to bob
        4: accepted help
        5: closed one Completed
        6: refused not_holder
        7: wrap-up help
        8: closed help Completed",
    );
}

#[test]
fn one_consult_at_a_time_and_none_of_a_consult() {
    check(
        "0 put ann
         0 put bob
         0 put cid
         0 in ann
         1 new one call sales
         2 in bob
         3 consult ann one one queue=sales
         4 consult ann one help queue=nowhere
         5 consult ann one help agent=ann
         6 consult ann one help agent=dan
         7 consult ann one help queue=sales on=smoke
         8 consult ann one help queue=sales
         9 consult ann one more queue=sales
         10 consult bob help deeper queue=sales
         11 complete bob help
         12 consult ann one help queue=sales
         13 consult ann one more queue=basket
         14 pull bob more
         15 requeue bob more
         16 complete ann more
         17 consult bob one nothing queue=sales",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: refused id_reuse
        4: refused unknown_queue
        5: refused not_eligible
        6: refused unknown_agent
        7: refused unknown_channel
        8: offered help to bob
        8: accepted help
        9: refused wrong_state
        10: refused wrong_state
        11: closed help Completed
        12: refused id_reuse
        13: queued more
        14: offered more to bob
        14: accepted more
        15: returned more
        15: queued more
        16: closed more Cancelled
        17: refused not_holder",
    );
}

#[test]
fn what_is_over_ends_when_it_leaves_the_hands_of_whoever_was_asked() {
    check(
        "0 put ann
         0 put bob
         0 put cid
         0 in ann
         1 new one call sales
         2 in bob
         3 consult ann one help queue=sales
         4 complete ann one
         5 in cid
         6 requeue bob help",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: offered help to bob
        3: accepted help
        4: closed one Completed
        5: cid Available Agent
        6: returned help
        6: closed help Cancelled",
    );
}

#[test]
fn a_consult_is_not_the_customers() {
    check(
        "0 put ann cap=3
         0 put bob
         0 in ann
         1 new one text sales customer=kim
         2 in bob
         3 consult ann one help agent=bob
         4 hush help
         5 update help tier=gold
         6 accept bob help
         7 quiet bob help
         8 assign help ann
         9 requeue bob help
         10 break bob
         11 assign help ann
         12 switch lobby closed
         13 complete ann help
         14 consult ann one asks queue=lobby
         15 quiet ann one",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: offered help to bob
        3: accepted help
        4: refused wrong_state
        5: refused wrong_state
        6: refused offer_gone
        7: refused wrong_state
        8: refused wrong_state
        9: returned help
        9: queued help
        10: bob Aux(\"break\") Agent
        11: refused not_eligible
        12: queue lobby Closed
        13: closed help Cancelled
        14: queued asks
        15: quieted one until 115
        15: closed asks Cancelled",
    );
}

#[test]
fn on_another_channel_who_is_asked_needs_room_for_the_contact() {
    check(
        "0 put ann
         0 put bob cap=2
         0 in ann
         1 new one text sales
         2 in bob
         3 consult ann one help queue=sales on=call
         4 new two booth sales
         5 leave-to ann one help
         6 complete bob two
         7 silent bob
         8 leave-to ann one help
         9 back bob
         10 leave-to ann one help",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: offered help to bob
        3: accepted help
        4: offered two to bob
        4: accepted two
        5: refused not_open
        6: closed two Completed
        7: bob Lost Heartbeat
        8: refused not_open
        9: bob Available Heartbeat
        10: closed help Completed
        10: handed over one to bob",
    );
}

#[test]
fn an_excluded_agent_may_be_asked_but_does_not_get_the_contact() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new one call sales not=bob
         2 in bob
         3 consult ann one help agent=bob
         4 leave-to ann one help",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: bob Available Agent
        3: offered help to bob
        3: accepted help
        4: refused not_eligible",
    );
}

#[test]
fn a_consult_is_as_old_as_its_contact_unless_an_e_mail_becomes_a_call() {
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new mail mail sales arrived=0
         2 consult ann mail help queue=idle on=call
         3 new call call idle
         4 in bob
         5 decline bob help
         6 decline bob call",
        "0: ann Available Agent
        1: offered mail to ann
        1: accepted mail
        2: queued help
        3: queued call
        4: bob Available Agent
        4: offered help to bob
        5: declined help
        5: queued help
        5: offered call to bob
        6: declined call
        6: queued call",
    );
    check(
        "0 put ann
         0 put bob
         0 in ann
         1 new one call sales arrived=0
         2 new call call idle
         3 consult ann one help queue=idle
         4 in bob",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: queued call
        3: queued help
        4: bob Available Agent
        4: offered help to bob",
    );
}

#[test]
fn a_bot_hands_nothing_over_and_gets_nothing_that_asks_for_a_person() {
    check(
        "0 put rob bot
         0 put ann
         0 in rob
         1 new one call sales
         2 in ann
         3 consult rob one help queue=sales
         4 leave-to rob one help",
        "0: rob Available Agent
        1: offered one to rob
        1: accepted one
        2: ann Available Agent
        3: offered help to ann
        3: accepted help
        4: refused not_eligible",
    );
    check(
        "0 put ann
         0 put rob bot
         0 in ann
         1 new one call sales
         2 in rob
         3 consult ann one help queue=sales
         4 update one person
         5 leave-to ann one help",
        "0: ann Available Agent
        1: offered one to ann
        1: accepted one
        2: rob Available Agent
        3: offered help to rob
        3: accepted help
        4: updated one
        5: refused not_eligible",
    );
    // A bot that asks, asks people.
    check(
        "0 put rob bot
         0 put bit bot
         0 in rob
         1 new one call sales
         2 in bit
         3 consult rob one help queue=sales",
        "0: rob Available Agent
        1: offered one to rob
        1: accepted one
        2: bit Available Agent
        3: queued help",
    );
}
