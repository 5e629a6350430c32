//! Agents who ask others about what they keep, and what must not become of that.

use crate::support::{StoryCase, expect_each, expect_sound};

/// A chat takes one of three units, a call all of them; `jo` and `mo` are there, `al` comes later.
const STORY: &str = "\
== open
== commit
> config
> put jo
> put mo
> put al
> in jo 1.1
> create c1 voice support of carl order
tenant
config 1
put jo
put mo
put al
heard jo 1.1
presence jo available
profile 0 voice support
arrive c1 0 voice support of carl order
offer c1 jo 1
== commit
> accept jo 1.2 c1 1
> consult ask jo 1.3 c1 c2 support
> in mo 1.1
heard jo 1.2
accept c1
heard jo 1.3
consult asked c2 0 jo c1 voice support 1001995
queue c2
heard mo 1.1
presence mo available
offer c2 mo 2
== commit
> accept mo 1.2 c2 2
> consult leave jo 1.4 c1 c2
heard mo 1.2
accept c2
heard jo 1.4
close c2 completed
consult over c1 mo 2
== commit
> consult ask mo 1.3 c1 c3 support
heard mo 1.3
consult asked c3 0 mo c1 voice support 1001995
offer c3 jo 3
== commit
> end c1 organisation
close c1 cancelled
close c3 cancelled
== commit
> create c4 voice support of carl order
arrive c4 0 voice support of carl order
offer c4 mo 4
== commit
> accept mo 1.4 c4 4
> consult ask mo 1.5 c4 c5 support
heard mo 1.4
accept c4
heard mo 1.5
consult asked c5 0 mo c4 voice support 1006995
offer c5 jo 5
== commit
> accept jo 1.5 c5 5
> complete mo 1.6 c4
> in al 1.1
heard jo 1.5
accept c5
heard mo 1.6
wrap c4
heard al 1.1
presence al available
== commit
> requeue jo 1.6 c5
heard jo 1.6
return c5 0
close c5 cancelled
== commit after 10000
close c4 completed
== commit
> create c6 voice support of carl order
arrive c6 0 voice support of carl order mo last
offer c6 mo 6
== commit
> accept mo 1.7 c6 6
> aux jo 1.7
> consult ask mo 1.8 c6 c7 sales
> complete mo 1.9 c7
heard mo 1.7
accept c6
heard jo 1.7
presence jo aux
heard mo 1.8
profile 1 voice sales
consult asked c7 1 mo c6 voice sales 1021995
queue c7
heard mo 1.9
close c7 cancelled
== commit
> complete mo 1.10 c6
heard mo 1.10
wrap c6
== commit after 10000
close c6 completed
== released
";

const CASES: &[StoryCase] = &[
    (
        "one that nobody asked",
        &[("> consult ask jo 1.3 c1 c2 support", "> ready jo 1.3")],
        "I4",
        "consult c2 by agent jo: no input says so",
    ),
    (
        "of another age",
        &[(
            "consult asked c2 0 jo c1 voice support 1001995",
            "consult asked c2 0 jo c1 voice support 1001996",
        )],
        "S1",
        "consult c2 arrives at",
    ),
    (
        "handed over to who was not asked",
        &[("consult over c1 mo 2", "consult over c1 al 2")],
        "I1,S1",
        "who was not asked about it",
    ),
    (
        "handed over before the consult is closed",
        &[("close c2 completed\nconsult over c1 mo 2", "consult over c1 mo 2\nclose c2 completed")],
        "I1",
        "who was not asked about it",
    ),
    (
        "handed over as by another offer",
        &[("consult over c1 mo 2", "consult over c1 mo 1")],
        "I1",
        "who was not asked about it",
    ),
    (
        "one that goes on ringing",
        &[
            ("close c1 cancelled\nclose c3 cancelled", "close c1 cancelled"),
            ("arrive c4 0", "close c3 cancelled\narrive c4 0"),
        ],
        "S1",
        "consult c3 goes on",
    ),
    (
        "one that is over and waits again",
        &[("return c5 0\nclose c5 cancelled", "return c5 0\nqueue c5")],
        "S1,L1,I3",
        "consult c5 is placed although nobody waits for the answer",
    ),
    (
        "ended by nobody",
        &[("> complete mo 1.9 c7", "> ready mo 1.9")],
        "I4",
        "end of consult c7 by agent mo: no input says so",
    ),
    (
        "to who asks",
        &[
            ("> consult ask mo 1.3 c1 c3 support", "> consult ask mo 1.3 c1 c3 support\n> hand assign c3 mo"),
            ("offer c3 jo 3", "hand assigned c3 mo 3"),
        ],
        "I6,I2",
        "contact c3 is offered to agent mo, who asks by it",
    ),
    (
        "known as the customer's",
        &[(
            "arrive c6 0 voice support of carl order mo last",
            "arrive c6 0 voice support of carl order jo last",
        )],
        "S1",
        "does not know the customer of contact c6",
    ),
];

/// `mo` is a bot. `jo` asks it about `c1`, whose customer then asks for a person; nothing more becomes of that than that `jo` keeps it.
const OF_A_BOT: &str = "\
== open
== commit
> config
> put jo
> put mo bot
> in jo 1.1
> create c1 voice support of carl order
tenant
config 1
put jo
put mo bot
heard jo 1.1
presence jo available
profile 0 voice support
arrive c1 0 voice support of carl order
offer c1 jo 1
== commit
> accept jo 1.2 c1 1
> consult ask jo 1.3 c1 c2 support
> in mo 1.1
heard jo 1.2
accept c1
heard jo 1.3
consult asked c2 0 jo c1 voice support 1001995
queue c2
heard mo 1.1
presence mo available
offer c2 mo 2
== commit
> accept mo 1.2 c2 2
> people ask c1
> consult leave jo 1.4 c1 c2
heard mo 1.2
accept c2
people asked c1
heard jo 1.4
== commit
> end c1 organisation
> complete mo 1.3 c2
close c1 cancelled
heard mo 1.3
close c2 completed
== released
";

const CASES_OF_A_BOT: &[StoryCase] = &[(
    "left to a bot although it asks for a person",
    &[
        (
            "people asked c1\nheard jo 1.4\n",
            "people asked c1\nheard jo 1.4\nclose c2 completed\nconsult over c1 mo 2\n",
        ),
        ("heard mo 1.3\nclose c2 completed\n", "heard mo 1.3\n"),
    ],
    "I6",
    "contact c1 is left to another by a bot, or to one, and not to a person",
)];

/// `jo` is a bot and asks a person, `mo`, about `c1`; who hands it over itself when it can do no more.
const BY_A_BOT: &str = "\
== open
== commit
> config
> put jo bot
> put mo
> in jo 1.1
> create c1 voice support of carl order
tenant
config 1
put jo bot
put mo
heard jo 1.1
presence jo available
profile 0 voice support
arrive c1 0 voice support of carl order
offer c1 jo 1
== commit
> accept jo 1.2 c1 1
> consult ask jo 1.3 c1 c2 support
> in mo 1.1
heard jo 1.2
accept c1
heard jo 1.3
people profile 1 voice support
consult asked c2 1 jo c1 voice support 1001995
queue c2
heard mo 1.1
presence mo available
offer c2 mo 2
== commit
> accept mo 1.2 c2 2
> consult leave jo 1.4 c1 c2
heard mo 1.2
accept c2
heard jo 1.4
== commit
> end c1 organisation
> complete mo 1.3 c2
close c1 cancelled
heard mo 1.3
close c2 completed
== released
";

const CASES_BY_A_BOT: &[StoryCase] = &[(
    "left to another by a bot",
    &[
        ("accept c2\nheard jo 1.4\n", "accept c2\nheard jo 1.4\nclose c2 completed\nconsult over c1 mo 2\n"),
        ("heard mo 1.3\nclose c2 completed\n", "heard mo 1.3\n"),
    ],
    "I6",
    "contact c1 is left to another by a bot, or to one, and not to a person",
)];

#[test]
fn a_story_of_consults_is_sound() {
    expect_sound(STORY);
    expect_sound(OF_A_BOT);
    expect_sound(BY_A_BOT);
}

#[test]
fn each_mistake_about_consults_is_found() {
    expect_each(STORY, CASES);
    expect_each(OF_A_BOT, CASES_OF_A_BOT);
    expect_each(BY_A_BOT, CASES_BY_A_BOT);
}
