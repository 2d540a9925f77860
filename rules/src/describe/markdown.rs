//! The tables of the language for the documentation, each from the table that the program itself goes by.

use super::{operators, transformers};
use crate::fields::{Argument, ArgumentKind, Class, Field, alert_fields, fields};
use crate::syntax::functions;

/// The fields that are wanted, a table for each class, with a heading.
#[must_use]
pub fn fields_tables(is_wanted: &dyn Fn(&Field) -> bool) -> String {
    let tables = Class::ALL.into_iter().map(|class| {
        let rows: Vec<_> =
            fields().filter(|field| field.class() == class && is_wanted(field)).map(field_row).collect();
        match rows.is_empty() {
            true => String::new(),
            false => format!(
                "### {}\n\n{}\n\n{}",
                title(class),
                class.doc(),
                table(&["field", "type", "audit level", "what it holds"], &rows)
            ),
        }
    });
    tables.filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The fields that every alert has.
#[must_use]
pub fn alert_fields_table() -> String {
    let name = |field: &Field| match field.argument {
        ArgumentKind::Key => format!("`{}[name]`", field.name),
        _ => format!("`{}`", field.name),
    };
    let row =
        |field: &Field| vec![name(field), field.kind.name(field.shape).to_owned(), field.doc.to_owned()];
    table(&["field", "type", "what it holds"], &alert_fields().map(row).collect::<Vec<_>>())
}

/// The operators and the types they work on.
#[must_use]
pub fn operators_table() -> String {
    let head: Vec<_> = ["operator"].into_iter().chain(operators::type_names()).chain(["true if"]).collect();
    let rows = operators::rows().map(|row| {
        let names = row.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
        let works = row.works_on.map(|works| if works { "✓" } else { "" }.to_owned());
        std::iter::once(names).chain(works).chain([row.meaning.to_owned()]).collect()
    });
    table(&head, &rows.collect::<Vec<_>>())
}

/// The transformers.
#[must_use]
pub fn transformers_table() -> String {
    let rows = functions().map(|function| {
        let row = transformers::row(function);
        vec![format!("`{}`", row.example), row.gives().to_owned(), row.doc.to_owned()]
    });
    table(&["for example", "gives", "what it does"], &rows.collect::<Vec<_>>())
}

fn title(class: Class) -> &'static str {
    match class {
        Class::Event => "Of every event",
        Class::Audit => "Of the audit event",
        Class::Json => "Of the JSON",
        Class::AuditAddition => "Saker's own, of the audit event",
        Class::Addition => "Saker's own, of where it came from",
        Class::Alert => "Of the alert",
    }
}

fn field_row(field: &Field) -> Vec<String> {
    let optional = if field.argument == ArgumentKind::Index { " `[0]`" } else { "" };
    let name = match field.argument {
        ArgumentKind::None | ArgumentKind::Index => field.name.to_owned(),
        _ => field.usage(),
    };
    let falco = field.falco_doc().map(|doc| format!(" *Falco: {doc}*")).unwrap_or_default();
    let level = match field.argument {
        ArgumentKind::Pointer => "by path",
        _ => field.part(&Argument::None).level(),
    };
    let kind = field.kind.name(field.shape);
    vec![format!("`{name}`{optional}"), kind.to_owned(), level.to_owned(), format!("{}{falco}", field.doc)]
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let cell = |text: &String| text.replace('|', "\\|");
    let mut out = line(head.iter().map(|name| (*name).to_owned()).collect());
    out.push_str(&line(head.iter().map(|_| "---".to_owned()).collect()));
    rows.iter().for_each(|row| out.push_str(&line(row.iter().map(cell).collect())));
    out
}
