//! RFC 3339 times, taken as Go's `time.Parse` takes them.

const NANOS: i64 = 1_000_000_000;

/// Nanoseconds since 1970. Years that do not fit wrap round, as they do in Go.
pub(super) fn parse_rfc3339(text: &[u8]) -> Option<i64> {
    let mut rest = Rest(text);
    let (year, month, day) = date(&mut rest)?;
    rest.expect(b'T')?;
    let hour = rest.one_or_two_digits().filter(|&hour| hour < 24)?;
    rest.expect(b':')?;
    let minute = rest.digits(2).filter(|&minute| minute < 60)?;
    rest.expect(b':')?;
    let second = rest.digits(2).filter(|&second| second < 60)?;
    let nanos = rest.fraction();
    let offset = rest.zone()?;
    if !rest.0.is_empty() {
        return None;
    }
    let seconds = civil_to_days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(seconds.wrapping_mul(NANOS).wrapping_add(nanos))
}

/// Year, month and day of the days since 1970-01-01 in the Gregorian calendar.
pub(crate) fn days_to_civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn civil_to_days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn date(rest: &mut Rest<'_>) -> Option<(i64, i64, i64)> {
    let year = rest.digits(4)?;
    rest.expect(b'-')?;
    let month = rest.digits(2).filter(|month| (1..=12).contains(month))?;
    rest.expect(b'-')?;
    let day = rest.digits(2).filter(|day| (1..=days_in(year, month)).contains(day))?;
    Some((year, month, day))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits.iter().try_fold(0, |number, &digit| Some(number * 10 + digit_value(digit)?))?;
        self.0 = rest;
        Some(number)
    }

    /// Go takes hours without their leading zero.
    fn one_or_two_digits(&mut self) -> Option<i64> {
        self.digits(2).or_else(|| self.digits(1))
    }

    /// The fraction of a second in nanoseconds; further digits are dropped.
    fn fraction(&mut self) -> i64 {
        let [b'.' | b',', digits @ ..] = self.0 else { return 0 };
        let len = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
        if len == 0 {
            return 0;
        }
        let values = digits.iter().take(len).filter_map(|&digit| digit_value(digit));
        let nanos = values.chain(std::iter::repeat(0)).take(9).fold(0, |nanos, digit| nanos * 10 + digit);
        self.0 = digits.get(len..).unwrap_or_default();
        nanos
    }

    /// The offset from UTC in seconds.
    fn zone(&mut self) -> Option<i64> {
        if self.expect(b'Z').is_some() {
            return Some(0);
        }
        let sign = match self.0.first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.0 = self.0.get(1..)?;
        let hours = self.digits(2).filter(|&hours| hours <= 24)?;
        self.expect(b':')?;
        let minutes = self.digits(2).filter(|&minutes| minutes <= 60)?;
        Some(sign * (hours * 3_600 + minutes * 60))
    }
}

fn digit_value(digit: u8) -> Option<i64> {
    digit.is_ascii_digit().then(|| i64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<i64> {
        parse_rfc3339(text.as_bytes())
    }

    #[test]
    fn reads_times() {
        assert_eq!(parse("2024-03-01T10:00:00.123456Z"), Some(1_709_287_200_123_456_000));
        assert_eq!(parse("2018-10-25T14:09:12.581541Z"), Some(1_540_476_552_581_541_000));
        assert_eq!(parse("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse("1969-12-31T23:59:59.5Z"), Some(-500_000_000));
        assert_eq!(parse("1970-01-01T0:00:01,25Z"), Some(1_250_000_000));
        assert_eq!(parse("1970-01-01T00:00:00.1234567899Z"), Some(123_456_789));
    }

    #[test]
    fn refuses_others() {
        for text in [
            "",
            "2024-03-01",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-03-01T24:00:00Z",
            "2024-03-01T10:00:60Z",
            "2024-03-01T10:00:00",
            "2024-03-01t10:00:00Z",
            "2024-03-01T10:00:00z",
            "2024-03-01T10:00:00Z ",
            "2024-03-01T10:00:00.Z",
            "2024-03-01 10:00:00Z",
            "2024-03-01T10:00:00+0100",
            "2024-3-01T10:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn civil_days_come_back(days in -1_000_000i64..4_000_000) {
            let (year, month, day) = days_to_civil(days);
            prop_assert_eq!(civil_to_days(year, month, day), days);
        }

        #[test]
        fn agrees_with_jiff(seconds in -9_000_000_000i64..9_000_000_000, nanos in 0i32..1_000_000_000) {
            let stamp = jiff::Timestamp::new(seconds, nanos).expect("in range");
            prop_assert_eq!(parse(&stamp.to_string()).map(i128::from), Some(stamp.as_nanosecond()));
        }
    }
}
