//! How other languages say what conditions say, for those who come from them.

/// Words for operators, and what is written here.
const OPERATORS: &[(&[&str], &str)] = &[
    (&["equals", "equal", "eq", "is", ":=", "==="], "write `=`; unequal is `!=`"),
    (&["ne", "neq", "not_equals", "<>", "/=", "=!"], "write `!=`"),
    (&["gt", "lt", "ge", "gte", "le", "lte"], "write <, <=, > or >="),
    (&["like", "ilike"], "patterns with `*` and `?` are compared with `glob`"),
    (&["matches", "match", "~", "=~", "rx", "re"], "write `regex`, or `glob` for patterns with `*`"),
    (
        &["has", "includes", "include"],
        "write `contains` for a part of a text, `intersects (…)` for elements of a list",
    ),
    (&["oneof", "anyof", "allof"], "this follows an operator: `= anyof (a, b)`"),
    (&["any", "all", "one"], "write `= anyof (a, b)`, `= allof (a, b)` or `in (a, b)`"),
    (&["not", "isn't"], "`not` stands before the whole comparison: `not ka.verb in (get, list)`"),
    (
        &["and", "or"],
        "a comparison is missing: a field alone is none; whether it is there is asked with `exists`",
    ),
    (&["null", "nil"], "whether a field is there is asked with `exists`"),
];

/// Advice on a word where an operator should be.
pub(super) fn operator(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    if lower.len() > 1 && lower.starts_with('!') {
        return Some("`not` stands before the whole comparison: `not ka.verb contains x`");
    }
    OPERATORS.iter().find(|(words, _)| words.contains(&lower.as_str())).map(|(_, advice)| *advice)
}

/// What joins conditions here, for a word or sign that joins them elsewhere.
pub(super) fn joiner(word: &str) -> Option<&'static str> {
    let is = |joiner: &str| word != joiner && word.eq_ignore_ascii_case(joiner);
    match word {
        _ if is("and") || word.starts_with('&') => Some("and"),
        _ if is("or") || word.starts_with('|') => Some("or"),
        _ if is("not") => Some("and not"),
        _ => None,
    }
}

/// Whether a word reads like the name of a field.
pub(super) fn is_field_like(word: &str) -> bool {
    let is_segment = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    word.contains('.') && word.split('.').all(is_segment)
}

#[cfg(test)]
mod tests {
    use crate::syntax::{Dialect, parse_condition};

    fn help(condition: &str) -> String {
        parse_condition(condition, Dialect::Saker).unwrap_err().help.unwrap_or_default()
    }

    #[test]
    fn habits_from_elsewhere() {
        for (condition, part) in [
            ("ka.verb = a && ka.uri exists", "`and`"),
            ("ka.verb = a || ka.uri exists", "`or`"),
            ("ka.verb = a AND ka.uri exists", "`and`"),
            ("NOT ka.uri exists", "`not`"),
            ("!ka.uri exists", "`not`"),
            ("ka.verb equals a", "`=`"),
            ("ka.verb <> a", "`!=`"),
            ("ka.verb =~ a", "`regex`"),
            ("ka.verb not in (a)", "before the whole"),
            ("ka.verb !contains a", "before the whole"),
            ("ka.verb is not a", "`=`"),
            ("ka.verb IN (a)", "did you mean `in`"),
            ("ka.verb in [a, b]", "parentheses"),
            ("ka.verb in $names", "by its name alone"),
            ("ka.verb = (a, b)", "`field in (…)`"),
            ("ka.verb != (a, b)", "`not field in (…)`"),
            ("ka.verb glob (a*, b*)", "`glob anyof (…)`"),
            ("ka.verb in (a, b,)", "last comma"),
            ("ka.verb in (,a)", "before the comma"),
            ("ka.verb in (a b)", "commas stand between"),
            ("ka.response.code >= \"400\"", "without quotes"),
            ("exists ka.verb", "behind the field"),
            ("ka.verb exists ka.uri exists", "joined by"),
            ("ka.verb = NOT ka.uri", "joined by"),
            ("(NOT ka.uri exists)", "`not`"),
            ("val(ka.verb) = a", "without `val`"),
            ("lower(ka.verb) = a", "did you mean `tolower(…)`"),
            ("my_macro()", "without parentheses"),
            ("my-macro", "letters, digits and `_`"),
            ("verb = a", "a dot in it"),
            ("ka.verb = a ka.uri exists", "joined by"),
            ("(ka.verb = a) (ka.uri exists)", "`and` or `or` has to stand before"),
            ("ka.verb = a # why", "no remarks"),
            ("ka.verb = a // why", "no remarks"),
            ("ka.verb = a and", "leave it out"),
            ("ka.verb and ka.uri exists", "`exists`"),
            ("\"ka.verb\" = a", "without quotes"),
            ("%ka.verb = a", "names alone"),
            ("()", "between the parentheses"),
            ("ka.verb\u{a0}= a", "no-break space"),
            ("ka.verb = create(x)", "contains parentheses"),
        ] {
            assert!(help(condition).contains(part), "{condition}: {}", help(condition));
        }
    }
}
