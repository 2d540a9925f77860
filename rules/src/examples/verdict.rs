//! What comes of an example, and how a failure is told.

use std::fmt;

/// Whether an example holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    Fails(Failure),
}

/// What happened instead of what must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// At least one.
    pub shortfalls: Vec<Shortfall>,
    /// The other rules that match the event.
    pub others: Vec<String>,
}

/// A way in which an example fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortfall {
    /// The rule must match and does not.
    Unmatched {
        /// The parts of its condition that do not hold, or what else keeps it from matching.
        reasons: Vec<String>,
    },
    /// The rule must not match and does.
    Matched {
        /// What it says.
        output: String,
    },
    /// The rule says something else.
    Output {
        /// What it must say.
        expected: String,
        /// What it says.
        actual: String,
    },
    /// A field of the alert has another value.
    Field {
        /// Which.
        name: String,
        /// What it must be.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// The alert does not have the field.
    NoField {
        /// Which.
        name: String,
        /// Those it has.
        fields: Vec<String>,
    },
}

/// Lines without an end; control characters are escaped, so that no event can forge one.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.shortfalls.iter().flat_map(|shortfall| self.lines(shortfall)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Failure {
    fn lines(&self, shortfall: &Shortfall) -> Vec<String> {
        let others = self.others.join(", ");
        let lines = match shortfall {
            Shortfall::Unmatched { reasons } => {
                let instead = match self.others.len() {
                    0 => "does not match, nor does any other rule".to_owned(),
                    1 => format!("does not match, but {others} does"),
                    _ => format!("does not match, but these do: {others}"),
                };
                std::iter::once(instead).chain(reasons.iter().cloned()).collect()
            }
            Shortfall::Matched { output } if others.is_empty() => vec![format!("matches: {output}")],
            Shortfall::Matched { output } => {
                let so = if self.others.len() == 1 { "so does" } else { "so do" };
                vec![format!("matches: {output}"), format!("{so} {others}")]
            }
            Shortfall::Output { expected, actual } => difference("must say", "says", (expected, actual)),
            Shortfall::Field { name, expected, actual } => {
                difference(&format!("{name} must be"), "but is", (expected, actual))
            }
            Shortfall::NoField { name, fields } => {
                let has = format!("the alert has no field {name}, since the output does not name it");
                vec![has, format!("it has {}", fields.join(", "))]
            }
        };
        lines.into_iter().map(|line| printable(&line)).collect()
    }
}

/// Two lines, one below the other, and a mark where they part.
fn difference(must: &str, is: &str, (expected, actual): (&str, &str)) -> Vec<String> {
    let (expected, actual) = (printable(expected), printable(actual));
    let width = must.chars().count().max(is.chars().count());
    let common = expected.chars().zip(actual.chars()).take_while(|(a, b)| a == b).count();
    let mark = " ".repeat(width + 2 + common);
    vec![format!("{must:<width$}  {expected}"), format!("{is:<width$}  {actual}"), format!("{mark}^")]
}

/// The text with control characters as escapes.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() { out.extend(character.escape_default()) } else { out.push(character) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(shortfall: Shortfall, others: &[&str]) -> String {
        let others = others.iter().map(|other| (*other).to_owned()).collect();
        Failure { shortfalls: vec![shortfall], others }.to_string()
    }

    #[test]
    fn outputs_are_told_one_below_the_other() {
        let (expected, actual) = ("user=alice ns=shop".to_owned(), "user=alïce\n ns=shop".to_owned());
        insta::assert_snapshot!(told(Shortfall::Output { expected, actual }, &[]), @r"
        must say  user=alice ns=shop
        says      user=alïce\n ns=shop
                         ^
        ");
    }

    #[test]
    fn other_rules_are_named() {
        let unmatched = || Shortfall::Unmatched { reasons: vec!["unmet: ka.verb = get".to_owned()] };
        assert_eq!(told(unmatched(), &["A"]), "does not match, but A does\nunmet: ka.verb = get");
        assert!(told(unmatched(), &["A", "B"]).starts_with("does not match, but these do: A, B\n"));
        assert!(told(unmatched(), &[]).starts_with("does not match, nor does any other rule\n"));
        assert_eq!(told(Shortfall::Matched { output: "x".to_owned() }, &["A"]), "matches: x\nso does A");
    }
}
