//! Where a body stops being JSON, as a person looks for it.

use super::scan::{Fault, FaultKind, MAX_DEPTH};

/// Nothing in a body is JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not JSON: {expected} expected at byte {offset} (line {line}, column {column}), found {found}")]
pub struct NotJson {
    /// The byte, counted from 0.
    pub offset: usize,
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl NotJson {
    pub(super) fn new(body: &[u8], fault: Fault) -> Self {
        let before = body.get(..fault.at).unwrap_or(body);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline.saturating_add(1));
        let in_line = before.get(line_start..).unwrap_or_default();
        Self {
            offset: before.len(),
            line: memchr::memchr_iter(b'\n', before).count().saturating_add(1),
            column: in_line.iter().filter(|byte| starts_character(**byte)).count().saturating_add(1),
            expected: match fault.kind {
                FaultKind::Expected(what) => what.to_owned(),
                FaultKind::TooDeep => format!("a value nested at most {MAX_DEPTH} levels deep"),
            },
            found: found(body.get(fault.at..).unwrap_or_default()),
        }
    }
}

/// Whether a byte is not one that continues a character of UTF-8.
fn starts_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

/// The character that stands there, as a message can show it.
fn found(rest: &[u8]) -> String {
    let Some(first) = rest.first() else { return "the end of the body".to_owned() };
    let head = rest.get(..4).unwrap_or(rest);
    let character = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    match character {
        Some(character) if !character.is_control() => format!("`{character}`"),
        _ => format!("byte 0x{first:02x}"),
    }
}
