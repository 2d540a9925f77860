//! Anything that takes Falco's JSON over HTTP: falcosidekick, or what reads Falco's own `http_output`.

use async_trait::async_trait;
use bytes::Bytes;
use proto::alerts::v1::Alert;
use serde::{Deserialize, Serialize};

use super::http::{Headers, Target};
use super::{Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco::{self, Form};

/// Settings of a `webhook` sink.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    /// Where to post to.
    pub url: SecretUrl,
    /// Headers to send along.
    #[serde(default)]
    pub headers: Headers,
}

impl Webhook {
    pub(super) fn connect(&self) -> Result<impl Sink + use<>, SinkError> {
        Ok(Connected { target: Target::new(&self.url, &self.headers)? })
    }
}

struct Connected {
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, alert: &Alert) -> Bytes {
        falco::json(alert, Form::Extended).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            self.target.post(alert).await?;
        }
        Ok(())
    }
}
