//! Sizes and spans of time as people write them: `256MiB`, `24h`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A number of bytes, written as `512`, `64KiB`, `256MiB`, `10GiB`, `1TiB`; `KB`, `MB`, `GB` and `TB` are powers of
/// ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub struct ByteSize(u64);

/// A span of time, written as `250ms`, `10s`, `5m`, `24h`, `7d`, or several together: `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub struct Span(Duration);

/// Text that is no size or span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a size.
    #[error("`{0}` is not a size: give a number and a unit, as 64KiB, 256MiB or 10GiB")]
    Size(String),
    /// Not a span of time.
    #[error("`{0}` is not a span of time: give a number and a unit, as 250ms, 10s, 5m or 24h")]
    Span(String),
    /// More than can be counted.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

/// In descending order of size; the first that divides a value evenly prints it.
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// In milliseconds, in descending order.
const SPANS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl ByteSize {
    /// This many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// This many times 1,024 bytes.
    pub const fn kib(count: u64) -> Self {
        Self(count << 10)
    }

    /// This many times 1,024² bytes.
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// This many times 1,024³ bytes.
    pub const fn gib(count: u64) -> Self {
        Self(count << 30)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The number of bytes, for memory of this machine.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Span {
    /// This span.
    pub const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    /// This many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    /// This many thousandths of a second.
    pub const fn milliseconds(count: u64) -> Self {
        Self(Duration::from_millis(count))
    }

    /// The span as the standard library has it.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Size(text.to_owned());
        let (number, unit) = split(text.trim()).ok_or_else(wrong)?;
        let factor = if unit.is_empty() { Some(1) } else { factor_of(&SIZES, unit) };
        let bytes = number.checked_mul(factor.ok_or_else(wrong)?);
        bytes.map(Self).ok_or_else(|| UnitError::TooLarge(text.to_owned()))
    }
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Span(text.to_owned());
        let mut rest = text.trim();
        if rest == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let mut total: Option<u64> = None;
        while !rest.is_empty() || total.is_none() {
            let (number, after) = split(rest).ok_or_else(wrong)?;
            let end = after.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(after.len());
            let (unit, next) = after.split_at_checked(end).ok_or_else(wrong)?;
            let factor = factor_of(&SPANS, unit).ok_or_else(wrong)?;
            let sum = number.checked_mul(factor).and_then(|part| part.checked_add(total.unwrap_or(0)));
            total = Some(sum.ok_or_else(|| UnitError::TooLarge(text.to_owned()))?);
            rest = next.trim_start();
        }
        Ok(Self(Duration::from_millis(total.unwrap_or(0))))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let even = SIZES.iter().find(|(_, factor)| self.0 > 0 && self.0.is_multiple_of(*factor));
        let (unit, factor) = even.unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if left == 0 {
            return f.write_str("0s");
        }
        for (unit, factor) in SPANS {
            // Days only where nothing is left over: 24h reads better than 1d, 36h better than 1d12h.
            if left >= factor && (unit != "d" || (left.is_multiple_of(factor) && left > factor)) {
                write!(f, "{}{unit}", left / factor)?;
                left %= factor;
            }
        }
        Ok(())
    }
}

impl From<ByteSize> for String {
    fn from(size: ByteSize) -> Self {
        size.to_string()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// A scalar of a configuration file: a bare number is tolerated for sizes, and refused by name for spans.
#[derive(Deserialize)]
#[serde(untagged, expecting = "text with a number and a unit, as 256MiB or 10s")]
enum Written {
    Number(u64),
    Text(String),
}

impl TryFrom<Written> for ByteSize {
    type Error = UnitError;

    fn try_from(written: Written) -> Result<Self, UnitError> {
        match written {
            Written::Number(bytes) => Ok(Self(bytes)),
            Written::Text(text) => text.parse(),
        }
    }
}

impl TryFrom<Written> for Span {
    type Error = UnitError;

    fn try_from(written: Written) -> Result<Self, UnitError> {
        match written {
            Written::Number(number) => number.to_string().parse(),
            Written::Text(text) => text.parse(),
        }
    }
}

/// The leading whole number and what follows it.
fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, rest.trim_start()))
}

/// Units are told apart without regard to case, since `MB` and `mb` are never meant to differ.
fn factor_of(units: &[(&str, u64)], unit: &str) -> Option<u64> {
    units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).map(|(_, factor)| *factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_parse_and_print() {
        for (text, bytes, printed) in [
            ("256MiB", 256 << 20, "256MiB"),
            ("1024", 1024, "1KiB"),
            ("10 gib", 10 << 30, "10GiB"),
            ("5MB", 5_000_000, "5MB"),
            ("0", 0, "0B"),
            ("1536B", 1536, "1536B"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.bytes(), size.to_string().as_str()), (bytes, printed), "{text}");
            assert_eq!(size.to_string().parse(), Ok(size));
        }
    }

    #[test]
    fn spans_parse_and_print() {
        for (text, millis, printed) in [
            ("250ms", 250, "250ms"),
            ("10s", 10_000, "10s"),
            ("5m", 300_000, "5m"),
            ("24h", 86_400_000, "24h"),
            ("7d", 604_800_000, "7d"),
            ("36h", 129_600_000, "36h"),
            ("1h 30m", 5_400_000, "1h30m"),
            ("0", 0, "0s"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(
                (span.get(), span.to_string().as_str()),
                (Duration::from_millis(millis), printed),
                "{text}"
            );
            assert_eq!(span.to_string().parse(), Ok(span));
        }
    }

    #[test]
    fn wrong_text_is_refused_with_what_to_write() {
        for text in ["", "MiB", "12 potatoes", "-1", "1.5GiB"] {
            assert_eq!(text.parse::<ByteSize>(), Err(UnitError::Size(text.to_owned())));
        }
        for text in ["", "s", "10", "5 minutes", "-1s"] {
            assert_eq!(text.parse::<Span>(), Err(UnitError::Span(text.to_owned())));
        }
        assert!(matches!("99999999999TiB".parse::<ByteSize>(), Err(UnitError::TooLarge(_))));
        assert!(matches!("18446744073709551615d".parse::<Span>(), Err(UnitError::TooLarge(_))));
    }

    #[test]
    fn they_travel_as_text() {
        assert_eq!(serde_json::to_string(&ByteSize::mib(64)).unwrap(), "\"64MiB\"");
        assert_eq!(serde_json::from_str::<Span>("\"10s\"").unwrap(), Span::seconds(10));
        assert_eq!(serde_json::from_str::<ByteSize>("512").unwrap(), ByteSize::new(512));
        let error = serde_json::from_str::<Span>("10").unwrap_err().to_string();
        assert!(error.contains("`10` is not a span of time"), "{error}");
    }
}
