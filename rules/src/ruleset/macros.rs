//! Macros are put into conditions as trees, so they need no parentheses of their own.

use std::collections::HashMap;

use crate::syntax::MAX_DEPTH;
use crate::syntax::ast::{Expr, Name};

/// Parts a condition may consist of. Macros that use a macro twice double a condition with each step.
const MAX_PARTS: usize = 200_000;

/// What is wrong with a condition's macros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MacroError {
    /// There is none of that name, or not yet.
    Undefined(Name),
    /// The macro uses itself.
    Loop(Name),
    /// The condition grows without measure.
    TooLarge(Name),
}

/// Macros that may be put in: those known by name, with their trees as far as they have been resolved.
pub(crate) struct Resolver<'m> {
    macros: &'m dyn Fn(&str) -> Option<&'m Expr>,
    /// The macros that are being put in, one inside the other, with the name that called for the outermost.
    path: Vec<String>,
    used: Vec<String>,
    errors: Vec<MacroError>,
    parts: usize,
}

/// A condition without macros, with the names of those that were put in; or everything wrong with it, loops first.
pub(crate) fn inline<'m>(
    expr: &Expr,
    macros: &'m dyn Fn(&str) -> Option<&'m Expr>,
) -> Result<(Expr, Vec<String>), Vec<MacroError>> {
    let mut resolver = Resolver { macros, path: Vec::new(), used: Vec::new(), errors: Vec::new(), parts: 0 };
    let inlined = resolver.expr(expr, 0);
    let mut errors = resolver.errors;
    errors.sort_by_key(|error| matches!(error, MacroError::Undefined(_)));
    match inlined {
        Some(expr) if errors.is_empty() => Ok((expr, resolver.used)),
        _ => Err(errors),
    }
}

impl Resolver<'_> {
    /// The tree without macros; none where there were errors.
    fn expr(&mut self, expr: &Expr, depth: usize) -> Option<Expr> {
        self.parts += 1;
        match expr {
            Expr::And(parts) => self.all(parts, depth).map(Expr::And),
            Expr::Or(parts) => self.all(parts, depth).map(Expr::Or),
            Expr::Not(inner) => self.expr(inner, depth + 1).map(|inner| Expr::Not(Box::new(inner))),
            Expr::Check(check) => Some(Expr::Check(check.clone())),
            Expr::Macro(name) => self.called(name, depth),
        }
    }

    fn all(&mut self, parts: &[Expr], depth: usize) -> Option<Vec<Expr>> {
        let mut inlined = Some(Vec::with_capacity(parts.len()));
        for part in parts {
            let part = self.expr(part, depth + 1);
            inlined = inlined.zip(part).map(|(mut parts, part)| {
                parts.push(part);
                parts
            });
        }
        inlined
    }

    fn called(&mut self, name: &Name, depth: usize) -> Option<Expr> {
        let Some(tree) = (self.macros)(&name.text) else {
            self.errors.push(MacroError::Undefined(name.clone()));
            return None;
        };
        if self.path.contains(&name.text) {
            self.errors.push(MacroError::Loop(name.clone()));
            return None;
        }
        if depth > MAX_DEPTH || self.parts > MAX_PARTS {
            self.errors.push(MacroError::TooLarge(name.clone()));
            return None;
        }
        self.path.push(name.text.clone());
        let inlined = self.expr(tree, depth + 1);
        self.path.pop();
        self.used.push(name.text.clone());
        inlined
    }
}

/// The macros of a ruleset with their trees.
pub(crate) type Trees = HashMap<String, Expr>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Dialect, parse_condition};

    fn inlined(macros: &[(&str, &str)], condition: &str) -> Result<String, Vec<MacroError>> {
        let parse = |text: &str| parse_condition(text, Dialect::Saker).unwrap();
        let trees: Trees = macros.iter().map(|(name, text)| ((*name).to_owned(), parse(text))).collect();
        inline(&parse(condition), &|name| trees.get(name)).map(|(expr, _)| expr.to_string())
    }

    #[test]
    fn a_macro_needs_no_parentheses() {
        let macros = [("m", "ka.verb = get or n"), ("n", "ka.verb = list")];
        assert_eq!(
            inlined(&macros, "m and not n").unwrap(),
            "((ka.verb = get or ka.verb = list) and not ka.verb = list)"
        );
    }

    #[test]
    fn loops_are_found_and_come_first() {
        let errors = inlined(&[("m", "n"), ("n", "m")], "nope or m").unwrap_err();
        assert!(matches!(errors.as_slice(), [MacroError::Loop(_), MacroError::Undefined(_)]), "{errors:?}");
    }

    #[test]
    fn growth_is_bounded() {
        let names: Vec<_> =
            (0..64).map(|level| (format!("m{level}"), format!("m{0} and m{0}", level + 1))).collect();
        let macros: Vec<_> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let errors = inlined(&[macros.as_slice(), &[("m64", "ka.verb exists")]].concat(), "m0").unwrap_err();
        assert!(matches!(errors.first(), Some(MacroError::TooLarge(_))));
    }

    #[test]
    fn depth_is_bounded() {
        let names: Vec<_> =
            (0..5000).map(|level| (format!("m{level}"), format!("not m{}", level + 1))).collect();
        let macros: Vec<_> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert!(inlined(&macros, "m0").is_err());
    }
}
