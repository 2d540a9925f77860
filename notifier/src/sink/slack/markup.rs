//! Text in Slack's mark-up.

use crate::sink::cut::mark;

/// The text, or as much of it as `longest` characters hold with a mark behind, with the three characters escaped that Slack takes for mark-up: else a user's name could notify a
/// whole channel. What they become counts.
pub(super) fn escaped(text: &str, longest: usize) -> String {
    let mut result = String::with_capacity(text.len().min(longest));
    let mut length = 0;
    for (index, character) in text.chars().enumerate() {
        let piece = match character {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            _ => None,
        };
        length += piece.map_or(1, str::len);
        if length > longest {
            let missing = text.chars().count().saturating_sub(index);
            result.push_str(&mark(missing));
            break;
        }
        match piece {
            Some(piece) => result.push_str(piece),
            None => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_mark_up() {
        assert_eq!(escaped("a<b&c>", 100), "a&lt;b&amp;c&gt;");
        assert_eq!(escaped("ab<cd", 3), "ab… [3 more characters]");
    }
}
