//! An alert as a sink is to show it: with the operator's words, where there are some.

use std::borrow::Cow;
use std::sync::Arc;

use proto::alerts::v1::Alert;

use crate::falco;
use crate::settings::DeliverySettings;
use crate::sink::{Body, Rendered, Sink};
use crate::template::{BodyTemplate, Template};

/// An alert as a sink is to show it.
#[derive(Debug, Clone)]
pub(crate) struct Shown<'a> {
    /// The alert.
    pub(crate) alert: &'a Alert,
    text: Option<String>,
}

impl<'a> Shown<'a> {
    /// As it is.
    #[cfg(test)]
    pub(crate) fn plain(alert: &'a Alert) -> Self {
        Self { alert, text: None }
    }

    /// What the sink says in words: the operator's text, or time, priority and message as Falco prints them. It may have
    /// several lines, and anything in it that an event may hold.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(falco::output(self.alert)),
        }
    }
}

/// Renders the alerts of one sink.
pub(crate) struct Renderer {
    sink: Arc<dyn Sink>,
    text: Option<Template>,
    body: Option<BodyTemplate>,
}

impl Renderer {
    pub(crate) fn new(sink: Arc<dyn Sink>, settings: &DeliverySettings) -> Self {
        Self { sink, text: settings.text.clone(), body: settings.body.clone() }
    }

    /// The alert as it is sent.
    pub(crate) fn render(&self, alert: &Alert) -> Rendered {
        let body = match &self.body {
            Some(body) => Body::from(body.render(alert).to_string()),
            None => {
                let text = self.text.as_ref().map(|template| template.render(alert));
                self.sink.render(&Shown { alert, text })
            }
        };
        Rendered { id: alert.id.clone(), body }
    }
}
