//! Outputs that do not speak HTTP: mail, syslog, NATS.

use serde_json::{Map, Value, json};

use super::section::Section;

/// The sink of such an output, where it is one and is in use.
pub(super) fn sink(section: &mut Section<'_>) -> Option<Value> {
    let sink = match section.name() {
        "smtp" => smtp(section)?,
        "syslog" => syslog(section)?,
        "nats" => nats(section)?,
        _ => return None,
    };
    Some(Value::Object(sink))
}

fn smtp(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("smtp", "hostport")?;
    let hostport = section.text("hostport")?;
    let (host, port) = match hostport.rsplit_once(':') {
        Some((host, port)) => (host.to_owned(), port.parse::<u16>().ok()),
        None => (hostport.clone(), None),
    };
    sink.insert("host".to_owned(), json!(host));
    if let Some(port) = port {
        sink.insert("port".to_owned(), json!(port));
    } else {
        section.remark("hostport", format!("`{hostport}` names no port: set one, or leave it to Saker"));
    }
    let encrypted = section.flag("tls").unwrap_or(true);
    sink.insert("encryption".to_owned(), json!(if encrypted { "starttls" } else { "none" }));
    if port == Some(465) && encrypted {
        section.remark("hostport", "port 465 is for TLS from the beginning, which falcosidekick does not speak: set `encryption: implicit`");
    }
    login(section, &mut sink);
    let from = section.text("from").unwrap_or_else(|| {
        section.remark("from", "is missing, and is needed");
        "saker@localhost.localdomain".to_owned()
    });
    sink.insert("from".to_owned(), json!(from));
    sink.insert("to".to_owned(), json!(section.list("to")));
    if let Some(format) = section.text("outputformat") {
        sink.insert("format".to_owned(), json!(if format == "text" { "text" } else { "html" }));
    }
    section.without(
        &["trace", "identity"],
        "the mail has a Message-ID of the alert's, and logging in needs none",
    );
    section.common(&mut sink);
    Some(sink)
}

fn login(section: &mut Section<'_>, sink: &mut Map<String, Value>) {
    let mechanism = section.text("authmechanism").unwrap_or_else(|| "plain".to_owned()).to_ascii_lowercase();
    let (user, password, token) = (section.text("user"), section.secret("password"), section.secret("token"));
    let given = [("user", user.is_some()), ("password", password.is_some()), ("token", token.is_some())];
    let (authentication, secret, needed) = match mechanism.as_str() {
        "plain" => ("plain", password, ["user", "password"]),
        "oauthbearer" => {
            let text = "oauthbearer becomes xoauth2, which says the same in another way: see whether the server takes it";
            section.remark("authmechanism", text);
            ("xoauth2", token, ["user", "token"])
        }
        "none" => return,
        other => {
            section.remark(
                "authmechanism",
                format!("has no counterpart: `{other}` is left out, and nobody logs in"),
            );
            return;
        }
    };
    let taken = user.zip(secret);
    for (key, _) in given.iter().filter(|(key, given)| *given && (taken.is_none() || !needed.contains(key))) {
        section.remark(key, format!("is left out: `{mechanism}` needs {} and no more", needed.join(" and ")));
    }
    if let Some((user, secret)) = taken {
        sink.insert("user".to_owned(), json!(user));
        sink.insert("password".to_owned(), json!(secret));
        sink.insert("authentication".to_owned(), json!(authentication));
    }
}

fn syslog(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("syslog", "host")?;
    sink.insert("host".to_owned(), json!(section.text("host")?));
    if let Some(port) = section.text("port") {
        match port.parse::<u16>() {
            Ok(port) => drop(sink.insert("port".to_owned(), json!(port))),
            Err(_) => section.remark("port", format!("`{port}` is no port, and is left out")),
        }
    }
    let protocol = section.text("protocol").unwrap_or_else(|| "tcp".to_owned()).to_ascii_lowercase();
    let udp = protocol == "udp";
    if !["tcp", "udp"].contains(&protocol.as_str()) {
        section.remark("protocol", format!("`{protocol}` is neither tcp nor udp: tcp it is"));
    }
    sink.insert("protocol".to_owned(), json!(if udp { "udp" } else { "tcp" }));
    let format = section.text("format").unwrap_or_else(|| "json".to_owned()).to_ascii_lowercase();
    sink.insert("format".to_owned(), json!(if format == "cef" { "cef" } else { "json" }));
    if !udp {
        // What falcosidekick sends ends with a line feed: the receiver may know no other framing.
        sink.insert("framing".to_owned(), json!("newline"));
    }
    section.remark("format", "the header is that of RFC 5424 and the facility audit: falcosidekick's is older, of the facility kern");
    section.common(&mut sink);
    Some(sink)
}

fn nats(section: &mut Section<'_>) -> Option<Map<String, Value>> {
    let mut sink = section.begin("nats", "hostport")?;
    let address = section.secret("hostport")?;
    sink.insert("address".to_owned(), json!(address));
    let subject = section.text("subjecttemplate").unwrap_or_else(|| "falco.<priority>.<rule>".to_owned());
    sink.insert("subject".to_owned(), json!(subject));
    sink.insert("acknowledged".to_owned(), json!(false));
    section.remark(
        "hostport",
        "alerts are for whoever listens, as before: with a stream of JetStream set `acknowledged: true`",
    );
    section.common(&mut sink);
    section.tls(&mut sink);
    if sink.contains_key("tls") {
        section.remark(
            "hostport",
            "`tls` is kept, which falcosidekick does not look at: a server without TLS is refused",
        );
    }
    Some(sink)
}
