//! Times as texts, in UTC.

use std::fmt::Write;

use crate::event::days_to_civil;

const NANOS: i64 = 1_000_000_000;

/// A time taken apart.
pub(super) struct Clock {
    days: i64,
    second_of_day: i64,
    nanos: i64,
}

impl Clock {
    pub(super) fn new(unix_nanos: i64) -> Self {
        let seconds = unix_nanos.div_euclid(NANOS);
        Self {
            days: seconds.div_euclid(86_400),
            second_of_day: seconds.rem_euclid(86_400),
            nanos: unix_nanos.rem_euclid(NANOS),
        }
    }

    /// `2018-10-25`
    pub(super) fn date(&self) -> String {
        let (year, month, day) = days_to_civil(self.days);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `14:09:12`
    pub(super) fn time(&self) -> String {
        let (minutes, second) = (self.second_of_day / 60, self.second_of_day % 60);
        format!("{:02}:{:02}:{second:02}", minutes / 60, minutes % 60)
    }

    /// `14:09:12.581541000`
    pub(super) fn exact_time(&self) -> String {
        let mut text = self.time();
        let _ = write!(text, ".{:09}", self.nanos);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times() {
        let clock = Clock::new(1_540_476_552_581_541_000);
        assert_eq!(clock.date(), "2018-10-25");
        assert_eq!(clock.exact_time(), "14:09:12.581541000");
        assert_eq!(Clock::new(-1).exact_time(), "23:59:59.999999999");
    }
}
