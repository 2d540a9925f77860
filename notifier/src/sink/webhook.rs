//! Anything that takes Falco's JSON over HTTP: falcosidekick, or what reads Falco's own `http_output`.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::http::{Headers, Target};
use super::{Body, Connect, Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco::{self, Form};
use crate::shown::Shown;

/// Settings of a `webhook` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Where to post to.
    pub url: SecretUrl,
    /// Headers to send along.
    #[serde(default)]
    pub headers: Headers,
}

impl Connect for Webhook {
    const TAKES_BODY: bool = true;

    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        Ok(Arc::new(Connected { target: Target::new(&self.url, &self.headers)? }))
    }
}

struct Connected {
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        falco::json(shown.alert, Form::Extended).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            self.target.post(alert).await?;
        }
        Ok(())
    }
}
