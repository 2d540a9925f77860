//! Fields and transformers by their names.

use super::ir::{Getopt, Mapping, Operand};
use super::{ProblemKind, alert};
use crate::fields::{self, Argument, ArgumentKind, Class, Field, Kind, Shape};
use crate::syntax::Dialect;
use crate::syntax::ast::{self, FieldRef, Function, Place, Transform};

type Checked<T> = Result<T, (Place, ProblemKind)>;

/// What an operand means.
pub(super) fn resolve(operand: &ast::Operand, dialect: Dialect) -> Checked<Operand> {
    match operand {
        ast::Operand::Field(field) | ast::Operand::Val(field) if dialect == Dialect::Alerts => {
            alert::resolve(field)
        }
        ast::Operand::Field(field) | ast::Operand::Val(field) => resolve_field(field),
        ast::Operand::Transform(transform) => resolve_transform(transform, dialect),
    }
}

pub(super) fn resolve_field(reference: &FieldRef) -> Checked<Operand> {
    let unknown = || ProblemKind::UnknownField { name: reference.name.clone() };
    let at = |kind| (reference.place.clone(), kind);
    let field = fields::find(&reference.name).ok_or_else(|| at(unknown()))?;
    let argument = argument(field, reference.argument.as_deref()).map_err(at)?;
    Ok(Operand::Field(field, argument))
}

pub(super) fn argument(field: &'static Field, written: Option<&str>) -> Result<Argument, ProblemKind> {
    let Some(written) = written else {
        return match field.argument {
            ArgumentKind::None | ArgumentKind::Index => Ok(Argument::None),
            kind => Err(ProblemKind::ArgumentMissing { field: field.name, kind }),
        };
    };
    // Falco writes field and argument as one text and takes that apart again, which ends at either of these.
    if written.contains(' ') {
        return Err(ProblemKind::ArgumentCharacter { field: field.name, what: "blank" });
    }
    if written.contains(']') {
        return Err(ProblemKind::UnknownField { name: format!("{}[{written}]", field.name) });
    }
    match field.argument {
        ArgumentKind::None if field.class() == Class::Event => {
            Err(ProblemKind::UnknownField { name: format!("{}[{written}]", field.name) })
        }
        ArgumentKind::None => {
            Err(ProblemKind::ArgumentNotAllowed { field: field.name, argument: written.to_owned() })
        }
        ArgumentKind::Index => index(written).ok_or_else(|| ProblemKind::ArgumentNotAnIndex {
            field: field.name,
            argument: written.to_owned(),
        }),
        ArgumentKind::Key => Ok(Argument::Key(written.as_bytes().into())),
        ArgumentKind::Pointer => Ok(pointer(written)),
    }
}

fn index(written: &str) -> Option<Argument> {
    let digits = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (written.len() > 1 && written.starts_with('0')) {
        return None;
    }
    let index = written.parse::<u64>().ok()?;
    Some(Argument::Index(usize::try_from(index).unwrap_or(usize::MAX)))
}

/// `/a/b~1c` as the steps `a` and `b/c`; the leading slash may be missing, and nothing at all is the whole document.
fn pointer(written: &str) -> Argument {
    if written.is_empty() {
        return Argument::Pointer(Box::default());
    }
    let path = written.strip_prefix('/').unwrap_or(written);
    let step = |step: &str| step.replace("~1", "/").replace("~0", "~").into_bytes().into();
    Argument::Pointer(path.split('/').map(step).collect())
}

fn resolve_transform(transform: &Transform, dialect: Dialect) -> Checked<Operand> {
    let arguments = transform.arguments.iter().map(|argument| resolve_argument(argument, dialect));
    let arguments = arguments.collect::<Checked<Vec<_>>>()?;
    let problem = |what| {
        (transform.place.clone(), ProblemKind::Transformer { function: transform.function.name(), what })
    };
    if transform.index.is_some() && transform.function != Function::Getopt {
        return Err(problem("takes nothing in brackets"));
    }
    let operand = match transform.function {
        Function::ToLower => map(Mapping::ToLower, arguments),
        Function::ToUpper => map(Mapping::ToUpper, arguments),
        Function::B64 => map(Mapping::Base64, arguments),
        Function::Basename => map(Mapping::Basename, arguments),
        Function::Len => len(arguments),
        Function::Join => join(arguments),
        Function::Concat => concat(arguments),
        Function::Getopt => getopt(arguments, transform.index.as_deref()),
    };
    operand.map_err(problem)
}

fn resolve_argument(argument: &ast::Argument, dialect: Dialect) -> Checked<Operand> {
    match argument {
        ast::Argument::Operand(operand) => resolve(operand, dialect),
        ast::Argument::Constant(constant) => Ok(Operand::Constant(constant.value.as_bytes().into())),
        ast::Argument::List(items) => {
            let items = items.iter().map(|item| resolve_argument(item, dialect));
            items.collect::<Checked<_>>().map(Operand::Items)
        }
    }
}

fn map(mapping: Mapping, arguments: Vec<Operand>) -> Result<Operand, &'static str> {
    let inner = only(arguments)?;
    if inner.kind() == Kind::Text {
        Ok(Operand::Map(mapping, Box::new(inner)))
    } else {
        Err("works on texts only")
    }
}

fn len(arguments: Vec<Operand>) -> Result<Operand, &'static str> {
    let inner = only(arguments)?;
    if inner.kind() == Kind::Text || inner.shape() == Shape::List {
        Ok(Operand::Len(Box::new(inner)))
    } else {
        Err("works on texts and lists only")
    }
}

fn join(arguments: Vec<Operand>) -> Result<Operand, &'static str> {
    let [separator, list] = two(arguments)?;
    match (base(&separator).1, base(&list).1) {
        (Shape::List, _) => Err("needs a single value to put between the elements"),
        (_, Shape::Single) => Err("joins a list; this is a single value"),
        _ => Ok(Operand::Join(Box::new((separator, list)))),
    }
}

fn concat(arguments: Vec<Operand>) -> Result<Operand, &'static str> {
    if arguments.len() < 2 {
        return Err("needs at least two arguments");
    }
    if arguments.iter().any(|argument| base(argument) != (Kind::Text, Shape::Single)) {
        return Err("works on single texts only");
    }
    Ok(Operand::Concat(arguments))
}

fn getopt(arguments: Vec<Operand>, selected: Option<&str>) -> Result<Operand, &'static str> {
    let [arguments, options] = two(arguments)?;
    if base(&arguments) != (Kind::Text, Shape::List) {
        return Err("scans a list of texts");
    }
    if base(&options) != (Kind::Text, Shape::Single) {
        return Err("needs the options as a single text");
    }
    let selected = match selected.map(str::as_bytes) {
        None => None,
        Some(&[letter]) => Some(letter),
        Some(_) => return Err("takes one option letter in brackets"),
    };
    Ok(Operand::Getopt(Box::new(Getopt { arguments, options, selected })))
}

/// What a multi-value transformer takes its argument for: it looks through transformers of single values to the field
/// below them, and takes one of its own kind for a single text.
fn base(operand: &Operand) -> (Kind, Shape) {
    match operand {
        Operand::Map(_, inner) | Operand::Len(inner) => base(inner),
        Operand::Getopt(_) => (Kind::Text, Shape::Single),
        _ => (operand.kind(), operand.shape()),
    }
}

fn only(arguments: Vec<Operand>) -> Result<Operand, &'static str> {
    let [argument] = <[Operand; 1]>::try_from(arguments).map_err(|_| "needs exactly one argument")?;
    Ok(argument)
}

fn two(arguments: Vec<Operand>) -> Result<[Operand; 2], &'static str> {
    <[Operand; 2]>::try_from(arguments).map_err(|_| "needs exactly two arguments")
}
