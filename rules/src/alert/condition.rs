//! [`AlertCondition`]: a condition over alerts.

use super::{AlertError, AlertFields};
use crate::check::check_condition_in;
use crate::fields::Facts;
use crate::options::Options;
use crate::program::{NodeId, Probe, ProbeBuilder};
use crate::syntax::{Dialect, parse_condition};

/// A longer condition is no condition that anybody wrote.
const LONGEST: usize = 64 * 1024;

/// A condition over alerts, as `alert.priority >= warning and ka.target.namespace startswith prod-`.
#[derive(Debug)]
pub struct AlertCondition {
    text: String,
    probe: Probe,
    top: NodeId,
}

impl AlertCondition {
    /// Reads and checks a condition.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AlertError> {
        if text.len() > LONGEST {
            let length = text.len();
            return Err(AlertError::of(format!(
                "the condition has {length} bytes; at most {LONGEST} are read"
            )));
        }
        let expr = parse_condition(text.trim(), Dialect::Alerts);
        let expr = expr.map_err(|error| AlertError::syntax(text.trim(), &error))?;
        let condition = check_condition_in(&expr, Dialect::Alerts).map_err(AlertError::problems)?;
        let mut builder = ProbeBuilder::default();
        if !builder.has_room_for(&condition) {
            return Err(AlertError::of(
                "its regular expressions take too much memory; simplify them".to_owned(),
            ));
        }
        let top = builder.condition(condition);
        Ok(Self { text: text.trim().to_owned(), probe: builder.finish(&Options::default()), top })
    }

    /// The condition as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for an alert.
    #[must_use]
    pub fn holds(&self, alert: &dyn AlertFields) -> bool {
        self.probe.look(&Facts::of_alert(alert), |probing| probing.holds(self.top))
    }
}
