//! Values as text, in the room there is. Control characters are escaped: an event must not write to a terminal.

use super::{Glyphs, Look};
use crate::explain::explanation::{Comparison, Detail};
use crate::explain::seen::{Excerpt, Seen};
use crate::ruleset::outline::NamedList;

/// Even where there is no room, so much of a value is shown.
const LEAST: usize = 16;

/// A value in about `room` characters.
pub(super) fn shown(seen: &Seen, room: usize) -> String {
    match seen {
        Seen::Absent => "absent".to_owned(),
        Seen::Text(excerpt) => text(excerpt, room),
        Seen::Number(number) => number.to_string(),
        Seen::Flag(flag) => flag.to_string(),
        Seen::List(elements, len) => {
            let inside = elements_text(elements, *len, room.saturating_sub(2));
            format!("({inside})")
        }
    }
}

/// What more there is to say of why.
pub(super) fn detail(comparison: &Comparison, room: usize) -> Option<String> {
    match comparison.detail.as_ref()? {
        Detail::Among(elements) => {
            Some(format!("among them: {}", elements_text(elements, elements.len(), room)))
        }
        Detail::NotAmong(elements) => {
            Some(format!("not among them: {}", elements_text(elements, elements.len(), room)))
        }
        Detail::HoldsFor(alternatives) if alternatives.is_empty() => Some("holds for none".to_owned()),
        Detail::HoldsFor(alternatives) => {
            let quoted: Vec<_> = alternatives.iter().map(|alternative| format!("{alternative:?}")).collect();
            Some(format!("holds for {}", short(&quoted.join(", "), room)))
        }
    }
}

/// The items of a list; those that do not fit are counted.
pub(super) fn listed(list: &NamedList, look: Look) -> String {
    if list.items.is_empty() {
        return "nothing".to_owned();
    }
    let room = look.width.saturating_sub(list.name.len() + 20).max(LEAST);
    joined(list.items.iter().map(|item| plain(item)), list.items.len(), room)
}

/// Without line breaks and other control characters.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// A comparison or the like, cut without much ado.
pub(super) fn short(text: &str, room: usize) -> String {
    cut(&plain(text), room, Glyphs::Unicode)
}

/// No longer than `room` characters; what was cut is marked.
pub(super) fn cut(text: &str, room: usize, glyphs: Glyphs) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let more = if glyphs == Glyphs::Unicode { "…" } else { "..." };
    let kept: String = text.chars().take(room.saturating_sub(more.chars().count())).collect();
    format!("{}{more}", kept.trim_end())
}

fn text(excerpt: &Excerpt, room: usize) -> String {
    let quoted = format!("{:?}", excerpt.text);
    let room = room.max(LEAST);
    if excerpt.cut_from.is_none() && quoted.chars().count() <= room {
        return quoted;
    }
    let bytes = excerpt.cut_from.unwrap_or(excerpt.text.len());
    let size = format!("({bytes} bytes)");
    let kept = room.saturating_sub(size.len() + 6).max(LEAST / 2);
    let start: String = excerpt.text.chars().take(kept).collect();
    format!("{start:?}... {size}")
}

fn elements_text(elements: &[Excerpt], len: usize, room: usize) -> String {
    joined(elements.iter().map(|element| text(element, room)), len, room)
}

/// The first of `len` texts that fit, at least one, and how many more there are.
fn joined(texts: impl Iterator<Item = String>, len: usize, room: usize) -> String {
    let (mut out, mut count) = (String::new(), 0);
    for text in texts {
        if count > 0 && out.chars().count() + text.chars().count() + 2 > room {
            break;
        }
        out.push_str(if count > 0 { ", " } else { "" });
        out.push_str(&text);
        count += 1;
    }
    match len.saturating_sub(count) {
        0 => out,
        more if out.is_empty() => format!("{more} more"),
        more => format!("{out}, {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str) -> Excerpt {
        Excerpt { text: text.to_owned(), cut_from: None }
    }

    #[test]
    fn an_event_cannot_write_to_the_terminal() {
        assert_eq!(shown(&Seen::Text(excerpt("a\x1b[2J\n")), 40), r#""a\u{1b}[2J\n""#);
        assert_eq!(plain("a\x1b[2J\n"), "a\\u{1b}[2J\\n");
    }

    #[test]
    fn what_is_cut_says_so() {
        let long = Seen::Text(Excerpt { text: "x".repeat(160), cut_from: Some(5000) });
        assert_eq!(shown(&long, 30), format!("\"{}\"... (5000 bytes)", "x".repeat(12)));
        let list = Seen::List(["a", "b", "c"].map(excerpt).to_vec(), 9);
        assert_eq!(shown(&list, 40), r#"("a", "b", "c", 6 more)"#);
        assert_eq!(shown(&list, 9), r#"("a", 8 more)"#, "the count comes on top");
        assert_eq!(cut("abcdef", 4, Glyphs::Unicode), "abc…");
        assert_eq!(cut("abcdef", 5, Glyphs::Ascii), "ab...");
    }
}
