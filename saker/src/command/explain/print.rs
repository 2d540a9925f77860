//! Explanations on standard output, as text or JSON.

use std::io::{self, BufWriter, StdoutLock, Write};

use rules::explain::{Explanation, Head, Look};
use serde_json::{Value, json};

use super::Format;
use super::look::look;

/// So many rules are listed unless all are asked for; those that match always are.
pub(super) const NEAREST: usize = 10;
/// The most that the names of rules may take of a line, in parts of it.
const NAMES: (usize, usize) = (2, 5);

/// Where explanations go, and in which form.
pub(super) struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    format: Format,
    look: Look,
}

impl Printer {
    pub(super) fn new(format: Format) -> Self {
        Self { out: BufWriter::new(io::stdout().lock()), format, look: look() }
    }

    /// A rule and an event, at length.
    pub(super) fn whole(&mut self, head: &Head, explanation: &Explanation) -> io::Result<()> {
        if self.format == Format::Json {
            return self.json(head, explanation.to_json());
        }
        self.head(head)?;
        self.out.write_all(explanation.to_text(self.look).as_bytes())?;
        self.out.flush()
    }

    /// A rule and one of several events, in a line.
    pub(super) fn brief(&mut self, head: &Head, explanation: &Explanation) -> io::Result<()> {
        if self.format == Format::Json {
            return self.json(head, explanation.to_brief_json());
        }
        let mark = self.look.painted_mark(explanation.matches());
        let event = self.event_column(head);
        let used = self.look.mark(true).chars().count() + 1 + event.chars().count() + 2;
        let told = self.look.cut(&explanation.gist(), self.look.width.saturating_sub(used));
        writeln!(self.out, "{mark} {event}  {told}")
    }

    /// One of several events and the rules that raise an alert, in a line.
    pub(super) fn event(&mut self, head: &Head) -> io::Result<()> {
        if self.format == Format::Json {
            return writeln!(self.out, "{}", json!({"event": head.to_json()}));
        }
        let event = self.event_column(head);
        let alerts = if head.alerts.is_empty() { "-".to_owned() } else { head.alerts.join(", ") };
        let used = event.chars().count() + 2;
        let alerts = self.look.cut(&alerts, self.look.width.saturating_sub(used));
        writeln!(self.out, "{event}  {alerts}")
    }

    /// What to do next, once several events were listed.
    pub(super) fn choose(&mut self) -> io::Result<()> {
        self.out.flush()?;
        if self.format == Format::Text {
            let advice = "choose an event with --number N for the whole explanation";
            // Where stderr is gone there is nobody left to tell.
            let _ = writeln!(io::stderr().lock(), "{advice}");
        }
        Ok(())
    }

    /// All rules and an event, a line each, the nearest first.
    pub(super) fn rules(&mut self, head: &Head, explanations: &[Explanation], most: usize) -> io::Result<()> {
        if self.format == Format::Json {
            let rules: Vec<Value> = explanations.iter().map(Explanation::to_brief_json).collect();
            writeln!(self.out, "{}", json!({"event": head.to_json(), "rules": rules}))?;
            return self.out.flush();
        }
        self.head(head)?;
        if explanations.is_empty() {
            writeln!(self.out, "there are no rules")?;
        }
        let matching = explanations.iter().filter(|explanation| explanation.matches()).count();
        let shown = explanations.get(..most.max(matching)).unwrap_or(explanations);
        let longest = shown.iter().map(|explanation| explanation.rule.chars().count()).max().unwrap_or(0);
        let names = longest.min(self.look.width * NAMES.0 / NAMES.1);
        for explanation in shown {
            self.rule(explanation, names)?;
        }
        match explanations.len().saturating_sub(shown.len()) {
            0 => {}
            more => {
                let told = format!("{more} more rules are further off; --all lists them");
                writeln!(self.out, "\n{}", self.look.faint(&told))?;
            }
        }
        self.out.flush()
    }

    fn rule(&mut self, explanation: &Explanation, names: usize) -> io::Result<()> {
        let (mark, nearness) = (self.look.painted_mark(explanation.matches()), explanation.nearness());
        let nearness = match nearness.of {
            0 => "  -  ".to_owned(),
            of => format!("{:>2}/{of:<2}", nearness.holding),
        };
        let name = format!("{:<names$}", self.look.cut(&explanation.rule, names));
        let used = self.look.mark(true).chars().count() + nearness.len() + names + 5;
        let told = self.look.cut(&explanation.gist(), self.look.width.saturating_sub(used));
        writeln!(self.out, "{mark} {}  {}  {told}", self.look.faint(&nearness), self.look.strong(&name))
    }

    /// Which event this is about.
    fn head(&mut self, head: &Head) -> io::Result<()> {
        let what = self.look.cut(&format!("event {}: {}", head.number, head.to_text()), self.look.width);
        let which = format!("{}  auditID {}", head.time, head.audit_id);
        let which = self.look.faint(&self.look.cut(which.trim_end(), self.look.width));
        writeln!(self.out, "{what}\n{which}\n")
    }

    /// A number and what the event is, always as wide.
    fn event_column(&self, head: &Head) -> String {
        let room = self.look.width / 2;
        let text = self.look.cut(&format!("{:>4}  {}", head.number, head.to_text()), room);
        format!("{text:<room$}")
    }

    fn json(&mut self, head: &Head, explanation: Value) -> io::Result<()> {
        let mut whole = json!({"event": head.to_json()});
        if let (Value::Object(whole), Value::Object(members)) = (&mut whole, explanation) {
            whole.extend(members);
        }
        writeln!(self.out, "{whole}")?;
        self.out.flush()
    }
}
