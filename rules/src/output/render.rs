//! A template and an event into a message and fields.

use super::{FieldSource, Piece, Shape, Template};
use crate::fields::{Extracted, Kind, Shown, Texts};
use crate::priority::Priority;
use crate::program::{SlotId, Value};

/// What stands for a value that is absent.
const ABSENT: &[u8] = b"<NA>";
/// Lists are written into a buffer of 1024 bytes that ends in a NUL.
const MAX_LIST_LEN: usize = 1023;

/// The values of an event.
pub(crate) trait Values {
    /// The value of an operand.
    fn value(&mut self, slot: SlotId) -> Extracted;
    /// The texts behind values.
    fn texts(&self) -> Texts<'_>;
}

impl Template {
    /// The message and the fields for an event.
    pub(crate) fn render(
        &self,
        time_unix_nanos: i64,
        values: &mut impl Values,
    ) -> (String, Vec<(String, Option<Value>)>) {
        let message = text(&self.pieces, values);
        let fields = self.fields.iter().map(|(name, source)| {
            let value = match source {
                FieldSource::Value(shape) => field_value(*shape, time_unix_nanos, values),
                FieldSource::Text(pieces) => Some(Value::Text(text(pieces, values))),
            };
            (name.clone(), value)
        });
        (message, fields.collect())
    }

    /// The value of the one field that the template is, with its type; else the text.
    pub(crate) fn single(&self, values: &mut impl Values) -> Option<Value> {
        match self.pieces.as_slice() {
            [Piece::Value(shape, None)] => field_value(*shape, 0, values),
            pieces => Some(Value::Text(text(pieces, values))),
        }
    }
}

fn text(pieces: &[Piece], values: &mut impl Values) -> String {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => out.extend_from_slice(literal.as_bytes()),
            Piece::Value(shape, width) => {
                let start = out.len();
                write_value(*shape, values, &mut out);
                if let Some(width) = width {
                    out.resize(start + width, b' ');
                }
            }
        }
    }
    lossy(&out)
}

fn write_value(shape: Shape, values: &mut impl Values, out: &mut Vec<u8>) {
    let value = values.value(shape.slot);
    let texts = values.texts();
    match value {
        Extracted::Absent => out.extend_from_slice(ABSENT),
        Extracted::Text(piece) => out.extend_from_slice(texts.text(piece)),
        Extracted::Number(number) => out.extend_from_slice(number_text(shape, number).as_bytes()),
        Extracted::List(list) => {
            let start = out.len();
            out.push(b'(');
            for &piece in texts.list(list) {
                // Only behind something, so a list that starts with empty texts shows fewer commas.
                if out.len() > start + 1 {
                    out.push(b',');
                }
                out.extend_from_slice(texts.text(piece));
            }
            out.push(b')');
            out.truncate(start + MAX_LIST_LEN);
        }
    }
}

fn number_text(shape: Shape, number: u64) -> String {
    match (shape.kind, shape.shown) {
        (Kind::Flag, _) => (number != 0).to_string(),
        (Kind::Priority, _) => priority_name(number).to_owned(),
        (_, Shown::Padded) => format!("{number:09}"),
        _ => number.to_string(),
    }
}

fn priority_name(urgency: u64) -> &'static str {
    Priority::of_urgency(urgency).unwrap_or_default().name()
}

fn field_value(shape: Shape, time_unix_nanos: i64, values: &mut impl Values) -> Option<Value> {
    let value = values.value(shape.slot);
    let texts = values.texts();
    match value {
        Extracted::Absent => None,
        _ if shape.shown == Shown::Nanoseconds => Some(Value::Signed(time_unix_nanos)),
        Extracted::Text(piece) => Some(Value::Text(lossy(texts.text(piece)))),
        Extracted::Number(number) if shape.kind == Kind::Flag => Some(Value::Boolean(number != 0)),
        Extracted::Number(number) if shape.kind == Kind::Priority => {
            Some(Value::Text(priority_name(number).to_owned()))
        }
        Extracted::Number(number) => Some(Value::Unsigned(number)),
        Extracted::List(list) => {
            Some(Value::List(texts.list(list).iter().map(|&piece| lossy(texts.text(piece))).collect()))
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
