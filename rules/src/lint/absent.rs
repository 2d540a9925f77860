//! R205: `!=` on a field that many events lack: where it is absent the comparison is false.

use super::Finding;
use super::part::{Comparison, Part};
use super::pinned::{Known, each_positive};
use super::subject::{Subject, Unit};
use super::values::{plain_name, says_of};
use crate::check::ir::{Operand, Ordering, Predicate, Test, TextTest};
use crate::diagnostic::Code;
use crate::fields::{Argument, Field};
use crate::syntax::ast::Quantifier;

/// Resources whose objects always lie in a namespace.
const NAMESPACED: &[&str] = &[
    "configmaps",
    "controllerrevisions",
    "cronjobs",
    "daemonsets",
    "deployments",
    "endpoints",
    "endpointslices",
    "horizontalpodautoscalers",
    "ingresses",
    "jobs",
    "leases",
    "limitranges",
    "networkpolicies",
    "persistentvolumeclaims",
    "poddisruptionbudgets",
    "pods",
    "podtemplates",
    "replicasets",
    "replicationcontrollers",
    "resourcequotas",
    "rolebindings",
    "roles",
    "secrets",
    "serviceaccounts",
    "services",
    "statefulsets",
];
/// Verbs of requests about one object.
const OF_ONE: &[&str] = &["create", "delete", "get", "patch", "update"];
/// Those that name it.
const BY_NAME: &[&str] = &["delete", "get", "patch", "update"];

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    each_positive(part, &mut |comparison, known| {
        let why = is_unequal(&comparison.test).then(|| lacking(&comparison.test.operand, known)).flatten();
        found.extend(
            why.filter(|_| !is_there(comparison, known)).map(|why| finding(subject, comparison, why)),
        );
    });
    found
}

fn finding(subject: &Subject<'_>, comparison: &Comparison<'_>, why: &str) -> Finding {
    let place = &comparison.check.place;
    let left = &comparison.check.left;
    let message = format!("this is false where `{left}` is absent, as it is in {why}");
    let equal = subject.excerpt(place).replacen("!=", "=", 1).replace(" allof ", " anyof ");
    let help = format!("`not {equal}` holds there too; if it must be there, say so: `{left} exists and …`");
    Finding::new(Code::AbsentField, subject.span(place), message, help)
}

fn is_unequal(test: &Test) -> bool {
    let unequal = |test: &TextTest| matches!(test, TextTest::Ordered(Ordering::NotEqual, _));
    match &test.predicate {
        Predicate::Text(test) => unequal(test),
        Predicate::Quantified(Quantifier::All, tests) => !tests.is_empty() && tests.iter().all(unequal),
        _ => false,
    }
}

/// Whether something else asks that the field be there.
fn is_there(comparison: &Comparison<'_>, known: &Known<'_, '_>) -> bool {
    known
        .comparisons()
        .iter()
        .any(|other| !is_unequal(&other.test) && says_of(&other.test, &comparison.test.operand))
}

/// Which events lack a field, if many do.
fn lacking(operand: &Operand, known: &Known<'_, '_>) -> Option<&'static str> {
    let Operand::Field(field, argument) = operand else { return None };
    match plain_name(operand).unwrap_or(field.name) {
        "ka.target.namespace" => {
            let has_one =
                known.is_one_of("ka.target.resource", NAMESPACED) && known.is_one_of("ka.verb", OF_ONE);
            (!has_one).then_some("requests about what lies in no namespace")
        }
        "ka.target.name" => (!known.is_one_of("ka.verb", BY_NAME)).then_some("requests that name no object"),
        "ka.target.subresource" => Some("most requests: they are about no sub-resource"),
        "ka.impuser.name" => Some("requests that impersonate nobody"),
        "ka.response.reason" => Some("requests that succeed"),
        "ka.uri.param" => Some("requests without that parameter"),
        _ => by_path(field, argument),
    }
}

fn by_path(field: &Field, argument: &Argument) -> Option<&'static str> {
    match field.steps(argument).first().copied()? {
        b"annotations" if !field.name.starts_with("ka.auth.d") && !field.name.starts_with("ka.auth.r") => {
            Some("events without that annotation")
        }
        b"impersonatedUser" => Some("requests that impersonate nobody"),
        b"requestObject" if field.name != "ka.req.container.privileged" => {
            Some("requests whose object does not set it")
        }
        b"responseObject" => Some("events that do not hold the response"),
        _ => None,
    }
}
