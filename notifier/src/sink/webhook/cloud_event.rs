//! An alert as a CloudEvent, version 1.0, in the structured mode of its JSON format
//! (<https://github.com/cloudevents/spec>).

use std::fmt::Write as _;

use proto::alerts::v1::Alert;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::falco::{self, Form};

/// What kind of event it is.
const TYPE: &str = "saker.alert.v1";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: Option<Box<RawValue>>,
}

/// The event. Its id is the alert's, its source the cluster: together they tell it from all others.
pub(super) fn structured(alert: &Alert) -> String {
    let event = CloudEvent {
        specversion: "1.0",
        id: &alert.id,
        source: format!("/saker/clusters/{}", escaped(&alert.cluster)),
        r#type: TYPE,
        subject: &alert.rule,
        time: falco::time(alert),
        datacontenttype: "application/json",
        data: RawValue::from_string(falco::json(alert, Form::Extended)).ok(),
    };
    serde_json::to_string(&event).unwrap_or_default()
}

/// As a segment of a URI's path.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;

    #[test]
    fn an_event_in_structured_mode() {
        insta::assert_snapshot!(structured(&Alert { cluster: "prod/eu 1".into(), ..alert() }));
    }
}
