//! What becomes of contacts whose customers fall silent, on channels on which people write when they like.

use model::config::{ChannelConfig, ChannelKind, QuietConfig};
use model::{ChannelId, Millis};

use super::reader::{Item, Reader, Section};

const KEYS: &[&str] = &["to", "ends"];
/// As long as WhatsApp lets an organisation answer freely after its customer wrote last.
const ENDS_DEFAULT: Millis = Millis(24 * Millis::HOUR.0);
/// Sooner nobody could write again.
const ENDS_MIN: Millis = Millis::from_seconds(1);

/// Where channels say it, to be checked when all channels are known.
#[derive(Default)]
pub(super) struct Quiets(Vec<(usize, ChannelId)>);

impl Quiets {
    /// Of one channel.
    pub(super) fn read(
        &mut self,
        reader: &mut Reader<'_>,
        channel: &Section<'_>,
        name: &ChannelId,
    ) -> Option<QuietConfig> {
        let item: Item<'_> = channel.get("quiet")?;
        let at = item.span().start;
        let section = reader.section(item, format!("channels.{name}.quiet"))?;
        reader.check_keys(&section, KEYS);
        let ends = section.get("ends").and_then(|item| reader.duration(item, ENDS_MIN));
        let Some(to) = section.get("to") else {
            reader.missing(&Section { at, ..section }, "to", "\"messaging_later\"");
            return None;
        };
        let Some(text) = to.get_ref().as_str() else {
            reader.mismatch(to, "the name of an indirect channel");
            return None;
        };
        let to = reader.id(text, to.span().start, "channel", ChannelId::new)?;
        self.0.push((at, name.clone()));
        Some(QuietConfig { to, ends: ends.unwrap_or(ENDS_DEFAULT) })
    }

    /// Each is said by a live channel of an indirect one.
    pub(super) fn check(self, reader: &mut Reader<'_>, channels: &[ChannelConfig]) {
        for (at, name) in self.0 {
            let Some(channel) = channels.iter().find(|channel| channel.name == name) else { continue };
            let Some(quiet) = &channel.quiet else { continue };
            if channel.kind == ChannelKind::Indirect {
                let reason = "nobody waits for an answer on an indirect channel; only a live one, such as messaging, has quiet";
                reader.note(at, reason);
                continue;
            }
            match channels.iter().find(|other| other.name == quiet.to).map(|other| other.kind) {
                Some(ChannelKind::Indirect) => {}
                Some(ChannelKind::Live) => {
                    let reason = format!(
                        "channel {} is live, and who is silent waits for nobody; name an indirect one, such as: \
                         [channels.messaging_later] with kind = \"indirect\" and cost = 25",
                        quiet.to
                    );
                    reader.note(at, reason);
                }
                None => {
                    let known = channels.iter().map(|channel| channel.name.as_str());
                    reader.note_unknown(at, ("channel", ""), quiet.to.as_str(), known);
                }
            }
        }
    }
}
