//! Alerts as they are printed: a line in colours, or an object of JSON.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use notifier::falco;
use proto::alerts::v1::{Alert, Priority};

/// How alerts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A line: time, priority, cluster, message.
    Text,
    /// Falco's JSON with the alert's id.
    Json,
}

/// Prints an alert; colours where the output is a terminal that is meant to have them.
pub(super) fn alert(alert: &Alert, form: Form) -> io::Result<()> {
    let line = match form {
        Form::Json => falco::json(alert, falco::Form::Extended),
        Form::Text => line(alert),
    };
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Tells the person at the terminal.
pub(super) fn note(text: &str) {
    // Where stderr is gone there is nobody left to tell.
    let _ = writeln!(anstream::stderr().lock(), "saker tail: {text}");
}

fn line(alert: &Alert) -> String {
    let text = falco::text(alert);
    let Some((time, rest)) = text.split_once(": ") else { return text };
    let name = falco::priority_name(alert);
    let message = rest.strip_prefix(name).unwrap_or(rest);
    let (colour, dim) = (colour(alert.priority()), Style::new().dimmed());
    let cluster = if alert.cluster.is_empty() || alert.cluster == "default" {
        String::new()
    } else {
        let cluster: String = alert.cluster.chars().filter(|c| !c.is_control()).collect();
        format!(" {dim}[{cluster}]{dim:#}")
    };
    format!("{dim}{time}{dim:#} {colour}{name}{colour:#}{cluster}{message}")
}

fn colour(priority: Priority) -> Style {
    let style = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match priority {
        Priority::Emergency | Priority::Alert => style(AnsiColor::Magenta).bold(),
        Priority::Critical => style(AnsiColor::Red).bold(),
        Priority::Error => style(AnsiColor::Red),
        Priority::Warning => style(AnsiColor::Yellow),
        Priority::Notice => style(AnsiColor::Cyan),
        Priority::Informational => style(AnsiColor::Green),
        Priority::Unspecified | Priority::Debug => Style::new().dimmed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_how_urgent_where_and_what() {
        let mut alert = Alert {
            cluster: "prod\u{1b}".into(),
            priority: Priority::Warning.into(),
            message: "Attach\n(user=alice)".into(),
            ..Alert::default()
        };
        let plain = |alert: &Alert| anstream::adapter::strip_str(&line(alert)).to_string();
        assert_eq!(plain(&alert), "00:00:00.000000000 Warning [prod] Attach\\n(user=alice)");
        assert!(line(&alert).contains("\u{1b}[33mWarning\u{1b}[0m"));
        alert.cluster = "default".into();
        assert_eq!(plain(&alert), "00:00:00.000000000 Warning Attach\\n(user=alice)");
    }
}
