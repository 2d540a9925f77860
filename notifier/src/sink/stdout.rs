//! The standard output: a line an alert.

use std::io::Write;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::lines::{self, LineFormat};
use super::{Body, Connect, Failure, Patience, Rendered, Sink, SinkError};
use crate::shown::Shown;

/// Settings of a `stdout` sink.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stdout {
    /// `text` or `json`.
    pub format: LineFormat,
}

impl Connect for Stdout {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        Ok(Arc::new(Connected { format: self.format }))
    }
}

struct Connected {
    format: LineFormat,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        self.format.render(shown).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        let lines = lines::joined(alerts);
        let written = tokio::task::spawn_blocking(move || {
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(&lines).and_then(|()| stdout.flush())
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::away(format!("the standard output cannot be written: {error}"))),
            Err(error) => Err(Failure::away(format!("the writer ended: {error}"))),
        }
    }

    fn batch(&self) -> usize {
        lines::BATCH
    }

    /// Whoever reads the other end of the pipe may be slow; what is half written cannot be taken back.
    fn patience(&self) -> Patience {
        Patience::Endless
    }
}
