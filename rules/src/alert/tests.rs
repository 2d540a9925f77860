//! Conditions and templates over one alert that has a field of each type.

use super::*;
use crate::program::Value;

#[derive(Debug)]
struct Example {
    tags: Vec<String>,
    groups: Vec<String>,
}

impl Example {
    fn new() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self { tags: texts(&["k8s", "mitre_execution"]), groups: texts(&["dev", "system:authenticated"]) }
    }
}

impl AlertFields for Example {
    fn rule(&self) -> &str {
        "Attach to pod"
    }
    fn priority(&self) -> Priority {
        Priority::Warning
    }
    fn source(&self) -> &str {
        "k8s_audit"
    }
    fn tags(&self) -> &[String] {
        &self.tags
    }
    fn cluster(&self) -> &str {
        "prod-1"
    }
    fn message(&self) -> &str {
        "Attach to pod (user=alice)"
    }
    fn output(&self) -> String {
        "14:09:12.581541000: Warning Attach to pod (user=alice)".to_owned()
    }
    fn time(&self) -> String {
        "2018-10-25T14:09:12.581541000Z".to_owned()
    }
    fn id(&self) -> &str {
        "0f9c1e6a"
    }
    fn ruleset(&self) -> &str {
        "0123abcd"
    }
    fn hostname(&self) -> &str {
        "vm"
    }
    fn count(&self) -> u64 {
        37
    }
    fn field(&self, name: &str) -> Option<AlertValue<'_>> {
        Some(match name {
            "ka.user.name" => AlertValue::Text("alice"),
            "ka.user.groups" => AlertValue::List(&self.groups),
            "ka.uri.param[command]" => AlertValue::Text("sh"),
            "evt.time" => AlertValue::Signed(1_540_476_552_581_541_000),
            "evt.rawtime" => AlertValue::Unsigned(1_540_476_552_581_541_000),
            "evt.is_async" => AlertValue::Boolean(false),
            "team.owner" => AlertValue::Text("blue"),
            "who" => AlertValue::Text("bob"),
            _ => return None,
        })
    }
}

fn holds(condition: &str) -> bool {
    AlertCondition::parse(condition)
        .unwrap_or_else(|error| panic!("{condition}: {error}"))
        .holds(&Example::new())
}

fn wrong(condition: &str) -> String {
    AlertCondition::parse(condition).expect_err(condition).to_string()
}

fn rendered(template: &str) -> String {
    AlertTemplate::parse(template).unwrap().render(&Example::new())
}

#[test]
fn conditions_that_hold() {
    for condition in [
        "alert.rule = 'Attach to pod'",
        "alert.priority = warning",
        "alert.priority = WARNING",
        "alert.priority >= warning and alert.priority <= error",
        "alert.priority > notice and not alert.priority > warning",
        "alert.priority in (warning, error)",
        "alert.tags intersects (mitre_execution, other)",
        "alert.tags in (k8s, mitre_execution, other)",
        "alert.cluster startswith prod- and alert.source = k8s_audit",
        "alert.count > 36",
        "alert.message contains alice and alert.output regex '.*: Warning .*'",
        "ka.user.name = alice",
        "tolower(ka.user.name) in (alice, bob) and len(ka.user.name) = 5",
        "ka.user.groups intersects (dev)",
        "ka.uri.param[command] glob s*",
        "ka.uri.param['command'] = sh",
        "evt.rawtime > 1540476552581541",
        "evt.time = 1540476552581541000",
        "evt.is_async = false",
        "team.owner = blue and alert.field[who] = bob",
        "ka.user.name != val(alert.field[who])",
        "not ka.target.name exists",
        "not (ka.target.name = x or ka.target.name != x)",
        "ka.user.name = oneof (alice, bob)",
    ] {
        assert!(holds(condition), "{condition}");
    }
}

#[test]
fn conditions_that_do_not() {
    for condition in [
        "alert.priority > warning",
        "alert.priority < warning",
        "alert.tags in (k8s)",
        "ka.target.name = web",
        "ka.user.name = bob",
        "alert.field[nothing] exists",
        "ka.user.groups in (dev)",
    ] {
        assert!(!holds(condition), "{condition}");
    }
}

#[test]
fn mistakes_say_what_to_do() {
    insta::assert_snapshot!(
        [
            "",
            "alert.prioritty = warning",
            "alert.priority >= loud",
            "alert.priority = 3",
            "alert.priority contains warn",
            "alert.rule = x and and",
            "ka.user.nme = x or ka.uri.param = y",
            "kubectl_exec",
            "who = bob",
            "alert.field = x",
            "alert.rule[0] = x",
            "ka.user.name regex '(?i)x'",
            "evt.rawtime > yesterday",
            "alert.tags = k8s",
        ]
        .map(|condition| format!("{condition}\n  {}", wrong(condition).replace('\n', "\n  ")))
        .join("\n")
    );
}

#[test]
fn templates_are_filled_in() {
    assert_eq!(
        rendered("%alert.priority: %alert.rule ×%alert.count by %ka.user.name in %alert.cluster"),
        "Warning: Attach to pod ×37 by alice in prod-1"
    );
    assert_eq!(rendered("%alert.tags %ka.user.groups"), "(k8s,mitre_execution) (dev,system:authenticated)");
    assert_eq!(rendered("100%% %ka.target.name %toupper(ka.user.name) %team.owner"), "100% <NA> ALICE blue");
    assert_eq!(rendered("%ka.uri.param[command] %alert.field[who]"), "sh bob");
    assert_eq!(rendered("%alert.rule. %ka.user.name, %alert.count×"), "Attach to pod. alice, 37×");
    assert_eq!(rendered(""), "");
}

#[test]
fn a_template_of_one_field_has_its_type() {
    let value = |template: &str| AlertTemplate::parse(template).unwrap().value(&Example::new());
    assert_eq!(value("%alert.count"), Some(Value::Unsigned(37)));
    assert_eq!(value("%alert.tags"), Some(Value::List(Example::new().tags)));
    assert_eq!(value("%evt.is_async"), Some(Value::Boolean(false)));
    assert_eq!(value("%alert.priority"), Some(Value::Text("Warning".to_owned())));
    assert_eq!(value("%ka.target.name"), None);
    assert_eq!(value("x%ka.target.name"), Some(Value::Text("x<NA>".to_owned())));
}

#[test]
fn templates_with_mistakes_say_what_to_do() {
    let wrong = |template: &str| AlertTemplate::parse(template).expect_err(template).to_string();
    insta::assert_snapshot!(
        [
            "%alert.rul by x",
            "%alert.rules",
            "%ka.user.name.first",
            "100% sure",
            "50%",
            "%ka.usr.name",
            "%{alert.rule}",
            "%5"
        ]
        .map(|template| format!("{template}\n  {}", wrong(template)))
        .join("\n")
    );
}
