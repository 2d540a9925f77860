//! The event of an example: where it comes from, and its bytes as they would come in.

use std::sync::Arc;

use serde_json::Value;

use super::json::merge;

/// An event as an example gives it.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) source: Source,
    /// A JSON merge patch on it.
    pub(super) patch: Option<Value>,
    /// The request's object, as the text that was sent.
    pub(super) request: Option<String>,
}

/// What an event is before it is patched.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A base event, or one that stands in the example.
    Value(Arc<Value>),
    /// A JSON text, byte for byte.
    Text(Arc<str>),
}

impl Given {
    /// The event as it would come in. A text that is to be changed must be JSON; else it says why it is none.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut event = match &self.source {
            Source::Text(text) if self.patch.is_none() && self.request.is_none() => {
                return Ok(text.as_bytes().to_vec());
            }
            Source::Text(text) => serde_json::from_str(text)?,
            Source::Value(value) => Value::clone(value),
        };
        if let Some(patch) = &self.patch {
            merge(&mut event, patch);
        }
        Ok(written(&event, self.request.as_deref()).into_bytes())
    }
}

/// The event as text, the request's object as it was sent.
fn written(event: &Value, request: Option<&str>) -> String {
    let (Some(request), Value::Object(entries)) = (request, event) else {
        return event.to_string();
    };
    const KEY: &str = "requestObject";
    let mut out = String::from("{");
    for (key, value) in entries.iter().filter(|(key, _)| *key != KEY) {
        out.push_str(&format!("{}:{value},", Value::from(key.as_str())));
    }
    out.push_str(&format!("\"{KEY}\":{request}}}"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bytes(source: Source, patch: Option<Value>, request: Option<&str>) -> String {
        let given = Given { source, patch, request: request.map(str::to_owned) };
        String::from_utf8(given.bytes().unwrap()).unwrap()
    }

    #[test]
    fn a_text_stays_as_it_is_unless_it_is_changed() {
        let text = || Source::Text("{ \"a\": 1, \"a\": 2 }".into());
        assert_eq!(bytes(text(), None, None), "{ \"a\": 1, \"a\": 2 }");
        assert_eq!(bytes(text(), Some(json!({"b": 3})), None), r#"{"a":2,"b":3}"#);
        let given = Given { source: Source::Text("{".into()), patch: Some(json!({})), request: None };
        assert!(given.bytes().is_err());
    }

    #[test]
    fn the_requests_object_is_what_was_sent() {
        let event = || Source::Value(Arc::new(json!({"requestObject": {"x": 1}, "verb": "\"get\""})));
        assert_eq!(
            bytes(event(), None, Some("{\"a\":1, \"a\":2}")),
            r#"{"verb":"\"get\"","requestObject":{"a":1, "a":2}}"#
        );
        assert_eq!(bytes(event(), Some(json!({"verb": null})), None), r#"{"requestObject":{"x":1}}"#);
    }
}
