//! YAML as JSON values, for examples: plain scalars are numbers, booleans and nulls where they look like it.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// The one document of `text`.
pub fn read(text: &str) -> Value {
    let mut events = Events(Parser::new_from_str(text));
    loop {
        match events.next() {
            Event::StreamStart | Event::DocumentStart(_) => {}
            first => return events.value(first),
        }
    }
}

struct Events<'t>(Parser<'t, StrInput<'t>>);

impl<'t> Events<'t> {
    fn next(&mut self) -> Event<'t> {
        self.0.next_event().expect("the document ends too early").expect("this is YAML").0
    }

    fn value(&mut self, first: Event<'t>) -> Value {
        match first {
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceStart(..) => self.sequence(),
            Event::MappingStart(..) => self.mapping(),
            other => panic!("examples have no use for {other:?}"),
        }
    }

    fn sequence(&mut self) -> Value {
        let mut items = Vec::new();
        loop {
            match self.next() {
                Event::SequenceEnd => return Value::Array(items),
                first => items.push(self.value(first)),
            }
        }
    }

    fn mapping(&mut self) -> Value {
        let mut entries = Map::new();
        loop {
            match self.next() {
                Event::MappingEnd => return Value::Object(entries),
                Event::Scalar(key, ..) => {
                    let first = self.next();
                    let value = self.value(first);
                    assert!(entries.insert(key.to_string(), value).is_none(), "{key} stands here twice");
                }
                other => panic!("a key is a text, not {other:?}"),
            }
        }
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}
