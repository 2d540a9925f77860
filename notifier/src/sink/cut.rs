//! Text within a sink's limits: cut, and marked where it was.

use std::borrow::Cow;

/// The text, or as much of it as `longest` characters hold, with a mark that says how much is missing.
pub(crate) fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(longest) else { return Cow::Borrowed(text) };
    let (kept, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    Cow::Owned(format!("{kept}{}", mark(rest.chars().count())))
}

/// As [`shortened`], where the mark must fit within `longest` too. Sinks refuse what has one character more.
pub(crate) fn within(text: &str, longest: usize) -> Cow<'_, str> {
    if text.chars().nth(longest).is_none() {
        return Cow::Borrowed(text);
    }
    let room = longest.saturating_sub(mark(usize::MAX).chars().count());
    if room == 0 { Cow::Owned(text.chars().take(longest).collect()) } else { shortened(text, room) }
}

/// What stands where so many characters are missing.
pub(crate) fn mark(missing: usize) -> String {
    format!("… [{missing} more characters]")
}

/// Renders with ever shorter values, from `longest` characters on, until the result has no more than `most` bytes.
pub(crate) fn fitted(most: usize, longest: usize, render: impl Fn(usize) -> String) -> String {
    let mut longest = longest;
    let mut rendered = render(longest);
    while rendered.len() > most && longest > 0 {
        longest /= 2;
        rendered = render(longest);
    }
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_marked() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöü", 2), "äö… [1 more characters]");
    }

    #[test]
    fn the_mark_may_have_to_fit_too() {
        let long = "ü".repeat(200);
        assert_eq!(within(&long, 200), long);
        for longest in [0, 1, 30, 60, 199] {
            let cut = within(&long, longest);
            assert!(cut.chars().count() <= longest, "{longest}: {cut}");
            assert_eq!(cut.contains("more characters"), longest >= 60, "{longest}");
        }
    }

    #[test]
    fn what_is_too_large_is_rendered_with_shorter_values() {
        let render = |longest: usize| "x".repeat(longest) + "end";
        assert_eq!(fitted(100, 64, render).len(), 67);
        assert_eq!(fitted(66, 64, render).len(), 35);
        assert_eq!(fitted(1, 64, render), "end", "what cannot be shortened is left");
    }
}
