//! An alert as mail: its headers, its text, and the same as HTML in which nothing of an event is mark-up.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use proto::alerts::v1::{Alert, Priority};

use super::SmtpFormat;
use super::header::CustomHeaders;
use crate::falco;
use crate::shown::Shown;
use crate::sink::cut::shortened;
use crate::sink::{Pattern, facts};

/// What is kept of the alert's text and of a field, and how many fields are shown; in characters.
const LONGEST_TEXT: usize = 20_000;
const LONGEST_VALUE: usize = 2_000;
const MOST_FIELDS: usize = 200;
const LONGEST_SUBJECT: usize = 200;

/// What the messages of a sink have in common.
pub(super) struct Letterhead {
    pub(super) from: Mailbox,
    pub(super) to: Vec<Mailbox>,
    pub(super) subject: Pattern,
    pub(super) format: SmtpFormat,
    pub(super) headers: CustomHeaders,
}

impl Letterhead {
    /// The whole message. The same alert gives the same message, with the same Message-ID: one that comes twice can be
    /// told.
    pub(super) fn mail(&self, shown: &Shown<'_>) -> Vec<u8> {
        let Shown { alert, .. } = shown;
        let id: String = alert.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
        let subject = falco::in_one_line(self.subject.filled(alert, str::to_owned));
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(shortened(&subject, LONGEST_SUBJECT).into_owned())
            .date(date(alert))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(generated());
        for mailbox in &self.to {
            message = message.to(mailbox.clone());
        }
        let message = self.headers.on(message);
        let text = shown.text();
        let (text, rows) = (shortened(&text, LONGEST_TEXT), rows(alert));
        let plain = SinglePart::plain(plain(&text, &rows));
        let built = match self.format {
            SmtpFormat::Text => message.singlepart(plain),
            SmtpFormat::Html => {
                let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(html(alert, &text, &rows));
                let both = MultiPart::alternative().boundary(format!("saker-{id}"));
                message.multipart(both.singlepart(plain).singlepart(html))
            }
        };
        // It fails where there is no sender or no recipient, and there are both.
        built.map(|message| message.formatted()).unwrap_or_default()
    }
}

/// Nobody's machine is to answer it that they are away (RFC 3834).
fn generated() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

/// When the event was received: the message is then the same whenever it is sent.
fn date(alert: &Alert) -> SystemTime {
    let nanos = match alert.received_unix_nanos {
        0 => u64::try_from(alert.time_unix_nanos).unwrap_or(0),
        received => received,
    };
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// What every alert has, and its output fields: names and values.
fn rows(alert: &Alert) -> Vec<(String, String)> {
    let tags = alert.tags.join(", ");
    let time = falco::time(alert);
    let own = [
        ("Priority", falco::priority_name(alert)),
        ("Rule", &alert.rule),
        ("Source", &alert.source),
        ("Cluster", &alert.cluster),
        ("Hostname", &alert.hostname),
        ("Tags", &tags),
        ("Time", &time),
        ("Alert", &alert.id),
    ];
    let own = own.into_iter().filter(|(_, value)| !value.is_empty());
    let own = own.map(|(name, value)| (name.to_owned(), shortened(value, LONGEST_VALUE).into_owned()));
    let mut fields = facts::output_fields(alert);
    let shown = fields.by_ref().take(MOST_FIELDS);
    let mut rows: Vec<_> =
        own.chain(shown.map(|(name, value)| (name.to_owned(), shortened(&value, LONGEST_VALUE).into_owned()))).collect();
    if let more @ 1.. = fields.count() {
        rows.push(("Not shown".to_owned(), format!("{more} more fields")));
    }
    rows
}

fn plain(text: &str, rows: &[(String, String)]) -> String {
    let mut plain = format!("{}\r\n\r\n", visible(text));
    for (name, value) in rows {
        let _ = write!(plain, "{name}: {}\r\n", falco::in_one_line(value.clone()));
    }
    plain
}

fn html(alert: &Alert, text: &str, rows: &[(String, String)]) -> String {
    let color = color(alert.priority());
    let mut html = format!(
        "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head>\r\n<body style=\"font-family:sans-serif\">\r\n\
         <p style=\"border-left:6px solid {color};padding:8px;white-space:pre-wrap\">{}</p>\r\n<table cellpadding=\"4\">\r\n",
        escaped(&visible(text))
    );
    for (name, value) in rows {
        let (name, value) = (escaped(name), escaped(&falco::in_one_line(value.clone())));
        let _ = write!(html, "<tr><th align=\"left\" valign=\"top\">{name}</th><td>{value}</td></tr>\r\n");
    }
    html.push_str("</table>\r\n</body></html>\r\n");
    html
}

/// The text in its lines, without other control characters.
fn visible(text: &str) -> String {
    text.lines().map(|line| falco::in_one_line(line.to_owned())).collect::<Vec<_>>().join("\r\n")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn color(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Error => "#e20b0b",
        Priority::Alert | Priority::Critical => "#ff5400",
        Priority::Warning => "#ffc700",
        Priority::Notice => "#5bffb5",
        Priority::Informational => "#68c2ff",
        Priority::Unspecified | Priority::Debug => "#ccfff2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    fn letterhead(format: SmtpFormat) -> Letterhead {
        Letterhead {
            from: "Saker <saker@example.com>".parse().unwrap(),
            to: ["ops@example.com", "Jörg <joerg@example.com>"].map(|text| text.parse().unwrap()).into(),
            subject: "[<priority>] <rule> (<cluster>)".parse().unwrap(),
            format,
            headers: CustomHeaders::default(),
        }
    }

    fn mail(format: SmtpFormat, alert: &Alert) -> String {
        String::from_utf8(letterhead(format).mail(&Shown::plain(alert))).unwrap()
    }

    #[test]
    fn an_alert_as_text_and_html() {
        insta::assert_snapshot!(mail(SmtpFormat::Html, &alert()));
        let all = every_kind_of_field();
        insta::assert_snapshot!(mail(SmtpFormat::Text, &all));
        assert_eq!(mail(SmtpFormat::Html, &all), mail(SmtpFormat::Html, &all));
    }

    #[test]
    fn an_event_writes_no_headers_and_no_mark_up() {
        let forged = Alert {
            rule: "R\r\nBcc: x@example.com\r\n\r\nbody".into(),
            cluster: "<script>alert(1)</script>".into(),
            message: "<b>\r\n.\r\nQUIT".into(),
            ..alert()
        };
        let text = mail(SmtpFormat::Html, &forged);
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        let (_, html) = text.split_once("text/html").unwrap();
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    }

    #[test]
    fn what_is_long_is_cut_and_marked() {
        let long = Alert { rule: "ä".repeat(100_000), message: "ü".repeat(1_000_000), ..alert() };
        let text = mail(SmtpFormat::Text, &long);
        assert!(text.len() < 300_000, "{}", text.len());
        assert!(text.lines().all(|line| line.len() <= 998), "lines are bounded");
    }
}
