//! What is left of a piece that is not JSON, though it was meant to be: punctuation and keys. Whether it is cut at its
//! beginning cannot be known, and so not which of its quotes open a text: whatever is no key is masked.

/// What stands in place of anything.
const MASK: &[u8] = b"redacted";

/// Masks a piece in which keys stand; prose and the like come back as they are, so that one sees what they are.
pub(super) fn masked(piece: &[u8]) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = piece.split(|byte| *byte == b'"').collect();
    let is_key = |index: usize| {
        let part: &[u8] = parts.get(index).copied().unwrap_or_default();
        // A backslash at its end means that the quote behind it is one of the text itself.
        index > 0
            && !part.is_empty()
            && !part.ends_with(b"\\")
            && parts.get(index + 1).is_some_and(|next| next.trim_ascii_start().starts_with(b":"))
    };
    if !(0..parts.len()).any(is_key) {
        return None;
    }
    let mut left = Vec::with_capacity(piece.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            left.push(b'"');
        }
        if is_key(index) {
            left.extend_from_slice(part);
        } else {
            mask(part, &mut left);
        }
    }
    Some(left)
}

/// Leaves punctuation and masks the rest.
fn mask(part: &[u8], left: &mut Vec<u8>) {
    let is_punctuation = |byte: u8| byte.is_ascii_whitespace() || b"{}[]:,".contains(&byte);
    for run in part.chunk_by(|a, b| is_punctuation(*a) == is_punctuation(*b)) {
        left.extend_from_slice(if run.iter().all(|byte| is_punctuation(*byte)) { run } else { MASK });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(piece: &str) -> String {
        masked(piece.as_bytes()).map_or_else(|| "as it is".into(), |left| String::from_utf8(left).unwrap())
    }

    #[test]
    fn keys_and_punctuation_are_left() {
        assert_eq!(
            of(r#"{"kind":"Secret","data":{"a b":"Z=","n":12, "x": ["y" , tru]"#),
            r#"{"kind":"redacted","data":{"a b":"redacted","n":redacted, "x": ["redacted" , redacted]"#
        );
        assert_eq!(
            of(r#"m9v","b":"c"},"type":"Opaque"}"#),
            r#"redacted","b":"redacted"},"type":"redacted"}"#
        );
        assert_eq!(of(r#"{"a":"x\":y\\":z"#), r#"{"a":"redacted":redacted":redacted"#);
        assert_eq!(of(r#"{"a":"geheim"#), r#"{"a":"redacted"#);
    }

    #[test]
    fn what_has_no_keys_stays() {
        for piece in ["hello world", "<a href=\"x\">y</a>", "password: geheim", "", "\"a\""] {
            assert_eq!(of(piece), "as it is");
        }
    }
}
