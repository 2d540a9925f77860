//! `saker fields`: the fields that conditions and outputs can name.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rules::describe::{describe_fields, markdown};
use rules::fields::{Argument, ArgumentKind, Class, Field, fields};
use rules::nearest;

use super::table::{indented, table, wrapped};

/// List the fields that conditions and outputs can name
///
/// With a NAME, all about that one. As JSON it is what Falco prints with --list, with Saker's own fields in classes of
/// their own.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker fields\n  saker fields ka.uri.param\n  saker fields --search privileged"
)]
pub struct Fields {
    /// One field
    #[arg(conflicts_with = "search")]
    name: Option<String>,
    /// Only fields that have this in their name or their description
    #[arg(long, value_name = "WORD")]
    search: Option<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum FieldsError {
    /// There is no such field.
    #[error("there is no field `{name}`{}", advice(name, like))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that may have been meant.
        like: Vec<&'static str>,
    },
    /// No field fits.
    #[error("no field has `{word}` in its name or description; `saker fields` lists all {}", fields().count())]
    Nothing {
        /// What was looked for.
        word: String,
    },
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Fields {
    /// Prints the fields that are asked for.
    ///
    /// # Errors
    /// Where there is none.
    pub fn run(self) -> Result<ExitCode, FieldsError> {
        let printed = self.printed()?;
        match io::stdout().lock().write_all(printed.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            written => Ok(written.map(|()| ExitCode::SUCCESS)?),
        }
    }

    fn printed(&self) -> Result<String, FieldsError> {
        let field = self.name.as_deref().map(named).transpose()?;
        let word = self.search.as_ref().map(|word| word.to_lowercase()).unwrap_or_default();
        let is_wanted = |other: &Field| field.is_none_or(|field| field == other) && has(other, &word);
        if !fields().any(is_wanted) {
            return Err(FieldsError::Nothing { word });
        }
        Ok(match (self.format, field) {
            (Format::Json, _) => format!("{}\n", describe_fields(&is_wanted)),
            (Format::Markdown, _) => markdown::fields_tables(&is_wanted),
            (Format::Text, Some(field)) => page(field),
            (Format::Text, None) => list(&is_wanted),
        })
    }
}

/// The field of that name; an argument may stand behind it.
fn named(name: &str) -> Result<&'static Field, FieldsError> {
    let bare = name.trim_start_matches('%').split('[').next().unwrap_or_default();
    rules::fields::find(bare).ok_or_else(|| FieldsError::Unknown {
        name: name.to_owned(),
        like: nearest(bare, fields().map(|field| field.name)),
    })
}

fn has(field: &Field, word: &str) -> bool {
    let texts = [field.name, field.doc, field.falco_doc().unwrap_or_default()];
    texts.iter().any(|text| text.to_lowercase().contains(word))
}

fn list(is_wanted: &dyn Fn(&Field) -> bool) -> String {
    let mut out = String::new();
    for class in Class::ALL {
        let wanted: Vec<_> = fields().filter(|field| field.class() == class && is_wanted(field)).collect();
        if wanted.is_empty() {
            continue;
        }
        let rows: Vec<_> = wanted
            .iter()
            .map(|field| {
                let bracket = bracket(field.argument);
                let kind = field.kind.name(field.shape);
                [format!("{}{bracket}", field.name), kind.to_owned(), field.doc.to_owned()]
            })
            .collect();
        out.push_str(&wrapped(class.doc(), 0));
        out.push('\n');
        out.push_str(&indented(&table(["FIELD", "TYPE", "WHAT IT HOLDS"], &rows), 2));
        out.push('\n');
    }
    let count = fields().filter(|field| is_wanted(field)).count();
    out + &format!("{count} field{}\n", if count == 1 { "" } else { "s" })
}

fn bracket(argument: ArgumentKind) -> &'static str {
    match argument {
        ArgumentKind::None | ArgumentKind::Index => "",
        ArgumentKind::Key => "[key]",
        ArgumentKind::Pointer => "[/path/to/value]",
    }
}

fn page(field: &Field) -> String {
    let argument = match field.argument {
        ArgumentKind::None => "none".to_owned(),
        ArgumentKind::Index => format!("a number or none: {}[0] is the first", field.name),
        ArgumentKind::Key => format!("a text, which must be there: {}[key]", field.name),
        ArgumentKind::Pointer => format!("a path in the JSON, which must be there: {}", field.usage()),
    };
    let needs = match field.argument {
        ArgumentKind::Pointer => "the level that records what stands at the path",
        _ => field.part(&Argument::None).level(),
    };
    let mut page = format!("{}\n\n{}\n", field.name, wrapped(field.doc, 2));
    let rows = [
        ("type", field.kind.name(field.shape)),
        ("argument", &argument),
        ("audit level", needs),
        (
            "Falco",
            field.falco_doc().unwrap_or(if is_falcos(field) { "the same" } else { "does not have it" }),
        ),
    ];
    for (name, value) in rows {
        page.push_str(&format!("  {name:<12} {value}\n"));
    }
    page
}

fn is_falcos(field: &Field) -> bool {
    !matches!(field.class(), Class::Addition | Class::AuditAddition)
}

fn advice(name: &str, like: &[&str]) -> String {
    match like {
        [] => format!("; `saker fields --search {name}` looks in descriptions, too"),
        like => format!("; did you mean `{}`?", like.join("` or `")),
    }
}
