//! Names of streams and subjects, as far as provisioning needs them.
//!
//! A shard's ingest stream always holds one subject of its own beside its tenants' subjects, because a
//! stream needs at least one. That subject lies outside `wissel.in.`, so no tenant's name can meet it.

pub const EVENTS: &str = "EVT";
pub const REFUSED: &str = "DLQ";
pub const CONFIGURATIONS: &str = "CFG";
pub const SNAPSHOTS: &str = "SNAP";
pub const MEMBERS: &str = "MEMBERS";

pub const EVENTS_SUBJECTS: &str = "wissel.event.>";
pub const REFUSED_SUBJECTS: &str = "wissel.refused.>";
pub const CONFIGURATIONS_SUBJECTS: &str = "wissel.cfg.>";
pub const SNAPSHOTS_SUBJECTS: &str = "wissel.snap.>";
pub const MEMBERS_SUBJECTS: &str = "wissel.members.>";

/// Longest name of a tenant: it is a token of every subject of that tenant.
const TENANT_LENGTH_MAX: usize = 64;

pub fn ingest_stream(shard: u16) -> String {
    format!("ING_{shard}")
}

pub fn journal_stream(shard: u16) -> String {
    format!("JRN_{shard}")
}

pub fn journal_subject(shard: u16) -> String {
    format!("wissel.jrn.{shard}")
}

/// The subject that an ingest stream holds even without tenants.
pub fn ingest_own_subject(shard: u16) -> String {
    format!("wissel.ing.{shard}")
}

pub fn tenant_subjects(tenant: &str) -> String {
    format!("wissel.in.{tenant}.>")
}

/// The tenant whose inputs `subjects` takes, if it is written as [`tenant_subjects`] writes it.
pub fn tenant_of(subjects: &str) -> Option<&str> {
    let tenant = subjects.strip_prefix("wissel.in.")?.strip_suffix(".>")?;
    is_tenant(tenant).then_some(tenant)
}

pub fn is_tenant(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !text.is_empty() && text.len() <= TENANT_LENGTH_MAX && text.bytes().all(is_allowed)
}

/// The shard of an ingest stream or a journal, by the stream's name.
pub fn shard_of(stream: &str) -> Option<u16> {
    let number = stream.strip_prefix("ING_").or_else(|| stream.strip_prefix("JRN_"))?;
    let shard: u16 = number.parse().ok()?;
    (shard.to_string() == number).then_some(shard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_read_back_from_its_subjects() {
        assert_eq!(tenant_of(&tenant_subjects("acme-1")), Some("acme-1"));
        for foreign in ["wissel.in.>", "wissel.in.*.>", "wissel.in.a.b.>", "wissel.ing.0", "wissel.in..>"] {
            assert_eq!(tenant_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_shard_is_read_back_from_its_streams() {
        assert_eq!(shard_of(&ingest_stream(7)), Some(7));
        assert_eq!(shard_of(&journal_stream(0)), Some(0));
        for foreign in ["ING_", "ING_x", "ING_07", "ING_65536", "EVT"] {
            assert_eq!(shard_of(foreign), None, "{foreign}");
        }
    }
}
