//! Routes: which alerts go to which sinks.

use proto::alerts::v1::Alert;
use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::settings::SinkName;

/// Alerts for which a condition holds go to these sinks. Routes are tried in order, and the first that fits ends it, unless
/// it says `continue`. Sinks that no route names are given all alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The condition; without one the route fits every alert.
    #[serde(rename = "match", default)]
    pub when: Option<Filter>,
    /// Where the alerts go; nowhere where there are none.
    #[serde(default)]
    pub sinks: Vec<SinkName>,
    /// Whether the routes behind it are tried as well.
    #[serde(rename = "continue", default)]
    pub goes_on: bool,
}

impl Route {
    fn fits(&self, alert: &Alert) -> bool {
        self.when.as_ref().is_none_or(|filter| filter.admits(alert))
    }
}

/// Whether the routes lead an alert to a sink.
pub(crate) fn lead(routes: &[Route], sink: &SinkName, alert: &Alert) -> bool {
    if !routes.iter().any(|route| route.sinks.contains(sink)) {
        return true;
    }
    for route in routes.iter().filter(|route| route.fits(alert)) {
        if route.sinks.contains(sink) {
            return true;
        }
        if !route.goes_on {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;
    use proto::alerts::v1::Priority;

    /// The sinks, of five, that an alert of the example's shape goes to.
    fn reached(routes: &str, priority: Priority) -> String {
        let routes: Vec<Route> = serde_json::from_str(routes).unwrap();
        let alert = Alert { priority: priority.into(), ..alert() };
        let names = ["a", "b", "c", "d", "all"].map(|name| SinkName::try_from(name.to_owned()).unwrap());
        let reached = names.iter().filter(|name| lead(&routes, name, &alert));
        reached.map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn without_routes_all_sinks_are_told() {
        assert_eq!(reached("[]", Priority::Debug), "a b c d all");
    }

    #[test]
    fn the_first_that_fits_ends_it_unless_it_goes_on() {
        let routes = r#"[
            {"match": "alert.priority >= critical", "sinks": ["a", "b"], "continue": true},
            {"match": "ka.user.name = alice and alert.priority >= warning", "sinks": ["c"]},
            {"match": "alert.priority = debug", "sinks": []},
            {"sinks": ["d"]}
        ]"#;
        assert_eq!(reached(routes, Priority::Emergency), "a b c all");
        assert_eq!(reached(routes, Priority::Warning), "c all");
        assert_eq!(reached(routes, Priority::Notice), "d all");
        assert_eq!(reached(routes, Priority::Debug), "all");
    }
}
