//! R207: parts of an event that the events which a rule asks for do not have.

use super::Finding;
use super::needs::of_test;
use super::part::{Comparison, Part};
use super::pinned::{Known, each_positive};
use super::subject::{Subject, Unit};
use crate::check::ir::Operand;
use crate::diagnostic::Code;
use crate::fields::Level;

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    each_positive(part, &mut |comparison, known| {
        let lack = lack(comparison, known);
        found.extend(lack.map(|(what, why, help)| {
            let message = format!("`{}` reads {what}, and {why}", comparison.check.left);
            Finding::new(Code::NoSuchBody, subject.span(&comparison.check.place), message, help)
        }));
    });
    found
}

/// What is not there, why, and what to do.
fn lack(
    comparison: &Comparison<'_>,
    known: &Known<'_, '_>,
) -> Option<(&'static str, &'static str, &'static str)> {
    let level = of_test(&comparison.test);
    let what = match level {
        Level::Metadata if reads_status(comparison) => "the status of the response",
        Level::Metadata => return None,
        Level::Request => "the object in the request",
        Level::RequestResponse => "the object in the response",
    };
    let one_of = |name: &str, values: &[&str]| known.is_one_of(name, values);
    let (why, help) = if one_of("ka.stage", &["RequestReceived"]) {
        ("there is none yet when a request has just been received", "ask for the stage ResponseComplete")
    } else if level == Level::Metadata {
        return None;
    } else if one_of("ka.level", &["Metadata"]) {
        ("events of the level Metadata have none", "ask for a higher level, or for none")
    } else if level == Level::RequestResponse && one_of("ka.level", &["Metadata", "Request"]) {
        ("only events of the level RequestResponse have one", "ask for that level, or for none")
    } else if level == Level::RequestResponse && one_of("ka.stage", &["RequestReceived", "ResponseStarted"]) {
        ("there is none yet when a response has just started", "ask for the stage ResponseComplete")
    } else if level == Level::Request && one_of("ka.verb", &["get", "list", "watch"]) {
        ("requests that only read send none", "look at the URI or at the response")
    } else if one_of("ka.target.resource", &["secrets"]) {
        (
            "the bodies of requests for secrets should not be logged",
            "look at names and verbs only: with the bodies, secrets get into the audit log",
        )
    } else {
        return None;
    };
    Some((what, why, help))
}

fn reads_status(comparison: &Comparison<'_>) -> bool {
    matches!(&comparison.test.operand, Operand::Field(field, argument)
        if field.steps(argument).first().copied() == Some(b"responseStatus"))
}
