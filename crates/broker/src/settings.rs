//! The streams as the design has them, and what of an existing stream differs from that.
//!
//! A shard's ingest and journal are the truth: they refuse what does not fit (`discard: new`) rather than
//! forget, nobody can delete from their middle, and every read is answered by the leader
//! (`allow_direct: false`). Everything else can be made again from them, so it forgets by age or size.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use protocol::input::BODY_SIZE_MAX;
use protocol::subject::{self, ShardName, Stream, UUID_KEY};

/// Longer than any retry of a producer that has not given up (the server's default is two minutes).
const DEDUPE_WINDOW: Duration = Duration::from_secs(10 * 60);
/// The server's own default, for streams whose writers do not rely on it.
const DEDUPE_WINDOW_DEFAULT: Duration = Duration::from_secs(2 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const MIB: u64 = 1 << 20;

/// The largest body that is taken, and as much again: headers need room, and what is a little too large shall reach the
/// dead letters with a reason. Whatever is larger is refused to its sender, lest it fill a shard for all its tenants.
const INPUT_BYTES_MAX: i32 = 2 * BODY_SIZE_MAX as i32;

/// Bytes that a stream may hold, all of which the server sets aside. `None` keeps what a stream has, and
/// takes the development size for a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    pub ingest: Option<u64>,
    pub journal: Option<u64>,
    pub events: Option<u64>,
    pub refused: Option<u64>,
    pub configurations: Option<u64>,
    pub snapshots: Option<u64>,
    pub members: Option<u64>,
}

/// One stream as it should be.
#[derive(Debug, Clone)]
pub struct Design {
    pub config: Config,
    /// The size was asked for, so that an existing stream takes it on.
    pub is_size_asked: bool,
}

/// One setting of a stream that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub setting: &'static str,
    pub found: String,
    pub expected: String,
    /// Why it is left as it is; `None` when it may be changed.
    pub fixed: Option<&'static str>,
}

/// The streams that all shards share, and two for each shard.
pub fn designs(shards: impl IntoIterator<Item = u16>, replicas: usize, sizes: &Sizes) -> Vec<Design> {
    let mut designs = shared(replicas, sizes);
    for shard in shards {
        designs.push(ingest(shard, replicas, sizes.ingest));
        designs.push(journal(shard, replicas, sizes.journal));
    }
    designs
}

fn ingest(shard: u16, replicas: usize, bytes: Option<u64>) -> Design {
    let own = subject::ingest_own(&ShardName::of(shard));
    let config = Config {
        max_message_size: INPUT_BYTES_MAX,
        ..truth(Stream::ingest(shard).to_string(), vec![own], replicas)
    };
    design(bytes, 256 * MIB, config)
}

fn journal(shard: u16, replicas: usize, bytes: Option<u64>) -> Design {
    let own = subject::journal(&ShardName::of(shard));
    design(bytes, 512 * MIB, truth(Stream::journal(shard).to_string(), vec![own], replicas))
}

fn shared(replicas: usize, sizes: &Sizes) -> Vec<Design> {
    let base =
        |stream: Stream, subjects: &str| common(stream.to_string(), vec![subjects.to_owned()], replicas);
    let events = Config {
        max_age: 7 * DAY,
        // An owner that takes over emits again from the last mark; the window drops what was there.
        duplicate_window: DEDUPE_WINDOW,
        ..base(Stream::Events, subject::EVENT_ALL)
    };
    let refused = Config {
        max_age: 30 * DAY,
        duplicate_window: DEDUPE_WINDOW,
        ..base(Stream::DeadLetters, subject::REFUSED_ALL)
    };
    let configurations = Config {
        discard: DiscardPolicy::New,
        // A subject is a hash of its content, so a second message on it is the same text.
        max_messages_per_subject: 1,
        ..base(Stream::Configs, subject::CONFIG_ALL)
    };
    let snapshots = Config { discard: DiscardPolicy::New, ..base(Stream::Snapshots, subject::SNAPSHOT_ALL) };
    let members = Config {
        max_messages_per_subject: 1,
        // Records of nodes that are gone expire; nobody judges life by that.
        allow_message_ttl: true,
        ..base(Stream::Members, subject::MEMBER_ALL)
    };
    vec![
        design(sizes.events, 256 * MIB, events),
        design(sizes.refused, 64 * MIB, refused),
        design(sizes.configurations, 32 * MIB, configurations),
        design(sizes.snapshots, 256 * MIB, snapshots),
        design(sizes.members, 16 * MIB, members),
    ]
}

fn truth(name: String, subjects: Vec<String>, replicas: usize) -> Config {
    Config {
        discard: DiscardPolicy::New,
        deny_delete: true,
        duplicate_window: DEDUPE_WINDOW,
        ..common(name, subjects, replicas)
    }
}

fn common(name: String, subjects: Vec<String>, replicas: usize) -> Config {
    Config {
        name,
        subjects,
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        num_replicas: replicas,
        discard: DiscardPolicy::Old,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: -1,
        max_consumers: -1,
        max_age: Duration::ZERO,
        duplicate_window: DEDUPE_WINDOW_DEFAULT,
        allow_direct: false,
        ..Config::default()
    }
}

fn design(asked: Option<u64>, development: u64, config: Config) -> Design {
    let max_bytes = i64::try_from(asked.unwrap_or(development)).unwrap_or(i64::MAX);
    Design { config: Config { max_bytes, ..config }, is_size_asked: asked.is_some() }
}

/// What may be done to a stream that exists.
#[derive(Debug, Clone, Copy, Default)]
pub struct Licence {
    /// Add copies. Off by default: a change of members while a shard is owned has lost acknowledged records.
    pub rescale: bool,
}

const MADE_SO: &str = "the server never changes it; make the stream anew";
const ONLY_ON: &str = "the server can switch it on, but never off; make the stream anew";
const COPIES_ADD: &str = "copies are added only with --rescale, while no node runs";
const COPIES_TAKE: &str = "copies are never taken away";
const HOLDS_MORE: &str = "the stream holds more than that, and would refuse every write or drop its oldest";
const FOREIGN: &str = "subjects that are not a tenant's are not ours to remove";

/// Compares settings by name and takes them over by name, from one list.
macro_rules! settings {
    ($($field:ident),* $(,)?) => {
        fn different(found: &Config, expected: &Config) -> Vec<(&'static str, String, String)> {
            let mut list = Vec::new();
            $(if found.$field != expected.$field {
                let said = (format!("{:?}", found.$field), format!("{:?}", expected.$field));
                list.push((stringify!($field), said.0, said.1));
            })*
            list
        }

        fn take_over(config: &mut Config, expected: &Config, setting: &str) {
            $(if setting == stringify!($field) {
                config.$field = expected.$field.clone();
            })*
        }
    };
}

settings!(
    storage,
    retention,
    discard,
    discard_new_per_subject,
    max_bytes,
    max_messages,
    max_messages_per_subject,
    max_message_size,
    max_consumers,
    max_age,
    duplicate_window,
    deny_delete,
    deny_purge,
    allow_message_ttl,
    allow_direct,
    allow_rollup,
    allow_atomic_publish,
    allow_batch_publish,
    no_ack,
    sealed,
    num_replicas,
    subjects,
);

/// Why `setting` stays as it is in a stream that exists; `None` when it may be changed.
fn reason_to_leave(
    setting: &str,
    found: &Config,
    expected: &Config,
    stored: u64,
    licence: Licence,
) -> Option<&'static str> {
    let holds_more = || u64::try_from(expected.max_bytes).is_ok_and(|max| max < stored);
    match setting {
        "storage" | "sealed" => Some(MADE_SO),
        "retention" => (found.retention == RetentionPolicy::WorkQueue).then_some(MADE_SO),
        "deny_delete" => found.deny_delete.then_some(ONLY_ON),
        "deny_purge" => found.deny_purge.then_some(ONLY_ON),
        "allow_message_ttl" => found.allow_message_ttl.then_some(ONLY_ON),
        "num_replicas" if found.num_replicas > expected.num_replicas => Some(COPIES_TAKE),
        "num_replicas" => (!licence.rescale).then_some(COPIES_ADD),
        "max_bytes" => holds_more().then_some(HOLDS_MORE),
        "subjects" => has_foreign_subjects(found, expected).then_some(FOREIGN),
        _ => None,
    }
}

/// What of `found` differs from `design`; `stored` is how many bytes the stream holds.
pub fn differences(design: &Design, found: &Config, stored: u64, licence: Licence) -> Vec<Difference> {
    let expected = expected_given(design, found);
    let mut list: Vec<Difference> = different(found, &expected)
        .into_iter()
        .map(|(setting, is, should)| Difference {
            setting,
            found: is,
            expected: should,
            fixed: reason_to_leave(setting, found, &expected, stored, licence),
        })
        .collect();
    if !found.metadata.contains_key(UUID_KEY) {
        list.push(Difference {
            setting: UUID_KEY,
            found: "none".to_owned(),
            expected: "an identity".to_owned(),
            fixed: None,
        });
    }
    list
}

/// `found` with those of `differences` mended that may be; what the design does not speak of stays.
pub fn mended(design: &Design, found: &Config, differences: &[Difference], uuid: String) -> Config {
    let expected = expected_given(design, found);
    let mut config = found.clone();
    for difference in differences.iter().filter(|difference| difference.fixed.is_none()) {
        take_over(&mut config, &expected, difference.setting);
        if difference.setting == UUID_KEY {
            config.metadata.insert(UUID_KEY.to_owned(), uuid.clone());
        }
    }
    config
}

/// A stream of somebody else's that has this name: it lacks our identity and takes nothing of ours.
pub fn is_foreign(design: &Design, found: &Config) -> bool {
    !found.metadata.contains_key(UUID_KEY)
        && !found.subjects.iter().any(|subject| design.config.subjects.contains(subject))
}

/// The design, with the sizes of `found` where none was asked for, a longer age, and the tenants that are in `found`.
fn expected_given(design: &Design, found: &Config) -> Config {
    let mut expected = design.config.clone();
    if !design.is_size_asked && found.max_bytes > 0 {
        expected.max_bytes = found.max_bytes;
    }
    let is_kept_longer = found.max_age.is_zero() || found.max_age > expected.max_age;
    if !expected.max_age.is_zero() && is_kept_longer {
        // Somebody wants to look further back; a shorter age would drop what is there at once.
        expected.max_age = found.max_age;
    }
    if Stream::ingest_shard(&expected.name).is_some() {
        let own = expected.subjects.clone();
        // In the order of `found`, so that a stream that holds what it should is equal.
        let is_kept = |held: &&String| own.contains(held) || subject::tenant_of_inputs(held).is_some();
        expected.subjects = found.subjects.iter().filter(is_kept).cloned().collect();
        expected.subjects.extend(own.into_iter().filter(|subject| !found.subjects.contains(subject)));
    }
    expected
}

fn has_foreign_subjects(found: &Config, expected: &Config) -> bool {
    found.subjects.iter().any(|subject| !expected.subjects.contains(subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> Design {
        let mut all = designs(0..2, 3, &Sizes::default()).into_iter();
        all.find(|design| design.config.name == name).expect("a stream of the design")
    }

    /// The differences of a stream that is as designed except for `change`, as `setting` or `setting!`
    /// when it is fixed.
    fn check(name: &str, licence: Licence, stored: u64, change: impl Fn(&mut Config), expected: &[&str]) {
        let design = stream(name);
        let mut found = design.config.clone();
        found.metadata.insert(UUID_KEY.to_owned(), "some".to_owned());
        change(&mut found);
        let list = differences(&design, &found, stored, licence);
        let said: Vec<String> = list
            .iter()
            .map(|difference| {
                format!("{}{}", difference.setting, if difference.fixed.is_some() { "!" } else { "" })
            })
            .collect();
        assert_eq!(said, expected);
        let left = differences(&design, &mended(&design, &found, &list, "new".to_owned()), stored, licence);
        assert!(left.iter().all(|difference| difference.fixed.is_some()), "left after mending: {left:?}");
    }

    #[test]
    fn journal_and_ingest_never_forget_by_themselves() {
        for name in ["ING_1", "JRN_1"] {
            let config = stream(name).config;
            assert_eq!(config.discard, DiscardPolicy::New);
            assert!(config.deny_delete && !config.deny_purge && !config.allow_direct);
            assert!(config.max_age.is_zero() && config.max_messages == -1 && config.max_bytes > 0);
            assert_eq!(config.max_messages_per_subject, -1);
            assert_eq!(config.duplicate_window, Duration::from_secs(600));
        }
    }

    #[test]
    fn what_can_be_mended_is_and_the_rest_is_told() {
        let none = Licence::default();
        check("JRN_0", none, 0, |_| {}, &[]);
        check("JRN_0", none, 0, |found| found.storage = StorageType::Memory, &["storage!"]);
        check("JRN_0", none, 0, |found| found.deny_delete = false, &["deny_delete"]);
        check("EVT", none, 0, |found| found.retention = RetentionPolicy::WorkQueue, &["retention!"]);
        check("EVT", none, 0, |found| found.retention = RetentionPolicy::Interest, &["retention"]);
        check("SNAP", none, 0, |found| found.deny_delete = true, &["deny_delete!"]);
        check("JRN_0", none, 0, |found| found.allow_direct = true, &["allow_direct"]);
        check("EVT", none, 0, |found| found.metadata.clear(), &["wissel-uuid"]);
        check("EVT", none, 0, |found| found.max_age = 365 * DAY, &[]);
        check("EVT", none, 0, |found| found.max_age = Duration::ZERO, &[]);
        check("EVT", none, 0, |found| found.max_age = DAY, &["max_age"]);
        check("JRN_0", none, 0, |found| found.max_age = 365 * DAY, &["max_age"]);
        check("ING_0", none, 0, |found| found.max_message_size = -1, &["max_message_size"]);
    }

    #[test]
    fn copies_are_added_only_on_request_and_never_taken_away() {
        let rescale = Licence { rescale: true };
        check("JRN_0", Licence::default(), 0, |found| found.num_replicas = 1, &["num_replicas!"]);
        check("JRN_0", rescale, 0, |found| found.num_replicas = 1, &["num_replicas"]);
        check("JRN_0", rescale, 0, |found| found.num_replicas = 5, &["num_replicas!"]);
    }

    #[test]
    fn an_ingest_stream_keeps_its_tenants_and_gets_its_own_subject_back() {
        let none = Licence::default();
        let tenants = |found: &mut Config| found.subjects.insert(0, "wissel.in.acme.>".to_owned());
        check("ING_0", none, 0, tenants, &[]);
        check("ING_0", none, 0, |found| found.subjects = vec!["wissel.in.acme.>".to_owned()], &["subjects"]);
        check("ING_0", none, 0, |found| found.subjects.push("other.>".to_owned()), &["subjects!"]);
    }

    #[test]
    fn a_size_is_kept_unless_asked_for_and_never_falls_below_what_is_held() {
        let mut design = stream("JRN_0");
        let mut found = design.config.clone();
        found.metadata.insert(UUID_KEY.to_owned(), "some".to_owned());
        found.max_bytes = 1 << 40;
        assert_eq!(differences(&design, &found, 1 << 30, Licence::default()), []);
        design.is_size_asked = true;
        let list = differences(&design, &found, 1 << 30, Licence::default());
        assert_eq!(list[0].fixed, Some(HOLDS_MORE));
        let list = differences(&design, &found, 1 << 20, Licence::default());
        assert_eq!((list[0].setting, list[0].fixed), ("max_bytes", None));
    }
}
