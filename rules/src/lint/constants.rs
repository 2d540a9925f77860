//! R209, the other way round: names of lists that stay names, since lists go into lists one level deep.

use super::part::Part;
use super::subject::{Subject, Unit};
use super::{Finding, MAX_FINDINGS};
use crate::diagnostic::Code;
use crate::syntax::ast::{Constant, Right, Test};

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    part.each_comparison(&mut |comparison| {
        let (Test::Compare(_, Right::List(constants)) | Test::Quantified(_, _, constants)) =
            &comparison.check.test
        else {
            return;
        };
        let left_over =
            constants.iter().filter(|constant| !constant.quoted && is_list(subject, &constant.value));
        found.extend(left_over.take(MAX_FINDINGS).map(|constant| finding(subject, constant)));
    });
    found
}

/// Whether it is the name of a list that does not name itself.
fn is_list(subject: &Subject<'_>, name: &str) -> bool {
    let list = subject.collection.lists.get(name);
    list.is_some_and(|list| !list.items.iter().any(|item| item.text() == name))
}

fn finding(subject: &Subject<'_>, constant: &Constant) -> Finding {
    let message = format!("the name of list `{}` stands here as a text, not its items", constant.value);
    let help = "lists are put into lists one level deep: name this list in the condition as well";
    Finding::new(Code::ListMisplaced, subject.span(&constant.place), message, help)
}
