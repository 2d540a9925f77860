//! R210: outputs in which a field's name goes on: the longest name that exists is taken, the rest is text.

use super::Finding;
use super::subject::Unit;
use crate::diagnostic::Code;
use crate::fields::{ArgumentKind, find};
use crate::output::token_places;
use crate::syntax::Dialect;

pub(super) fn lint(unit: &Unit<'_>, dialect: Dialect) -> Vec<Finding> {
    let Some(output) = unit.output else { return Vec::new() };
    let text = output.text();
    let on_token = |token: std::ops::Range<usize>| {
        let (taken, behind) = (text.get(token.clone())?, text.get(token.end..)?);
        let rest = continuation(taken, behind)?;
        let (message, help) = told(taken, rest);
        Some(Finding::new(
            Code::OutputGoesOn,
            output.span(token.start..token.end + rest.len()),
            message,
            help,
        ))
    };
    token_places(text, dialect).into_iter().filter_map(on_token).collect()
}

/// What stands behind a field as if it belonged to it.
fn continuation<'t>(taken: &str, behind: &'t str) -> Option<&'t str> {
    if taken.ends_with(')') {
        return None;
    }
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let name = behind.trim_start_matches(in_name);
    let name = behind.strip_suffix(name).unwrap_or_default().trim_end_matches('.');
    if !name.is_empty() && !taken.ends_with(']') {
        return Some(name);
    }
    let end = behind.strip_prefix('[')?.find(']')?;
    let argument = behind.get(..end + 2)?;
    (!argument.contains(|c: char| c == '%' || c.is_whitespace())).then_some(argument)
}

fn told(taken: &str, rest: &str) -> (String, String) {
    let message = format!("this shows `{taken}` with `{rest}` behind it");
    let whole = format!("{taken}{rest}");
    let help = match find(&whole) {
        Some(field) if field.argument == ArgumentKind::Pointer => format!("write `%{whole}[/path]`"),
        Some(_) => format!("`{whole}` needs an argument: write `%{whole}[key]`"),
        None if rest.starts_with('[') => format!("`{taken}` takes no such argument: leave it out"),
        None => format!("there is no field `{whole}`; if text is meant, put a blank or a sign between"),
    };
    (message, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_like_a_longer_name() {
        assert_eq!(continuation("ka.verb", "ose, so"), Some("ose"));
        assert_eq!(continuation("ka.uri", ".param x"), Some(".param"));
        assert_eq!(continuation("ka.verb", "[0] x"), Some("[0]"));
        for behind in ["", ". End", "/x", ")", " x", "[%ka.uri]", "[a b]", "'s", "-x", "..."] {
            assert_eq!(continuation("ka.verb", behind), None, "{behind}");
        }
        assert_eq!(continuation("tolower(ka.verb)", "x"), None);
        assert_eq!(continuation("ka.uri.param[x]", "s"), None);
    }
}
