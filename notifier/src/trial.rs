//! A test of a sink: an alert that means nothing is sent to it, as any other would be, and what comes of it is told.

use std::future::poll_fn;
use std::time::Duration;

use bus::Id;
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Priority, Value};

use crate::clock;
use crate::settings::{SinkName, SinkSettings};
use crate::shown::Renderer;
use crate::sink::{Failure, SinkError, install_tls_provider};
use crate::stack::Stack;

/// Why a sink did not take the alert of a test.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// It cannot be set up.
    #[error(transparent)]
    SetUp(#[from] SinkError),
    /// It cannot take alerts now, and would be tried again.
    #[error("it would be tried again{}: {reason}", after(*retry_after))]
    Away {
        /// What happened.
        reason: String,
        /// How long the sink asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It will never take such an alert, which would go to the dead letters.
    #[error("it refuses the alert, which would be a dead letter: {0}")]
    Refused(String),
}

/// Sends an alert of a test to a sink, once, and returns its id once the sink has taken it. The sink's minimum priority,
/// routes, silences and groups are passed over.
///
/// # Errors
/// Where the sink does not take it.
pub async fn try_sink(name: &SinkName, settings: &SinkSettings) -> Result<String, TrialError> {
    install_tls_provider();
    let sink = settings.kind.connect()?;
    let renderer = Renderer::new(sink.clone(), &settings.delivery);
    let mut stack = Stack::new(sink, settings.kind.rate(), &settings.delivery);
    let alert = alert(name);
    poll_fn(|cx| stack.poll_ready(cx)).await.map_err(told)?;
    stack.send(vec![renderer.render(&alert)]).await.map_err(told)?;
    Ok(alert.id)
}

fn told(failure: Failure) -> TrialError {
    match failure {
        Failure::Away { reason, retry_after } => TrialError::Away { reason, retry_after },
        Failure::Refused(reason) => TrialError::Refused(reason),
        Failure::Partly(untaken) => TrialError::Refused(format!("{untaken:?}")),
    }
}

/// No two are alike, so that none is taken for one that was sent before.
fn alert(sink: &SinkName) -> Alert {
    let now = clock::unix_nanos();
    let name = Value { kind: Some(Kind::Text(sink.to_string())) };
    Alert {
        id: Id::of([b"test".as_slice(), sink.as_str().as_bytes(), &now.to_le_bytes()]).to_string(),
        cluster: "test".to_owned(),
        ruleset: "test".to_owned(),
        rule: "Test alert".to_owned(),
        priority: Priority::Informational.into(),
        source: "internal".to_owned(),
        message: format!("This is a test of the sink {sink}; nothing has happened"),
        fields: vec![Field { name: "saker.sink".to_owned(), value: Some(name) }],
        time_unix_nanos: i64::try_from(now).unwrap_or(i64::MAX),
        received_unix_nanos: now,
        ..Alert::default()
    }
}

fn after(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!(", not before {wait:?} have passed"))
}
