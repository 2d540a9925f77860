//! Where to look further: the command that explains what a rule makes of an event.

use std::borrow::Cow;
use std::path::Path;

use rules::examples::Example;

use super::find::Suite;

/// The command line, where the event stands in a file of its own.
pub(super) fn explain(suite: &Suite, example: &Example) -> Option<String> {
    let file = example.event_file.as_ref()?;
    let directory = Path::new(&suite.examples.file.name).parent().unwrap_or(Path::new(""));
    let event = directory.join(file).display().to_string();
    let rules: Vec<_> = suite.rules.iter().map(|rules| quoted(rules)).collect();
    let (rule, event, rules) = (quoted(&example.rule), quoted(&event), rules.join(" "));
    Some(format!("more: saker explain --rule {rule} --event {event} --rules {rules}"))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_or_read_them() {
        for (word, expected) in
            [("a/b-1.yaml", "a/b-1.yaml"), ("a b", "'a b'"), ("it's $x", "'it'\\''s $x'"), ("", "''")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}
