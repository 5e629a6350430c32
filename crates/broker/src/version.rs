//! Versions of `nats-server`, as `--version`, the connection's greeting and `/varz` write them.
//!
//! Only the three numbers count: a pre-release of 2.15 is taken for 2.15, since the server orders its own
//! features by these numbers too.

use std::fmt;

/// The first version that orders the commits of a former leader behind those of its successor
/// (leader-term fencing of proposals), on which the fence of a journal with three copies rests.
pub const SERVER_VERSION_MIN: Version = Version { major: 2, minor: 15, patch: 0 };

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    /// Reads the first `<major>.<minor>.<patch>` in `text`, whatever stands around it.
    pub fn find_in(text: &str) -> Option<Version> {
        text.split(|character: char| !(character.is_ascii_digit() || character == '.')).find_map(|word| {
            let mut numbers = word.split('.').map(str::parse::<u32>);
            let version = Version {
                major: numbers.next()?.ok()?,
                minor: numbers.next()?.ok()?,
                patch: numbers.next()?.ok()?,
            };
            numbers.next().is_none().then_some(version)
        })
    }

    pub fn is_fit(self) -> bool {
        self >= SERVER_VERSION_MIN
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(u32, u32, u32)>) {
        let expected = expected.map(|(major, minor, patch)| Version { major, minor, patch });
        assert_eq!(Version::find_in(text), expected, "{text:?}");
    }

    #[test]
    fn versions_are_read_from_what_servers_print() {
        check("nats-server: v2.15.1\n", Some((2, 15, 1)));
        check("2.15.0-dev", Some((2, 15, 0)));
        check("nats-server: v2.9.10", Some((2, 9, 10)));
        check("2.15", None);
        check("1.2.3.4", None);
        check("", None);
    }

    #[test]
    fn order_is_by_number_not_by_letter() {
        let fit = |text| Version::find_in(text).expect("a version").is_fit();
        assert!(fit("2.15.0") && fit("2.100.0") && fit("3.0.0"));
        assert!(!fit("2.9.10") && !fit("2.14.99"));
    }
}
