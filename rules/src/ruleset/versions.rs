//! Versions that rule files require, against those this engine stands for.

use std::fmt;

/// The engine of Falco 0.44.1.
pub(crate) const ENGINE: Version = Version { major: 0, minor: 62, patch: 0 };

/// The plugins whose fields are built in.
const PLUGINS: &[(&str, Version)] = &[
    ("k8saudit", Version { major: 0, minor: 18, patch: 0 }),
    ("json", Version { major: 0, minor: 7, patch: 4 }),
];

/// `major.minor.patch`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

/// A plugin that rules need, with others that would do.
#[derive(Debug, Clone)]
pub(crate) struct PluginRequirement {
    /// The plugin asked for, then the alternatives.
    pub(crate) alternatives: Vec<(String, Version)>,
    /// Their versions as written.
    pub(crate) written: Vec<String>,
    pub(crate) heading: super::collection::Heading,
}

impl Version {
    /// Three numbers with dots between them; what follows the third does not matter.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (major, rest) = number(text)?;
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        let (patch, _) = number(rest.strip_prefix('.')?)?;
        Some(Self { major, minor, patch })
    }

    /// The version that a lone number means.
    pub(crate) fn implied(minor: u32) -> Self {
        Self { major: ENGINE.major, minor, patch: ENGINE.patch }
    }

    /// Whether this version serves one who asks for `required`.
    pub(crate) fn serves(self, required: Self) -> bool {
        self.major == required.major && self >= required
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl PluginRequirement {
    /// Which plugins there are.
    pub(crate) fn advice() -> String {
        let here: Vec<_> = PLUGINS.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!("built in are {}; if one of them will do, name it under `alternatives`", here.join(" and "))
    }

    /// What is wrong if it is not met: of the plugins named, the first that is here decides.
    pub(crate) fn unmet(&self) -> Option<String> {
        let here = self.alternatives.iter().find_map(|(name, required)| {
            let (_, version) = PLUGINS.iter().find(|(plugin, _)| plugin == name)?;
            Some((name, *version, *required))
        });
        match here {
            Some((_, version, required)) if version.serves(required) => None,
            Some((name, version, required)) => {
                Some(format!("plugin `{name}` is required at version {required}, and is here at {version}"))
            }
            None => {
                let asked: Vec<_> =
                    self.alternatives.iter().map(|(name, version)| format!("`{name}` {version}")).collect();
                Some(format!("required plugin is not here: {}", asked.join(" or ")))
            }
        }
    }
}

/// A number as C's `scanf` reads it with `%u`: blanks and a sign may lead, and what is too large for 32 bits loses the
/// bits beyond them.
fn number(text: &str) -> Option<(u32, &str)> {
    let text = text.trim_start_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    let (digits, rest) = unsigned.split_at_checked(digits).filter(|(digits, _)| !digits.is_empty())?;
    let number = digits.parse().unwrap_or(u64::MAX);
    let number = if text.starts_with('-') { number.wrapping_neg() } else { number };
    Some((u32::try_from(number & u64::from(u32::MAX)).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_third_number_does_not_matter() {
        assert_eq!(Version::parse("0.15.2-rc1"), Some(Version { major: 0, minor: 15, patch: 2 }));
        for text in ["0.15", "15", "", "a.b.c", "0.15.", ".15.0", "-.1.0"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        let version = |major| Some(Version { major, minor: 1, patch: 2 });
        assert_eq!(Version::parse("+7. 1. 2"), version(7));
        assert_eq!(Version::parse("-1.1.2"), version(u32::MAX));
        assert_eq!(Version::parse("4294967297.1.2"), version(1));
    }

    #[test]
    fn the_major_version_must_be_equal() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("0.62.0").serves(version("0.15.0")));
        assert!(!version("0.62.0").serves(version("0.62.1")));
        assert!(!version("1.0.0").serves(version("0.9.0")));
    }
}
