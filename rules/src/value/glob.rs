//! Globs as `fnmatch(3)` of the GNU C library matches them in the C locale, without flags: `*` crosses `/`, a leading
//! dot is nothing special, and the whole text must match.

/// A compiled glob.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob {
    parts: Box<[Part]>,
    case: Case,
}

/// Whether the case of ASCII letters counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Case {
    /// It does.
    Matters,
    /// It does not.
    Folded,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    /// `*`
    Any,
    /// `?`
    One,
    Byte(u8),
    Set(Box<ByteSet>),
    /// What nothing matches: a backslash at the end, a class that does not exist.
    Nothing,
}

/// Which of the 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct ByteSet([u64; 4]);

impl Glob {
    /// Every text is a glob.
    #[must_use]
    pub fn new(pattern: &[u8], case: Case) -> Self {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some((&first, behind)) = rest.split_first() {
            let part;
            (part, rest) = match first {
                b'*' => (Part::Any, behind),
                b'?' => (Part::One, behind),
                b'\\' => match behind.split_first() {
                    Some((&byte, behind)) => (Part::Byte(fold(byte, case)), behind),
                    None => (Part::Nothing, behind),
                },
                b'[' => bracket(behind, case).unwrap_or((Part::Byte(b'['), behind)),
                _ => (Part::Byte(fold(first, case)), behind),
            };
            parts.push(part);
        }
        Self { parts: parts.into(), case }
    }

    /// Whether all of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        let (mut parts, mut rest) = (&*self.parts, text);
        // Where to go on if what follows the last `*` does not fit: behind that `*`, one byte further.
        let mut retry: Option<(&[Part], &[u8])> = None;
        loop {
            match parts.split_first() {
                Some((Part::Any, behind)) => {
                    (parts, retry) = (behind, Some((behind, rest)));
                    continue;
                }
                Some((part, behind)) => {
                    if let Some((&byte, behind_byte)) = rest.split_first()
                        && part.matches(byte, self.case)
                    {
                        (parts, rest) = (behind, behind_byte);
                        continue;
                    }
                }
                None if rest.is_empty() => return true,
                None => {}
            }
            let Some((after, [_, further @ ..])) = retry else { return false };
            (parts, rest, retry) = (after, further, Some((after, further)));
        }
    }
}

impl Part {
    fn matches(&self, byte: u8, case: Case) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Byte(own) => *own == fold(byte, case),
            Self::Set(set) => set.contains(byte),
            Self::Nothing => false,
        }
    }
}

impl ByteSet {
    fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte / 64)) {
            *word |= 1 << (byte % 64);
        }
    }

    fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte / 64)).is_some_and(|word| word >> (byte % 64) & 1 == 1)
    }

    fn extend(&mut self, is_member: impl Fn(u8) -> bool) {
        (0..=u8::MAX).filter(|&byte| is_member(byte)).for_each(|byte| self.insert(byte));
    }
}

fn fold(byte: u8, case: Case) -> u8 {
    match case {
        Case::Matters => byte,
        Case::Folded => byte.to_ascii_lowercase(),
    }
}

/// What stands behind a `[` as a set, and what follows it. Nothing if the bracket is not closed; then it is a
/// bracket like any other byte.
fn bracket(behind: &[u8], case: Case) -> Option<(Part, &[u8])> {
    let negated = matches!(behind.first(), Some(b'!' | b'^'));
    let mut rest = behind.get(usize::from(negated)..)?;
    let mut set = ByteSet::default();
    let mut class_unknown = false;
    let mut first = true;
    loop {
        let (&byte, behind) = rest.split_first()?;
        if byte == b']' && !first {
            rest = behind;
            break;
        }
        first = false;
        if let Some((name, behind)) = named(rest, b':').filter(|(name, _)| is_class_name(name)) {
            match class(name) {
                Some(is_member) => set.extend(is_member),
                None => class_unknown = true,
            }
            rest = behind;
            continue;
        }
        let (low, behind) = member(rest)?;
        let (high, behind) = range_end(behind).unwrap_or((low, behind));
        rest = behind;
        let (low, high) = (fold(low, case), fold(high, case));
        set.extend(|byte| (low..=high).contains(&fold(byte, case)));
    }
    if class_unknown {
        return Some((Part::Nothing, rest));
    }
    if negated {
        set.0.iter_mut().for_each(|word| *word = !*word);
    }
    Some((Part::Set(Box::new(set)), rest))
}

/// `[:alpha:]` and its like at the start of `text`: what stands between the marks.
fn named(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(&[b'[', mark])?;
    let end = inside.windows(2).position(|end| end == [mark, b']'])?;
    let (name, rest) = inside.split_at_checked(end)?;
    Some((name, rest.get(2..)?))
}

/// One byte of a set, escaped or as `[.x.]` or `[=x=]` or not.
fn member(text: &[u8]) -> Option<(u8, &[u8])> {
    for mark in [b'.', b'='] {
        if let Some(([byte], rest)) = named(text, mark) {
            return Some((*byte, rest));
        }
    }
    match text {
        [b'\\', byte, rest @ ..] | [byte, rest @ ..] => Some((*byte, rest)),
        [] => None,
    }
}

/// The end of a range, if `-` follows and is not the last of the set.
fn range_end(text: &[u8]) -> Option<(u8, &[u8])> {
    let rest = text.strip_prefix(b"-")?;
    if rest.first() == Some(&b']') { None } else { member(rest) }
}

/// Whether it can be the name of a class, of one that does not exist possibly; otherwise the bracket before it is a
/// member of the set like any other. The GNU C library takes no `z` for a part of one.
fn is_class_name(name: &[u8]) -> bool {
    name.iter().all(|byte| (b'a'..=b'y').contains(byte))
}

fn class(name: &[u8]) -> Option<fn(u8) -> bool> {
    let is_member: fn(u8) -> bool = match name {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| byte == b' ' || byte == b'\t',
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| byte.is_ascii_graphic() || byte == b' ',
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some(is_member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern.as_bytes(), Case::Matters).matches(text.as_bytes())
    }

    #[test]
    fn stars_and_question_marks() {
        assert!(matches("*", "") && matches("*", "a/b") && matches("a*b*c", "aXbYbZc"));
        assert!(matches("?", ".") && !matches("?", "") && matches("a?c", "a/c"));
        assert!(!matches("a*b", "aXbX") && !matches("abc", "ab") && !matches("ab", "abc"));
        assert!(matches("", "") && !matches("", "a"));
    }

    #[test]
    fn sets() {
        assert!(matches("[a-c]x", "bx") && !matches("[a-c]x", "dx"));
        assert!(matches("[!a-c]", "d") && matches("[^a-c]", "d") && !matches("[!a-c]", "a"));
        assert!(matches("[]]", "]") && matches("[!]]", "a") && matches("[a-]", "-"));
        assert!(matches("[[:digit:]x]", "7") && matches("[[:digit:]x]", "x") && !matches("[[:digit:]]", "x"));
        assert!(matches("[\\]]", "]") && matches("[[.-.]]", "-"));
        assert!(!matches("[[:nope:]]", "n") && !matches("[c-a]", "b"));
        assert!(matches("[[:Alpha:]]", "A]") && matches("[[:x][y:]]", ":y]") && !matches("[[:Alpha:]]", "b"));
    }

    #[test]
    fn what_is_not_closed_stands_for_itself() {
        assert!(matches("[a", "[a") && matches("a[", "a[") && !matches("a\\", "a\\"));
        assert!(matches("\\*", "*") && !matches("\\*", "a") && matches("\\a", "a"));
    }

    #[test]
    fn folds_case() {
        let glob = Glob::new(b"A[b-D]*", Case::Folded);
        assert!(glob.matches(b"aCx") && glob.matches(b"ABX") && !glob.matches(b"aex"));
    }

    proptest! {
        #[test]
        fn never_panics_and_escaped_text_matches_itself(text in proptest::collection::vec(any::<u8>(), 0..20)) {
            let _ = Glob::new(&text, Case::Folded).matches(&text);
            let escaped: Vec<u8> = text.iter().flat_map(|&byte| [b'\\', byte]).collect();
            prop_assert!(Glob::new(&escaped, Case::Matters).matches(&text));
        }
    }
}
