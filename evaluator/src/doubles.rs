//! A judge that does what the events tell it to.

use bus::Id;
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;

use crate::judge::{Judge, Unusable};

/// Raises an alert for events that begin with `alert`, panics over those that say so, takes the process down, and so on.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    pub(crate) renewed: usize,
}

impl Judge for Scripted {
    fn begin(&mut self) {}

    fn judge(&mut self, event: &[u8], identity: &[u8], chunk: &EventChunk) -> Result<Vec<Alert>, Unusable> {
        let text = String::from_utf8_lossy(event).into_owned();
        match text.as_str() {
            "panic" => panic!("as scripted"),
            "abort" => std::process::abort(),
            "not an event" => Err(Unusable("no JSON".into())),
            alert if alert.starts_with("alert") => {
                let id = Id::of([chunk.cluster.as_bytes(), identity]).to_string();
                Ok(vec![Alert { id, message: text, ..Alert::default() }])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn renew(&mut self) {
        self.renewed += 1;
    }
}

/// A chunk of such events.
pub(crate) fn chunk<'a>(events: impl IntoIterator<Item = &'a str>) -> EventChunk {
    EventChunk {
        cluster: "prod".into(),
        received_unix_nanos: 7,
        events: events.into_iter().map(|event| event.to_owned().into()).collect(),
        digests: Vec::new(),
    }
}
