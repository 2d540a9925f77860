//! [`Facility`]: which part of a system a syslog message is of, by RFC 5424's numbers.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The names of RFC 5424's facilities in the order of their numbers, as rsyslog and syslog-ng write them.
const NAMES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

/// A facility. `audit` (13, "log audit") unless set otherwise: that is where what is found in an audit log belongs, and
/// little else is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Facility(u8);

/// Text that names no facility.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a facility of syslog: give audit, auth, authpriv, daemon, user or local0 to local7, say")]
pub struct FacilityError(String);

impl Facility {
    /// `PRI` of RFC 5424 for a severity of 0 (emergency) to 7 (debug).
    pub(crate) fn with_severity(self, severity: u8) -> u16 {
        u16::from(self.0) * 8 + u16::from(severity.min(7))
    }
}

impl Facility {
    /// See [`Facility`].
    pub(crate) const DEFAULT: Self = Self(13);
}

impl Default for Facility {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FromStr for Facility {
    type Err = FacilityError;

    fn from_str(text: &str) -> Result<Self, FacilityError> {
        let name = text.trim().to_ascii_lowercase();
        let numbered = (0_u8..).zip(NAMES).find(|(_, known)| *known == name);
        numbered.map(|(number, _)| Self(number)).ok_or_else(|| FacilityError(text.to_owned()))
    }
}

impl TryFrom<String> for Facility {
    type Error = FacilityError;

    fn try_from(text: String) -> Result<Self, FacilityError> {
        text.parse()
    }
}

impl From<Facility> for String {
    fn from(facility: Facility) -> Self {
        NAMES.get(usize::from(facility.0)).copied().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_have_their_numbers() {
        for (name, number) in [("kern", 0), ("AUTH", 4), ("authpriv", 10), ("audit", 13), ("local0", 16), ("local7", 23)] {
            assert_eq!(name.parse(), Ok(Facility(number)));
        }
        assert_eq!(String::from(Facility::default()), "audit");
        assert_eq!(Facility::default().with_severity(4), 108);
        assert!("local8".parse::<Facility>().unwrap_err().to_string().contains("local0 to local7"));
    }
}
