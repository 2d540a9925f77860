//! Scalars as values, by the rules of yaml-cpp.

/// `y`, `yes`, `true`, `on` and their opposites, in lower case, capitalised or in upper case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let rest = characters.as_str();
    let lower = |text: &str| text.chars().all(|c| c.is_ascii_lowercase());
    let upper = |text: &str| text.chars().all(|c| c.is_ascii_uppercase());
    let one_case = if first.is_ascii_lowercase() { lower(rest) } else { lower(rest) || upper(rest) };
    if !one_case {
        return None;
    }
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "on" => Some(true),
        "n" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// A number without sign, in the notations of C: `16`, `0x10`, `020`. Blanks may follow, but not lead.
pub(crate) fn unsigned(text: &str) -> Option<u32> {
    let text = text.trim_end_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
    let digits = text.strip_prefix('+').unwrap_or(text);
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, digits.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (digits, 10),
    };
    // The standard library would take a sign here, behind one that has been taken.
    if digits.starts_with(['+', '-']) { None } else { u32::from_str_radix(digits, radix).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_have_three_spellings_each() {
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["n", "No", "FALSE", "off"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["yEs", "tRUE", "maybe", "", "1", "trueX"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        assert_eq!(unsigned("15"), Some(15));
        assert_eq!(unsigned("+15 "), Some(15));
        assert_eq!(unsigned("0x10"), Some(16));
        assert_eq!(unsigned("020"), Some(16));
        assert_eq!(unsigned("0"), Some(0));
        for text in ["0.15", "-1", "15a", "", "4294967296", "09", "+-1", " 15"] {
            assert_eq!(unsigned(text), None, "{text}");
        }
    }
}
