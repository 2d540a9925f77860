//! Macros are put into conditions as trees, so they need no parentheses of their own.

use std::collections::HashMap;

use crate::syntax::MAX_DEPTH;
use crate::syntax::ast::{Check, Expr, Name, Right, Test};

/// Comparisons, values and joints that a condition may consist of. Macros that use a macro twice double a condition
/// with each step.
const MAX_PARTS: usize = 200_000;
/// The same for all conditions of a ruleset together.
pub(super) const MAX_TOTAL_PARTS: usize = 1_000_000;

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
    /// The macros that are being put in, one inside the other, by the names that called for them.
    path: Vec<Name>,
    used: Vec<String>,
    errors: Vec<MacroError>,
    parts: usize,
    /// How many there may be.
    max_parts: usize,
    too_large: bool,
}

/// A condition without macros, with the names of those that were put in; or everything wrong with it, loops first.
/// `left` is how many parts all conditions from here on may have.
pub(crate) fn inline<'m>(
    expr: &Expr,
    macros: &'m dyn Fn(&str) -> Option<&'m Expr>,
    left: &mut usize,
) -> Result<(Expr, Vec<String>), Vec<MacroError>> {
    let mut resolver = Resolver {
        macros,
        path: Vec::new(),
        used: Vec::new(),
        errors: Vec::new(),
        parts: 0,
        max_parts: MAX_PARTS.min(*left),
        too_large: false,
    };
    let inlined = resolver.expr(expr, 0);
    *left = left.saturating_sub(resolver.parts);
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
        self.parts += parts(expr);
        if self.is_too_large(depth) {
            return None;
        }
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
        if self.path.iter().any(|caller| caller.text == name.text) {
            self.errors.push(MacroError::Loop(name.clone()));
            return None;
        }
        self.path.push(name.clone());
        let inlined = self.expr(tree, depth + 1);
        self.path.pop();
        self.used.push(name.text.clone());
        inlined
    }

    /// Whether macros have made too much of the condition. What it says itself has been measured when it was parsed.
    fn is_too_large(&mut self, depth: usize) -> bool {
        let Some(outermost) = self.path.first() else { return false };
        if !self.too_large && (depth > MAX_DEPTH || self.parts > self.max_parts) {
            self.too_large = true;
            self.errors.push(MacroError::TooLarge(outermost.clone()));
        }
        self.too_large
    }
}

/// A tree counts one, and a comparison with many values as many.
fn parts(expr: &Expr) -> usize {
    match expr {
        Expr::Check(Check {
            test: Test::Compare(_, Right::List(values)) | Test::Quantified(_, _, values),
            ..
        }) => 1 + values.len(),
        _ => 1,
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
        let mut left = MAX_TOTAL_PARTS;
        inline(&parse(condition), &|name| trees.get(name), &mut left).map(|(expr, _)| expr.to_string())
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
    fn values_count_and_so_do_other_conditions() {
        let tree = parse_condition("m", Dialect::Saker).unwrap();
        let list = parse_condition("ka.verb in (a, b, c)", Dialect::Saker).unwrap();
        let mut left = 9;
        assert!(inline(&tree, &|_| Some(&list), &mut left).is_ok());
        assert_eq!(left, 4);
        assert!(inline(&tree, &|_| Some(&list), &mut left).is_err());
    }

    /// Each macro is put in while it is read, so the next one finds no more macros in it.
    #[test]
    fn depth_is_bounded_also_where_macros_have_been_put_in() {
        let nested = format!("{}m{}", "not(".repeat(200), ")".repeat(200));
        let tree = parse_condition(&nested, Dialect::Saker).unwrap();
        let mut inner = parse_condition("ka.verb exists", Dialect::Saker).unwrap();
        let (mut levels, mut left) = (0, MAX_TOTAL_PARTS);
        while let Ok((expr, _)) = inline(&tree, &|_| Some(&inner), &mut left) {
            (inner, levels) = (expr, levels + 1);
        }
        assert_eq!(levels, 4);
    }

    #[test]
    fn depth_is_bounded() {
        let names: Vec<_> =
            (0..5000).map(|level| (format!("m{level}"), format!("not m{}", level + 1))).collect();
        let macros: Vec<_> = names.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert!(inlined(&macros, "m0").is_err());
    }
}
