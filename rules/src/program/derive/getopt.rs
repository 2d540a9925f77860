//! `getopt`: the short options among some arguments, much as `getopt(3)` finds them.

/// The options and their values in order, `?` for an unknown one. With `selected`, instead the values of that option,
/// or its letter if it takes none; the last one counts.
///
/// Scanning ends at `--` and at the first argument that is no option; long options are passed over. An option that
/// lacks its value has an empty text instead of both.
pub(super) fn scan<'a>(arguments: &[&'a [u8]], options: &[u8], selected: Option<u8>) -> Vec<&'a [u8]> {
    let options = Options::new(options);
    let mut found = Vec::new();
    let mut rest = arguments.iter();
    while let Some(&argument) = rest.next() {
        match argument {
            b"--" => break,
            [b'-', b'-', ..] => continue,
            [b'-', _, ..] => {}
            _ => break,
        }
        for (at, &letter) in argument.iter().enumerate().skip(1) {
            let name = argument.get(at..=at).unwrap_or_default();
            let wanted = selected.is_none_or(|selected| selected == letter);
            match options.of(letter) {
                Option_::Unknown if selected.is_none() => found.push(&b"?"[..]),
                Option_::Unknown => {}
                Option_::Bare if wanted => found.push(name),
                Option_::Bare => {}
                Option_::Valued => {
                    let behind = argument.get(at + 1..).filter(|behind| !behind.is_empty());
                    let value = behind.or_else(|| rest.next().copied());
                    if wanted {
                        match (value, selected) {
                            (Some(value), Some(_)) => found.push(value),
                            (Some(value), None) => found.extend([name, value]),
                            (None, _) => found.push(&[]),
                        }
                    }
                    break;
                }
            }
        }
    }
    found
}

/// What is known about an option letter.
enum Option_ {
    Unknown,
    Bare,
    Valued,
}

struct Options<'a>(&'a [u8]);

impl<'a> Options<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self(text.strip_prefix(b":").unwrap_or(text))
    }

    fn of(&self, letter: u8) -> Option_ {
        if letter == b':' || !self.0.contains(&letter) {
            return Option_::Unknown;
        }
        if self.0.windows(2).any(|pair| pair == [letter, b':']) { Option_::Valued } else { Option_::Bare }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(arguments: &str, options: &str, selected: Option<u8>) -> Vec<String> {
        let arguments: Vec<&[u8]> = arguments.split(' ').map(str::as_bytes).collect();
        let found = scan(&arguments, options.as_bytes(), selected);
        found.into_iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    #[test]
    fn finds_options_and_their_values() {
        assert_eq!(found("-n -tvalue -x rest -n", "nt:", None), ["n", "t", "value", "?"]);
        assert_eq!(found("-nt value --long -n -- -n", "nt:", None), ["n", "t", "value", "n"]);
        assert_eq!(found("-t", "t:", None), [""]);
    }

    #[test]
    fn selects_one() {
        assert_eq!(found("-n -t a -t b", "nt:", Some(b't')), ["a", "b"]);
        assert_eq!(found("-n -t a", "nt:", Some(b'n')), ["n"]);
        assert!(found("-x", "nt:", Some(b'n')).is_empty());
    }
}
