//! Preferred skills: who is passed over.

use crate::support::{StoryCase, expect_each, expect_sound};

/// `jo` and `mo` speak Dutch. `al` does not, and is the only one there when `c1` looks for somebody. `c2` finds `jo`, with `al` beside it;
/// `c3` finds `mo` while `jo` has `c2`, `c4` finds `al`, and `c5` waits for whoever comes free.
const STORY: &str = "\
== open
== commit
> config
> put jo
> put mo
> put al
> in al 1.1
> create c1 voice polite
tenant
config 1
put jo
put mo
put al
heard al 1.1
presence al available
profile 0 voice polite
arrive c1 0 voice polite
offer c1 al 1
== commit
> in jo 1.1
> end c1 customer
> create c2 voice polite
heard jo 1.1
presence jo available
close c1 abandoned
arrive c2 0 voice polite
offer c2 jo 2
== commit
> end c2 customer
close c2 abandoned
== commit
> in mo 1.1
> create c3 voice polite
> create c4 voice polite
> create c5 voice polite
> create c6 voice polite
heard mo 1.1
presence mo available
arrive c3 0 voice polite
offer c3 jo 3
arrive c4 0 voice polite
offer c4 mo 4
arrive c5 0 voice polite
offer c5 al 5
arrive c6 0 voice polite
queue c6
== commit
> end c5 customer
> end c3 customer
> end c6 customer
> end c4 customer
close c5 abandoned
offer c6 al 6
close c3 abandoned
close c6 abandoned
close c4 abandoned
== released
";

const CASES: &[StoryCase] = &[(
    "given to somebody with none of what is preferred",
    &[("offer c2 jo 2\n", "offer c2 al 2\n")],
    "I7",
    "contact c2 is offered to agent al, who has 0 of its preferred skills; jo has 1",
)];

#[test]
fn preferred_skills_are_sound() {
    expect_sound(STORY);
}

#[test]
fn each_mistake_with_preferred_skills_is_found() {
    expect_each(STORY, CASES);
}
