//! How many alerts a sink is given in a time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use service::units::Span;

/// So many alerts in a time, as `1/s`, `30/m` or `100/10s`; or `unlimited`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Option<(u32, Duration)>);

/// Text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate: give one as 1/s, 30/m or 100/10s, or `unlimited`")]
pub struct RateError(String);

impl Rate {
    /// So many a second, at least one.
    pub(crate) const fn per_second(count: u32) -> Self {
        Self(Some((if count == 0 { 1 } else { count }, Duration::from_secs(1))))
    }

    /// How many alerts in which time; `None` for no limit.
    pub(crate) fn limit(self) -> Option<(u32, Duration)> {
        self.0
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError(text.to_owned());
        if text.trim().eq_ignore_ascii_case("unlimited") {
            return Ok(Self(None));
        }
        let (count, time) = text.split_once('/').ok_or_else(wrong)?;
        let count: u32 = count.trim().parse().map_err(|_| wrong())?;
        let time = time.trim();
        let counted =
            if time.starts_with(|c: char| c.is_ascii_digit()) { time.to_owned() } else { format!("1{time}") };
        let time = counted.parse::<Span>().map_err(|_| wrong())?.get();
        if count == 0 || time.is_zero() { Err(wrong()) } else { Ok(Self(Some((count, time)))) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("unlimited"),
            Some((count, time)) => {
                let time = Span::new(time).to_string();
                write!(
                    f,
                    "{count}/{}",
                    match time.as_str() {
                        unit @ ("1s" | "1m" | "1h") => unit.trim_start_matches('1'),
                        other => other,
                    }
                )
            }
        }
    }
}

impl TryFrom<String> for Rate {
    type Error = RateError;

    fn try_from(text: String) -> Result<Self, RateError> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_parse_and_print() {
        for (text, shown) in
            [("1/s", "1/s"), (" 30 / m ", "30/m"), ("100/10s", "100/10s"), ("Unlimited", "unlimited")]
        {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), shown);
        }
        assert_eq!("60/m".parse::<Rate>().unwrap().limit(), Some((60, Duration::from_secs(60))));
        assert_eq!(Rate::per_second(0), Rate::per_second(1));
        for text in ["", "1", "0/s", "1/0s", "x/s", "1/year", "-1/s", "1/s/s"] {
            assert!(text.parse::<Rate>().unwrap_err().to_string().contains("30/m"), "{text}");
        }
    }
}
