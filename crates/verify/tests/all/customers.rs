//! Contacts of one customer, and who is said to know it.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` takes one chat at a time, and support has ten seconds of wrap-up.
const STORY: &str = "\
== open
== commit
> config
> put jo
> in jo 1.1
tenant
config 1
put jo
heard jo 1.1
presence jo available
== commit
> create c1 chat support of ida order-1
profile 0 chat support
arrive c1 0 chat support of ida order-1
offer c1 jo 1
== commit
> accept jo 1.2 c1 1
heard jo 1.2
accept c1
== commit
> create c2 chat support of ida order-1
arrive c2 0 chat support of ida order-1 jo matter
prefer c2 jo
== commit
> complete jo 1.3 c1
heard jo 1.3
wrap c1
== commit after 9000
close c1 completed
offer c2 jo 2
== commit
> create c3 chat support of ida order-2
arrive c3 0 chat support of ida order-2 jo last_agent
prefer c3 jo
== commit
> create c4 chat support of joe order-3
arrive c4 0 chat support of joe order-3
queue c4
== commit
> end c2 customer
> end c3 customer
> create c5 chat support of joe order-3
close c2 abandoned
close c3 abandoned
arrive c5 0 chat support of joe order-3
offer c5 jo 3
== commit
> accept jo 1.4 c5 3
heard jo 1.4
accept c5
join c4 jo
== commit
> end c4 customer
> end c5 organisation
close c4 abandoned
close c5 cancelled
== released
";

const CASES: &[StoryCase] = &[
    (
        "an agent who has nothing of the matter",
        &[
            ("> create c2 chat support of ida order-1", "> create c2 chat support of ida order-7"),
            ("arrive c2 0 chat support of ida order-1", "arrive c2 0 chat support of ida order-7"),
        ],
        "S1",
        "does not know the customer of contact c2: Matter",
    ),
    (
        "the matter of somebody else",
        &[
            ("> create c2 chat support of ida", "> create c2 chat support of eve"),
            ("arrive c2 0 chat support of ida", "arrive c2 0 chat support of eve"),
        ],
        "S1",
        "does not know the customer of contact c2: Matter",
    ),
    (
        "an agent who is passed over",
        &[("of ida order-1 jo matter\nprefer c2 jo", "of ida order-1\nqueue c2")],
        "S1",
        "contact c2 arrives as if agent",
    ),
    (
        "an agent who never had the customer",
        &[
            ("> create c3 chat support of ida", "> create c3 chat support of eve"),
            ("arrive c3 0 chat support of ida", "arrive c3 0 chat support of eve"),
        ],
        "S1",
        "does not know the customer of contact c3: LastAgent",
    ),
    (
        "what joins another matter",
        &[
            ("> create c4 chat support of joe order-3", "> create c4 chat support of joe order-4"),
            ("arrive c4 0 chat support of joe order-3", "arrive c4 0 chat support of joe order-4"),
        ],
        "S1",
        "who has nothing that it belongs to",
    ),
    (
        "what joins twice",
        &[("join c4 jo", "join c4 jo\njoin c4 jo")],
        "S1",
        "joins another while it is waiting for one agent",
    ),
];

#[test]
fn a_story_of_customers_is_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_about_customers_is_found() {
    expect_each(STORY, CASES);
}
