//! Conditions over several lines, for people: each part of an `and` or `or` on a line of its own, groups indented.

use super::ast::{Check, Constant, Expr, Right, Test};

/// How much further each level stands in.
const STEP: usize = 2;

/// The condition on one line if it fits into `width` columns, else on several. It reads as the same condition, so it
/// can be put into a rule.
#[must_use]
pub fn layout(expr: &Expr, width: usize) -> String {
    let text = expr.to_string();
    // Around the whole there need be no parentheses.
    let text = match expr {
        Expr::And(_) | Expr::Or(_) => text.strip_prefix('(').and_then(|text| text.strip_suffix(')')),
        _ => Some(text.as_str()),
    };
    let mut layout = Layout { out: String::new(), width };
    match (expr, text) {
        (_, Some(text)) if layout.fits(text, 0) => layout.line(text, 0),
        (Expr::And(parts), _) => layout.group(parts, "and", 0),
        (Expr::Or(parts), _) => layout.group(parts, "or", 0),
        _ => layout.part(expr, "", 0),
    }
    layout.out.truncate(layout.out.trim_end_matches('\n').len());
    layout.out
}

struct Layout {
    out: String,
    width: usize,
}

impl Layout {
    /// The parts of a group, the word that joins them before each but the first.
    fn group(&mut self, parts: &[Expr], word: &str, indent: usize) {
        for (index, part) in parts.iter().enumerate() {
            let lead = if index == 0 { String::new() } else { format!("{word} ") };
            self.part(part, &lead, indent);
        }
    }

    /// A part behind what leads up to it: on one line if it fits there.
    fn part(&mut self, expr: &Expr, lead: &str, indent: usize) {
        let text = expr.to_string();
        if self.fits(&text, indent + lead.len()) {
            return self.line(&format!("{lead}{text}"), indent);
        }
        match expr {
            Expr::And(parts) => self.bracketed(parts, ("and", lead), indent),
            Expr::Or(parts) => self.bracketed(parts, ("or", lead), indent),
            // Two in a row would be read as none.
            Expr::Not(inner) if matches!(**inner, Expr::Not(_)) => {
                self.bracketed(std::slice::from_ref(inner), ("", &format!("{lead}not ")), indent);
            }
            Expr::Not(inner) => self.part(inner, &format!("{lead}not "), indent),
            Expr::Check(check) => self.check(check, lead, indent),
            Expr::Macro(_) => self.line(&format!("{lead}{text}"), indent),
        }
    }

    fn bracketed(&mut self, parts: &[Expr], (word, lead): (&str, &str), indent: usize) {
        self.line(&format!("{lead}("), indent);
        self.group(parts, word, indent + STEP);
        self.line(")", indent);
    }

    /// A comparison with a long list has its items below it, as many on a line as fit.
    fn check(&mut self, check: &Check, lead: &str, indent: usize) {
        let (start, items) = match &check.test {
            Test::Compare(operator, Right::List(items)) => {
                (format!("{} {}", check.left, operator.name()), items)
            }
            Test::Quantified(operator, quantifier, items) => {
                (format!("{} {} {}", check.left, operator.name(), quantifier.name()), items)
            }
            _ => return self.line(&format!("{lead}{check}"), indent),
        };
        self.line(&format!("{lead}{start} ("), indent);
        self.items(items, indent + STEP);
        self.line(")", indent);
    }

    fn items(&mut self, items: &[Constant], indent: usize) {
        let mut line = String::new();
        for (index, item) in items.iter().enumerate() {
            let comma = if index + 1 < items.len() { "," } else { "" };
            let item = format!("{item}{comma}");
            if !line.is_empty() && !self.fits(&item, indent + line.len() + 1) {
                self.line(&std::mem::take(&mut line), indent);
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&item);
        }
        self.line(&line, indent);
    }

    fn fits(&self, text: &str, column: usize) -> bool {
        column + text.chars().count() <= self.width
    }

    fn line(&mut self, text: &str, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(text);
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Dialect, parse_condition};

    fn laid_out(condition: &str, width: usize) -> String {
        layout(&parse_condition(condition, Dialect::Saker).unwrap(), width)
    }

    #[test]
    fn what_fits_stays_on_one_line() {
        assert_eq!(laid_out("ka.verb = get and m", 22), "ka.verb = get and m");
    }

    #[test]
    fn groups_stand_in() {
        let condition =
            "ka.verb = get and not (ka.user.name = alice or ka.user.name startswith \"b c\" and n) and m";
        let expected = "\
ka.verb = get
and not (
  ka.user.name = alice
  or (
    ka.user.name startswith \"b c\"
    and n
  )
)
and m";
        assert_eq!(laid_out(condition, 34), expected);
    }

    #[test]
    fn long_lists_are_wrapped() {
        let expected = "\
not ka.verb in (
  create, delete,
  patch, \"two words\"
)";
        assert_eq!(laid_out("not ka.verb in (create, delete, patch, \"two words\")", 20), expected);
    }
}
