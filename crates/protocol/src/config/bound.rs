//! Whether work of a channel is bound to its agent's session or to the agent.

use model::Millis;
use model::config::{BOUND_FOR_DEFAULT, ChannelKind};

use super::reader::{Reader, Section};

/// Sooner nobody is signed in again.
const BOUND_FOR_MIN: Millis = Millis::from_seconds(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Session,
    Status,
}

impl Bound {
    const ALL: [Bound; 2] = [Bound::Session, Bound::Status];

    fn name(self) -> &'static str {
        match self {
            Bound::Session => "session",
            Bound::Status => "status",
        }
    }
}

/// How long the contacts of a channel of that kind, if that is known, stay with an agent who was signed out; nothing if they do not.
pub(super) fn bound_for(
    reader: &mut Reader<'_>,
    channel: &Section<'_>,
    kind: Option<ChannelKind>,
) -> Option<Millis> {
    let bound = channel.get("bound");
    let says = bound.and_then(|item| reader.choice(item, "bound", &Bound::ALL, Bound::name));
    let length = channel.get("bound_for");
    let bound_for = length.and_then(|item| reader.duration(item, BOUND_FOR_MIN));
    match (says, bound, length) {
        (Some(Bound::Status), Some(item), _) if kind == Some(ChannelKind::Live) => {
            let reason =
                "live work waits for nobody; only an indirect channel, such as email, is bound by status";
            reader.note(item.span().start, reason);
        }
        (Some(Bound::Session), _, Some(item)) | (None, None, Some(item)) => {
            let reason = "only what is bound by status stays with an agent who was signed out; add: bound = \"status\"";
            reader.note(item.span().start, reason);
        }
        (Some(Bound::Session | Bound::Status), _, _) | (None, _, _) => {}
    }
    (says == Some(Bound::Status)).then(|| bound_for.unwrap_or(BOUND_FOR_DEFAULT))
}
