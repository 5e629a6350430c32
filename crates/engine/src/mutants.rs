//! Where a decision can be made wrong on purpose.
//!
//! A run of the fault simulator chooses one for its thread. Without the feature `mutants` nothing can be chosen, and the
//! question is a constant.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A contact that came before is taken in again.
    ContactsRepeat,
    /// An input of an agent counts as often as it comes.
    AgentInputsRepeat,
    /// A contact that leaves an agent goes on taking its capacity.
    CapacityKept,
    /// A contact that leaves an agent gives twice what it took.
    CapacityGivenTwice,
    /// A declined contact may go back to the same agent at once.
    DeclinedComesBack,
    /// Of the contacts that an agent may have it gets the worst head of a line.
    WorstFirst,
    /// Who is done with a contact is given no other one.
    NotFilled,
    /// Who asks for less may be anywhere.
    SiteLetGo,
    /// Nobody is better for what is preferred.
    PreferenceIgnored,
    /// What a supervisor gives an agent needs no room.
    AssignedBeyondCapacity,
    /// Who pulls what another has gets it too.
    PulledTwice,
    /// What agents are to take is offered.
    PulledIsOffered,
    /// Whose customer is silent is kept half as long.
    QuietCutShort,
    /// What is bound to its agent goes to others when that one is signed out.
    BoundLetGo,
    /// Somebody may still take a consult when whoever asked has the contact no more.
    ConsultGoesOn,
    /// What a bot hands over may go to the next bot.
    BotsPassOn,
    /// Who asks for a person while it waits goes on waiting for anybody.
    PersonUnheard,
    /// Half the time that a queue says is the most.
    HandlingCutShort,
    /// Who had all of its ration is offered more.
    RationOverrun,
    /// How often a contact was interrupted is not counted.
    InterruptionsUncounted,
    /// Queues that take turns go by their contacts alone.
    RatioIgnored,
}

model::mutants!(Mutant);
