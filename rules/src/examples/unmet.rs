//! Why a rule does not match an event, in short: the parts of its condition that do not hold.

use crate::fields::Context;
use crate::options::{Matching, Options};
use crate::program::compile;
use crate::ruleset::resolved::{Resolved, ResolvedRule};
use crate::syntax::ast::Expr;
use crate::syntax::print::canonical;

/// Longer parts are cut.
const WIDEST: usize = 120;

/// What keeps a rule from matching, a line each.
pub(super) fn unmet(rule: &ResolvedRule, options: &Options, event: &[u8]) -> Vec<String> {
    if !rule.enabled {
        return vec!["it is not enabled".to_owned()];
    }
    let mut parts = Vec::new();
    rule.expr.iter().for_each(|expr| split(expr, &mut parts));
    let held = holding(rule, &parts, options, event);
    let unmet = (0..).zip(&parts).filter(|(at, _)| !held.contains(at));
    unmet.map(|(_, part)| format!("unmet: {}", cut(&canonical(part)))).collect()
}

/// What must all hold.
fn split<'e>(expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match expr {
        Expr::And(inner) => inner.iter().for_each(|part| split(part, parts)),
        part => parts.push(part),
    }
}

/// Which of the parts hold: each as a rule of its own.
fn holding(rule: &ResolvedRule, parts: &[&Expr], options: &Options, event: &[u8]) -> Vec<usize> {
    let rule_of = |part: &&Expr| ResolvedRule { expr: Some(Expr::clone(part)), ..rule.clone() };
    let rules: Vec<_> = parts.iter().map(rule_of).collect();
    let resolved = Resolved { active: (0..rules.len()).collect(), rules };
    let all = Options { matching: Matching::All, ..options.clone() };
    let (program, _) = compile(&resolved, &all);
    let context = Context { number: 1, cluster: "default", hostname: None };
    let evaluation = program.evaluator().evaluate(event, &context);
    evaluation.map_or_else(|_| Vec::new(), |found| found.matches.iter().map(|found| found.rule).collect())
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(WIDEST).collect();
    format!("{head}…")
}
