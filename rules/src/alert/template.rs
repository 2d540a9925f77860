//! [`AlertTemplate`]: a text with fields of an alert in it.

use super::{AlertError, AlertFields};
use crate::check::check_operand_in;
use crate::fields::Facts;
use crate::options::Options;
use crate::output::Template;
use crate::program::{Probe, ProbeBuilder, Value};
use crate::syntax::{Dialect, parse_operand};

/// A longer text is no template that anybody wrote.
const LONGEST: usize = 64 * 1024;

/// A text with fields of an alert in it, written as rules write their outputs: `%alert.rule by %ka.user.name`. A field
/// that the alert lacks is shown as `<NA>`; `%%` is a percent sign.
#[derive(Debug)]
pub struct AlertTemplate {
    text: String,
    probe: Probe,
    template: Template,
}

impl AlertTemplate {
    /// Reads and checks a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AlertError> {
        if text.len() > LONGEST {
            let length = text.len();
            return Err(AlertError::of(format!(
                "the template has {length} bytes; at most {LONGEST} are read"
            )));
        }
        let mut builder = ProbeBuilder::default();
        let template = Template::over_alerts(text, &mut builder);
        let template = template.map_err(|problem| AlertError::problems(vec![(0..0, problem)]))?;
        Ok(Self { text: text.to_owned(), probe: builder.finish(&Options::default()), template })
    }

    /// The template that is nothing but this field, named as in conditions.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn field(name: &str) -> Result<Self, AlertError> {
        let written =
            parse_operand(name, Dialect::Alerts).map_err(|error| AlertError::syntax(name, &error))?;
        check_operand_in(&written, Dialect::Alerts).map_err(|problem| AlertError::problems(vec![problem]))?;
        Self::parse(&format!("%{name}"))
    }

    /// The template as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text for an alert.
    #[must_use]
    pub fn render(&self, alert: &dyn AlertFields) -> String {
        self.probe.look(&Facts::of_alert(alert), |probing| probing.render(&self.template, 0).0)
    }

    /// The value for an alert: that of the field, with its type, where the template is nothing but one field, and else
    /// the text. `None` where that field is absent.
    #[must_use]
    pub fn value(&self, alert: &dyn AlertFields) -> Option<Value> {
        self.probe.look(&Facts::of_alert(alert), |probing| probing.single(&self.template))
    }
}
