//! An alert as conditions and templates see it.

use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Priority};
use rules::{AlertFields, AlertValue};

use crate::falco;

/// An alert as conditions and templates see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a>(pub(crate) &'a Alert);

impl AlertFields for View<'_> {
    fn rule(&self) -> &str {
        &self.0.rule
    }

    fn priority(&self) -> rules::Priority {
        match self.0.priority() {
            Priority::Emergency => rules::Priority::Emergency,
            Priority::Alert => rules::Priority::Alert,
            Priority::Critical => rules::Priority::Critical,
            Priority::Error => rules::Priority::Error,
            Priority::Warning => rules::Priority::Warning,
            Priority::Notice => rules::Priority::Notice,
            Priority::Informational => rules::Priority::Informational,
            Priority::Unspecified | Priority::Debug => rules::Priority::Debug,
        }
    }

    fn source(&self) -> &str {
        &self.0.source
    }

    fn tags(&self) -> &[String] {
        &self.0.tags
    }

    fn cluster(&self) -> &str {
        &self.0.cluster
    }

    fn message(&self) -> &str {
        &self.0.message
    }

    fn output(&self) -> String {
        falco::output(self.0)
    }

    fn time(&self) -> String {
        falco::time(self.0)
    }

    fn id(&self) -> &str {
        &self.0.id
    }

    fn ruleset(&self) -> &str {
        &self.0.ruleset
    }

    fn hostname(&self) -> &str {
        &self.0.hostname
    }

    fn count(&self) -> u64 {
        self.0.summary.as_ref().map_or(1, |summary| summary.count)
    }

    fn field(&self, name: &str) -> Option<AlertValue<'_>> {
        let field = self.0.fields.iter().find(|field| field.name == name)?;
        Some(match field.value.as_ref()?.kind.as_ref()? {
            Kind::Text(text) => AlertValue::Text(text),
            Kind::Signed(number) => AlertValue::Signed(*number),
            Kind::Unsigned(number) => AlertValue::Unsigned(*number),
            Kind::Boolean(flag) => AlertValue::Boolean(*flag),
            Kind::List(list) => AlertValue::List(&list.items),
        })
    }
}
