//! What messages may contain: parts of untrusted files are quoted in them, and go to terminals and logs.

/// A longer message loses its middle.
const LONGEST: usize = 500;
/// What is kept of its end.
const TAIL: usize = 100;

/// The text without control characters, and not too long to be read.
pub(super) fn told(text: impl Into<String>) -> String {
    let text = text.into();
    if text.len() <= LONGEST && !text.contains(char::is_control) {
        return text;
    }
    let escaped: String = if text.chars().nth(LONGEST).is_none() {
        text
    } else {
        let head = text.chars().take(LONGEST - TAIL);
        let mut tail: Vec<char> = text.chars().rev().take(TAIL).collect();
        tail.reverse();
        head.chain(['…']).chain(tail).collect()
    };
    escaped.chars().map(visible).collect()
}

/// A control character as the picture of one, so that no file can send commands to a terminal.
pub(super) fn visible(character: char) -> char {
    match character {
        '\u{7f}' => '␡',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        _ if character.is_control() => '\u{fffd}',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_pictures() {
        assert_eq!(told("a\u{1b}[31m\nb\u{85}"), "a␛[31m␊b\u{fffd}");
        assert_eq!(told("ünchanged"), "ünchanged");
    }

    #[test]
    fn long_messages_lose_their_middle() {
        let long = told(format!("there is no macro `{}`; really", "ä".repeat(100_000)));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(
            long.starts_with("there is no macro `ää") && long.ends_with("ää`; really") && long.contains('…')
        );
    }
}
