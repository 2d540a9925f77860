//! Text cut to a number of bytes, with a mark that says how much is missing.

/// Where there is room for fewer bytes, the mark is three dots.
const ROOM_FOR_A_COUNT: usize = 128;

/// The text, or as much of it as `longest` bytes hold together with the mark. Where not even the mark fits, nothing.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let mark = |missing: usize| match longest {
        ..ROOM_FOR_A_COUNT => "...".to_owned(),
        _ => format!("... [{missing} more characters]"),
    };
    // The mark is longest where all of the text is missing.
    let room = longest.checked_sub(mark(text.chars().count()).len());
    let Some(room) = room else { return String::new() };
    let end = text.floor_char_boundary(room);
    let (kept, rest) = text.split_at_checked(end).unwrap_or(("", text));
    format!("{kept}{}", mark(rest.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits_and_says_so() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("short", 4), "s...");
        assert_eq!(cut("short", 2), "");
        let long = "ä".repeat(100);
        for longest in 3..210 {
            let kept = cut(&long, longest);
            assert!(kept.len() <= longest, "{longest}: {kept}");
            assert!(kept == long || kept.ends_with("...") || kept.ends_with(" more characters]"), "{kept}");
        }
        assert_eq!(cut(&long, 130), format!("{}... [48 more characters]", "ä".repeat(52)));
    }
}
