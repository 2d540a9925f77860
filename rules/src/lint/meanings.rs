//! R208: what Falco 0.44.1 understands differently: the rows of docs/differences.md, "Meaning of rules".

use super::Finding;
use super::part::{Comparison, Part};
use super::subject::{Subject, Unit};
use crate::check::ir::{Operand, Ordering, Predicate, Relation, Test, TextTest};
use crate::diagnostic::Code;
use crate::fields::{Field, Shape};
use crate::syntax::ast::{Constant, Right, Test as Written};

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    part.each_comparison(&mut |comparison| {
        let row = of_fields(&comparison.test).or_else(|| of_transformers(&comparison.test));
        found.extend(row.map(|(message, help)| {
            Finding::new(Code::TwoMeanings, subject.span(&comparison.check.place), message, help)
        }));
        found.extend(of_backslashes(subject, comparison));
    });
    found
}

type Row = (String, String);

/// A field of which Falco makes something else.
fn of_fields(test: &Test) -> Option<Row> {
    let mut fields = test.operand.fields();
    if let Predicate::Related(_, right) = &test.predicate {
        fields.extend(right.fields());
    }
    let field = fields.into_iter().map(|(field, _)| field).find(|field| field.has_two_meanings())?;
    let name = field.name;
    let (falco, instead) = match () {
        () if name == "ka.sourceips" => {
            ("finds no value for it", "`ka.sourceip` is the same to both".to_owned())
        }
        () if name.ends_with("add_capabilities") => (
            "makes one JSON text per container of it",
            "`ka.pod.capabilities` is the same to both".to_owned(),
        ),
        () if test.predicate == Predicate::Exists => return None,
        () if name.ends_with("repository") => {
            if is_beyond_registries(&test.predicate) {
                return None;
            }
            let instead = "with `/` and without `:` in every value that is compared, both agree";
            ("cuts it at the port of a registry", instead.to_owned())
        }
        () => ("looks for it in the wrong place", format!("`{}` is the same to both", plain_of(field))),
    };
    let message =
        format!("`{name}` is something else to Falco 0.44.1, which {falco}; see docs/differences.md");
    Some((message, instead))
}

fn plain_of(field: &Field) -> String {
    field.name.replace(".eff_", ".")
}

/// Whether a comparison with repositories comes out the same where the registry of one has a port: Falco sees what has
/// no slash there, others see a colon.
fn is_beyond_registries(predicate: &Predicate) -> bool {
    let is_beyond = |text: &[u8]| text.contains(&b'/') && !text.contains(&b':');
    let equal = |test: &TextTest| matches!(test, TextTest::Ordered(Ordering::Equal | Ordering::NotEqual, text) if is_beyond(text));
    match predicate {
        Predicate::In(set) | Predicate::Subset(set) | Predicate::Overlaps(set) => set.iter().all(is_beyond),
        Predicate::Text(test) => equal(test),
        Predicate::Quantified(_, tests) => tests.iter().all(equal),
        _ => false,
    }
}

/// Falco counts a NUL at the end of what a transformer of single texts makes.
fn of_transformers(test: &Test) -> Option<Row> {
    let keep = "compare the field itself, with all the ways in which it may be written".to_owned();
    let see = "see docs/differences.md";
    let right = match &test.predicate {
        Predicate::Related(Relation::In | Relation::Intersects, right) => Some(right),
        Predicate::Related(..) => None,
        Predicate::Subset(_) | Predicate::Overlaps(_) => None,
        _ => return in_the_middle(&test.operand).then(|| in_the_middle_row(keep)),
    };
    let left_ends = test.operand.shape() == Shape::List && ends_in_nul(&test.operand);
    let right_ends = right.is_some_and(ends_in_nul);
    if test.operand.shape() == Shape::List && left_ends != right_ends {
        let message = format!("Falco 0.44.1 never finds a transformed list equal to anything; {see}");
        return Some((message, keep));
    }
    if test.operand.shape() == Shape::Single && right_ends {
        let message = format!("Falco 0.44.1 never finds anything in a transformed text; {see}");
        return Some((message, "write `=` in place of `in`".to_owned()));
    }
    let right = match &test.predicate {
        Predicate::Related(_, right) => Some(right),
        _ => None,
    };
    let any = in_the_middle(&test.operand) || right.is_some_and(in_the_middle);
    any.then(|| in_the_middle_row(keep))
}

fn in_the_middle_row(help: String) -> Row {
    let message =
        "Falco 0.44.1 reads transformed texts in `join` and `getopt` differently; see docs/differences.md";
    (message.to_owned(), help)
}

fn ends_in_nul(operand: &Operand) -> bool {
    matches!(operand, Operand::Map(..))
}

/// Whether a transformed text is what `join` puts between others, or what `getopt` scans or goes by.
fn in_the_middle(operand: &Operand) -> bool {
    match operand {
        Operand::Field(..) | Operand::Constant(_) => false,
        Operand::Items(items) | Operand::Concat(items) => items.iter().any(in_the_middle),
        Operand::Map(_, inner) | Operand::Len(inner) => in_the_middle(inner),
        Operand::Join(both) => ends_in_nul(&both.0) || in_the_middle(&both.0) || in_the_middle(&both.1),
        Operand::Getopt(getopt) => {
            let inputs = [&getopt.arguments, &getopt.options];
            inputs.into_iter().any(|input| made_of_nul(input) || in_the_middle(input))
        }
    }
}

fn made_of_nul(operand: &Operand) -> bool {
    match operand {
        Operand::Items(items) => items.iter().any(made_of_nul),
        operand => ends_in_nul(operand),
    }
}

/// To Falco a quote behind a backslash ends nothing.
fn of_backslashes(subject: &Subject<'_>, comparison: &Comparison<'_>) -> Vec<Finding> {
    let constants: &[Constant] = match &comparison.check.test {
        Written::Exists | Written::Compare(_, Right::Operand(_)) => &[],
        Written::Compare(_, Right::Constant(constant)) => std::slice::from_ref(constant),
        Written::Compare(_, Right::List(constants)) | Written::Quantified(_, _, constants) => constants,
    };
    let ends = |constant: &&Constant| {
        let inner = subject.text(&constant.place).get(1..).unwrap_or_default();
        constant.quoted
            && inner.get(..inner.len().saturating_sub(1)).is_some_and(|inner| inner.ends_with('\\'))
    };
    let finding = |constant: &Constant| {
        let message =
            "to Falco 0.44.1 a quoted text does not end behind a backslash; see docs/differences.md";
        let help = "write the text without quotes if it has no blanks: a backslash stands for itself there";
        Finding::new(Code::TwoMeanings, subject.span(&constant.place), message.to_owned(), help)
    };
    constants.iter().filter(ends).map(finding).collect()
}
