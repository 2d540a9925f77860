//! Whether text is a time as RFC 3339 writes it, with or without a fraction; the same text that Go's `time.RFC3339Nano`
//! takes, a one-digit hour and a comma before the fraction included.

/// Whether `text` names a moment.
pub(super) fn is_rfc3339(text: &[u8]) -> bool {
    moment(text).is_some()
}

fn moment(text: &[u8]) -> Option<()> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    literal(&mut rest, b'-')?;
    let month = number(&mut rest, 2)?;
    literal(&mut rest, b'-')?;
    let day = number(&mut rest, 2)?;
    literal(&mut rest, b'T')?;
    let hour = number(&mut rest, 2).or_else(|| number(&mut rest, 1))?;
    literal(&mut rest, b':')?;
    let minute = number(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let second = number(&mut rest, 2)?;
    fraction(&mut rest)?;
    zone(rest)?;
    let exists = (1..=days_in(year, month)?).contains(&day) && hour < 24 && minute < 60 && second < 60;
    exists.then_some(())
}

/// A number of exactly so many digits; reads nothing where there is none.
fn number(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (head, behind) = rest.split_at_checked(digits)?;
    let mut value = 0;
    for digit in head {
        value = value * 10 + char::from(*digit).to_digit(10)?;
    }
    *rest = behind;
    Some(value)
}

fn literal(rest: &mut &[u8], byte: u8) -> Option<()> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    (*first == byte).then_some(())
}

/// `.` or `,` and at least one digit, or nothing.
fn fraction(rest: &mut &[u8]) -> Option<()> {
    let [b'.' | b',', digits @ ..] = *rest else { return Some(()) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *rest = digits.get(count..)?;
    (count > 0).then_some(())
}

fn zone(rest: &[u8]) -> Option<()> {
    let mut rest = match rest {
        b"Z" => return Some(()),
        [b'+' | b'-', offset @ ..] => offset,
        _ => return None,
    };
    let hours = number(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let minutes = number(&mut rest, 2)?;
    // As far as Go goes, which is one further than one would think.
    (hours <= 24 && minutes <= 60 && rest.is_empty()).then_some(())
}

fn days_in(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_from_other_text() {
        for text in [
            "2026-11-23T12:45:40.123456Z",
            "2026-11-23T12:45:40Z",
            "2026-11-23T12:45:40.1234567891234+05:30",
            "2024-02-29T00:00:00-00:00",
            "2000-02-29T23:59:59,5Z",
            "2026-11-23T2:45:40Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert!(is_rfc3339(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "now",
            "2026-11-23",
            "2026-11-23 12:45:40Z",
            "2026-11-23t12:45:40Z",
            "2026-11-23T12:45:40z",
            "2026-11-23T12:45:40",
            "2026-11-23T12:45:40.Z",
            "2026-11-23T12:45:60Z",
            "2026-11-23T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-11-23T12:45:40+0530",
            "2026-11-23T12:45:40+25:00",
            "2026-11-23T12:45:40Z ",
            "12026-11-23T12:45:40Z",
        ] {
            assert!(!is_rfc3339(text.as_bytes()), "{text}");
        }
    }
}
