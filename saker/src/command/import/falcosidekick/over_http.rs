//! Outputs that speak HTTP and have a sink of the same kind.

use serde_json::{Map, Value, json};

use super::section::Section;

/// The sink of such an output, where it is one and is in use.
pub(super) fn sink(section: &mut Section<'_>) -> Option<Value> {
    let mut sink = match section.name() {
        "slack" | "mattermost" | "rocketchat" => slack(section)?,
        "teams" => teams(section)?,
        "webhook" => webhook(section)?,
        "cloudevents" => cloudevents(section)?,
        "alertmanager" => alertmanager(section)?,
        "loki" => loki(section)?,
        "elasticsearch" => elasticsearch(section)?,
        "pagerduty" => pagerduty(section)?,
        _ => return None,
    };
    section.common(&mut sink);
    section.tls(&mut sink);
    Some(Value::Object(sink))
}

fn slack(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("slack", "webhookurl")?;
    insert(&mut sink, "webhook_url", section.secret("webhookurl"));
    for (theirs, ours) in [
        ("channel", "channel"),
        ("username", "username"),
        ("icon", "icon"),
        ("footer", "footer"),
        ("outputformat", "format"),
    ] {
        insert(&mut sink, ours, section.text(theirs));
    }
    section.without(&["messageformat"], "it is a template of Go");
    match section.name() {
        "slack" => {}
        name => section
            .remark("webhookurl", format!("{name} takes messages in the form of Slack's, which are sent")),
    }
    Some(sink)
}

fn teams(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("teams", "webhookurl")?;
    insert(&mut sink, "webhook_url", section.secret("webhookurl"));
    section.without(&["activityimage", "outputformat"], "the message is an adaptive card");
    section.remark(
        "webhookurl",
        "the message is an adaptive card, which Workflows take; the connectors of Office 365 have ended",
    );
    Some(sink)
}

fn webhook(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("webhook", "address")?;
    insert(&mut sink, "url", section.secret("address"));
    insert(&mut sink, "method", section.text("method").map(|method| method.to_ascii_lowercase()));
    headers(section, &mut sink);
    Some(sink)
}

fn cloudevents(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("webhook", "address")?;
    insert(&mut sink, "url", section.secret("address"));
    sink.insert("format".to_owned(), json!("cloudevents"));
    section.without(&["extensions"], "the extensions of an event are Saker's");
    section.remark(
        "address",
        "type, source and extensions of the events are Saker's own: see the page on webhooks",
    );
    Some(sink)
}

fn alertmanager(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("alertmanager", "hostport")?;
    let endpoint = section.text("endpoint").unwrap_or_default();
    let urls: Vec<String> = section.list("hostport").into_iter().map(|url| joined(&url, &endpoint)).collect();
    sink.insert("urls".to_owned(), json!(urls));
    if !endpoint.is_empty() {
        section.remark(
            "endpoint",
            "is part of the URLs, behind which Saker puts /api/v2/alerts unless they end so",
        );
    }
    if let Some(seconds) = section.text("expiresafter") {
        match seconds.parse::<u64>() {
            Ok(seconds) => drop(sink.insert("resolve_after".to_owned(), json!(format!("{seconds}s")))),
            Err(_) => section
                .remark("expiresafter", format!("`{seconds}` is no number of seconds, and is left out")),
        }
    }
    insert_map(&mut sink, "extra_labels", section.map("extralabels"));
    insert_map(&mut sink, "severities", section.map("customseveritymap"));
    section.without(&["extraannotations"], "annotations are the alert's text and fields");
    section.without(
        &["dropeventthresholds", "dropeventdefaultpriority"],
        "audit events that were lost are metrics of ingest and no alerts",
    );
    section.remark("hostport", "output fields become annotations; name those that are to be labels, as falcosidekick has them all, in `labels`");
    headers(section, &mut sink);
    Some(sink)
}

fn loki(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("loki", "hostport")?;
    let endpoint = section.text("endpoint").unwrap_or_default();
    let url = section.secret("hostport").map(|url| joined(&url, &endpoint));
    insert(&mut sink, "url", url);
    if !endpoint.is_empty() {
        section.remark(
            "endpoint",
            "is part of the URL, behind which Saker puts /loki/api/v1/push unless it ends so",
        );
    }
    insert(&mut sink, "tenant", section.text("tenant"));
    insert(&mut sink, "format", Some(section.text("format").unwrap_or_else(|| "text".to_owned())));
    login(section, &mut sink, ("user", "apikey"));
    let extra = section.list("extralabels");
    if !extra.is_empty() {
        let usual = ["cluster", "source", "priority", "rule"].map(str::to_owned);
        sink.insert("labels".to_owned(), json!(usual.into_iter().chain(extra).collect::<Vec<_>>()));
    }
    section.remark(
        "hostport",
        "labels are few: the other output fields, hostname and tags are structured metadata",
    );
    headers(section, &mut sink);
    Some(sink)
}

fn elasticsearch(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("elasticsearch", "hostport")?;
    insert(&mut sink, "url", section.secret("hostport"));
    for (theirs, ours) in [("index", "index"), ("suffix", "suffix"), ("pipeline", "pipeline")] {
        insert(&mut sink, ours, section.text(theirs));
    }
    let flat = section.flag("flattenfields") == Some(true);
    sink.insert("document".to_owned(), json!(if flat { "flat" } else { "falco" }));
    let key = section.secret("apikey");
    login(section, &mut sink, ("username", "password"));
    // falcosidekick prefers the password, too.
    if !sink.contains_key("auth") {
        insert(&mut sink, "api_key", key);
    }
    section.without(&["type"], "documents have no types any more");
    section.without(
        &["createindextemplate", "numberofshards", "numberofreplicas"],
        "make the template yourself: see the page on Elasticsearch",
    );
    section.without(
        &["batching.enabled", "batching.batchsize", "batching.flushinterval", "enablecompression"],
        "alerts are always sent in batches, as soon as there are some",
    );
    section.remark("hostport", "the date in the index is that of the event, not of its sending");
    headers(section, &mut sink);
    Some(sink)
}

fn pagerduty(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("pagerduty", "routingkey")?;
    insert(&mut sink, "routing_key", section.secret("routingkey"));
    insert(&mut sink, "region", section.text("region").map(|region| region.to_ascii_lowercase()));
    section
        .remark("routingkey", "severity is the alert's priority, where falcosidekick always says critical");
    Some(sink)
}

fn login(section: &mut Section<'_>, sink: &mut Map<String, Value>, (user, password): (&str, &str)) {
    let (name, secret) = (section.text(user), section.secret(password));
    match (name, secret) {
        (Some(name), Some(secret)) => {
            sink.insert("auth".to_owned(), json!({"username": name, "password": secret}));
        }
        (None, None) => {}
        (Some(_), None) => section.remark(user, format!("is left out, since there is no {password}")),
        (None, Some(_)) => section.remark(password, format!("is left out, since there is no {user}")),
    }
}

/// Their values may be secret; falcosidekick has them in one variable.
fn headers(section: &mut Section<'_>, sink: &mut Map<String, Value>) {
    let headers = section.map("customheaders");
    if !headers.is_empty() {
        section.remark("customheaders", "the values are written out: where one is secret, put it into a file and write ${file:/path} in its place");
    }
    insert_map(sink, "headers", headers);
}

fn insert(sink: &mut Map<String, Value>, key: &str, value: Option<String>) {
    if let Some(value) = value {
        sink.insert(key.to_owned(), json!(value));
    }
}

fn insert_map(sink: &mut Map<String, Value>, key: &str, map: Map<String, Value>) {
    if !map.is_empty() {
        sink.insert(key.to_owned(), Value::Object(map));
    }
}

/// The endpoint behind the server's address. One that is the usual is left to Saker.
fn joined(url: &str, endpoint: &str) -> String {
    match endpoint {
        "" => url.to_owned(),
        path => format!("{}/{}", url.trim_end_matches('/'), path.trim_start_matches('/')),
    }
}
