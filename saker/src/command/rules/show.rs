//! One rule, expanded.

use rules::describe::{Read, Reader, reads};
use rules::fields::Part;
use rules::ruleset::catalog::{Catalog, ExceptionItem, RuleItem};
use rules::ruleset::{Change, What};
use rules::syntax::layout;
use rules::{Position, SourceFile};

use super::super::table::{WIDTH, indented, one_line, table, wrapped};

const INDENT: usize = 2;

/// Everything there is to know about it.
pub(super) fn page(rule: &RuleItem, catalog: &Catalog, files: &[SourceFile]) -> String {
    let reads = reads(rule, catalog);
    let mut page = format!("{}\n\n", one_line(&rule.name));
    page.push_str(&wrapped(&rule.description, INDENT));
    page.push('\n');
    for (name, value) in facts(rule, files) {
        page.push_str(&indented(&format!("{name:<9} {value}"), INDENT));
    }
    let mut section = |heading: &str, body: &str| {
        if !body.is_empty() {
            page.push_str(&format!("\n{heading}\n{}", indented(body, INDENT)));
        }
    };
    section("Condition", rule.condition.trim());
    section("Condition with exceptions, lists and macros put in", &layout(&rule.compiled, WIDTH - INDENT));
    section("Exceptions", &rule.exceptions.iter().map(exception).collect::<String>());
    section("Output", &rule.output_compiled);
    section("Reads", &read_table(&reads));
    section("Needs", &needs(&reads));
    page
}

fn facts(rule: &RuleItem, files: &[SourceFile]) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("priority", rule.priority.to_string()),
        ("enabled", if rule.enabled { "yes" } else { "no" }.to_owned()),
        ("source", rule.source.clone()),
        ("tags", if rule.tags.is_empty() { "none".to_owned() } else { rule.tags.join(", ") }),
    ];
    facts.extend(rule.history.iter().enumerate().map(|(index, change)| origin(index, change, files)));
    facts
}

/// Where a rule was defined or changed.
fn origin(index: usize, change: &Change, files: &[SourceFile]) -> (&'static str, String) {
    let place = files.get(change.span.file).map_or_else(String::new, |file| {
        format!("{}:{}", file.name, Position::of(&file.text, change.span.start).line)
    });
    let keys = change.keys.join(", ");
    match change.what {
        What::Defined if index == 0 => ("defined", place),
        What::Defined => ("changed", format!("{place}: defined anew")),
        What::Appended => ("changed", format!("{place}: {keys} appended")),
        What::Replaced => ("changed", format!("{place}: {keys} replaced")),
    }
}

fn exception(exception: &ExceptionItem) -> String {
    let compared: Vec<_> = exception
        .fields
        .iter()
        .zip(&exception.operators)
        .map(|(field, operator)| format!("{field} {operator}"))
        .collect();
    let values =
        if exception.values.is_empty() { "no values".to_owned() } else { exception.values.join("\n") };
    format!("{}: {}\n{}", exception.name, compared.join(", "), indented(&values, INDENT))
}

fn read_table(reads: &[Read]) -> String {
    let rows: Vec<_> = reads
        .iter()
        .map(|read| {
            let by = match read.by {
                Reader::Condition => "",
                Reader::Output => "for the output only",
            };
            [read.field.clone(), part(read.part).to_owned(), by.to_owned()]
        })
        .collect();
    let table = table(["FIELD", "OF", ""], &rows);
    if rows.is_empty() { String::new() } else { table }
}

fn part(part: Part) -> &'static str {
    match part {
        Part::Metadata => "every event",
        Part::Request => "the request object",
        Part::Response => "the response object",
    }
}

/// What the audit policy must record for the rule to match, and for its output to be whole.
fn needs(reads: &[Read]) -> String {
    let most = |reader: Option<Reader>| {
        let read = reads.iter().filter(|read| reader.is_none_or(|reader| read.by == reader));
        read.map(|read| read.part).max().unwrap_or(Part::Metadata)
    };
    let (condition, all) = (most(Some(Reader::Condition)), most(None));
    let mut needs = format!("audit level {} to match", condition.level());
    if all > condition {
        needs.push_str(&format!("; {} for a whole output", all.level()));
    }
    needs
}
