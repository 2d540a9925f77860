//! Alerts and the version as Falco's services send them. Pure.

use proto::alerts::v1::{Alert, Priority};
use proto::falco::{output, outputs, schema, version};

use super::subscription::timestamp;
use crate::falco::{self, Form};

/// An alert, as from 0.24 on.
pub(crate) fn of(alert: &Alert) -> outputs::Response {
    let fields = falco::fields(alert, Form::Extended).into_iter().map(|(name, value)| {
        // Text as it is, anything else as JSON.
        let text = value.as_text().map(str::to_owned);
        (name.to_owned(), text.unwrap_or_else(|| serde_json::to_string(&value).unwrap_or_default()))
    });
    #[expect(deprecated, reason = "clients of before 0.31 read it")]
    outputs::Response {
        time: Some(timestamp(i128::from(alert.time_unix_nanos))),
        priority: priority(alert.priority()).into(),
        source_deprecated: source(&alert.source).into(),
        rule: alert.rule.clone(),
        output: falco::output(alert),
        output_fields: fields.collect(),
        hostname: alert.hostname.clone(),
        tags: alert.tags.clone(),
        source: alert.source.clone(),
    }
}

/// The same, as up to 0.23.
pub(crate) fn older(response: outputs::Response) -> output::Response {
    let outputs::Response { time, priority, rule, output, output_fields, hostname, source, .. } = response;
    let source = self::source(&source).into();
    output::Response { time, priority, source, rule, output, output_fields, hostname }
}

/// The version of this program, in its parts.
pub(crate) fn version(text: &str) -> version::Response {
    let (rest, build) = text.split_once('+').unwrap_or((text, ""));
    let (core, prerelease) = rest.split_once('-').unwrap_or((rest, ""));
    let mut numbers = core.split('.').map(|number| number.parse().unwrap_or_default());
    let mut number = || numbers.next().unwrap_or_default();
    version::Response {
        version: text.to_owned(),
        major: number(),
        minor: number(),
        patch: number(),
        prerelease: prerelease.to_owned(),
        build: build.to_owned(),
        ..version::Response::default()
    }
}

fn priority(priority: Priority) -> schema::Priority {
    match priority {
        Priority::Emergency => schema::Priority::Emergency,
        Priority::Alert => schema::Priority::Alert,
        Priority::Critical => schema::Priority::Critical,
        Priority::Error => schema::Priority::Error,
        Priority::Warning => schema::Priority::Warning,
        Priority::Notice => schema::Priority::Notice,
        Priority::Informational => schema::Priority::Informational,
        // Zero would mean the most urgent.
        Priority::Unspecified | Priority::Debug => schema::Priority::Debug,
    }
}

fn source(name: &str) -> schema::Source {
    match name {
        "syscall" => schema::Source::Syscall,
        "k8s_audit" => schema::Source::K8sAudit,
        "internal" => schema::Source::Internal,
        _ => schema::Source::Plugin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    #[test]
    fn an_alert_as_falco_sends_it() {
        let response = of(&alert());
        assert_eq!(response.priority, 4);
        #[expect(deprecated, reason = "clients of before 0.31 read it")]
        let source = response.source_deprecated;
        assert_eq!((source, response.source.as_str()), (1, "k8s_audit"));
        assert_eq!(response.output, "14:09:12.581541000: Warning Attach to pod (user=alice pod=web)");
        assert_eq!(response.time.map(|time| (time.seconds, time.nanos)), Some((1_540_476_552, 581_541_000)));
        let mut fields: Vec<_> = response.output_fields.into_iter().collect();
        fields.sort();
        let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        insta::assert_snapshot!(fields.join("\n"), @r"
        evt.time=1540476552581541000
        ka.target.name=web
        ka.user.name=alice
        saker.cluster=prod
        saker.ruleset=0123abcd
        ");
    }

    #[test]
    fn values_that_are_no_text_are_json() {
        let response = of(&every_kind_of_field());
        let field = |name: &str| response.output_fields[name].clone();
        assert_eq!(field("a.absent"), "null");
        assert_eq!(field("d.unsigned"), "18446744073709551615");
        assert_eq!(field("e.list"), r#"["x","","ü"]"#);
        assert_eq!(field("g.text"), "\t\"\\ü");
        assert_eq!(response.time.map(|time| (time.seconds, time.nanos)), Some((-1, 999_999_999)));
        let unset = of(&Alert { priority: 0, source: "other".into(), ..alert() });
        assert_eq!((unset.priority, older(unset).source), (7, 3));
    }

    #[test]
    fn the_version_in_its_parts() {
        let version = version("1.2.3-rc.1+build.5");
        assert_eq!((version.major, version.minor, version.patch), (1, 2, 3));
        assert_eq!((version.prerelease.as_str(), version.build.as_str()), ("rc.1", "build.5"));
    }
}
