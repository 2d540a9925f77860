//! [`Group`]: alerts of one key at one sink, gathered in windows. Pure: the time is an argument.
//!
//! The first alert of a key opens the group; it is sent at once, or held. Those that follow within the window are counted.
//! When the window ends, what it has come to is one alert, and another window begins. A window in which nothing came ends
//! the group. What a window has come to is fixed before it is sent, and sent under an id of its own, so that a notifier
//! that dies in between, or a second one, neither loses nor doubles it.

use std::time::Duration;

use prost::Message;
use proto::alerts::v1::Alert;
use proto::notifier::v1::{Group as Wire, Part};

use super::settings::{First, GroupSettings};
use super::summary;
use crate::tally::{Members, Tally};

/// The version of [`Wire`] that this is.
const FORMAT: u32 = 1;

/// Alerts of one key at one sink.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    wire: Wire,
    tally: Tally,
    earlier: Members,
}

/// A group that is stored in a way that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a group on the bus cannot be read ({0}): is a newer notifier at work beside this one?")]
pub(crate) struct UnknownGroup(String);

/// What is to be done with an alert of the group's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the first, and is sent.
    Leads,
    /// It was counted.
    Counted,
    /// It is to be counted.
    New,
}

/// What the end of a window leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nothing came: the group is over.
    Group,
    /// Something is to be sent, and another window has begun.
    Window,
}

impl Group {
    /// Opened by its first alert.
    pub(crate) fn open(
        sink: &str,
        key: Vec<Part>,
        first: &Alert,
        settings: &GroupSettings,
        now: u64,
    ) -> Self {
        let mut tally = Tally::default();
        tally.count(first);
        let wire = Wire {
            format: FORMAT,
            sink: sink.to_owned(),
            first: Some(first.clone()),
            leader: if settings.first == First::Now { first.id.clone() } else { String::new() },
            key,
            began_unix_nanos: now,
            due_unix_nanos: now.saturating_add(nanos(settings.window.get())),
            repeat_nanos: nanos(settings.repeat()),
            ..Wire::default()
        };
        Self { wire, tally, earlier: Members::default() }
    }

    /// What is to be done with an alert.
    pub(crate) fn standing(&self, alert: &Alert) -> Standing {
        if !self.wire.leader.is_empty() && alert.id == self.wire.leader {
            Standing::Leads
        } else if self.tally.has(alert) || self.earlier.have(alert) {
            Standing::Counted
        } else {
            Standing::New
        }
    }

    /// Counts an alert.
    pub(crate) fn count(&mut self, alert: &Alert, now: u64) {
        if self.tally.summary().count == 0 {
            self.wire.first = Some(alert.clone());
            self.wire.several_rules = false;
        }
        self.tally.count(alert);
        if let Some(first) = &mut self.wire.first {
            self.wire.several_rules |= first.rule != alert.rule;
            first.priority = first.priority.min(alert.priority);
        }
        if self.tally.is_full() {
            self.wire.due_unix_nanos = self.wire.due_unix_nanos.min(now);
        }
    }

    /// When the window ends, in nanoseconds since the Unix epoch; at once where something is still to be sent.
    pub(crate) fn due(&self) -> u64 {
        if self.wire.closing.is_some() { 0 } else { self.wire.due_unix_nanos }
    }

    /// What is to be sent before all else.
    pub(crate) fn closing(&self) -> Option<&Alert> {
        self.wire.closing.as_ref()
    }

    /// What was to be sent is on the bus.
    pub(crate) fn sent(&mut self) {
        self.wire.closing = None;
    }

    /// Ends the window, which is due.
    pub(crate) fn end_window(&mut self, now: u64) -> Ended {
        let is_led = self.wire.window == 0 && !self.wire.leader.is_empty();
        // The alert that was sent at once has been told of.
        let untold = self.tally.summary().count.saturating_sub(u64::from(is_led));
        let repeat = self.wire.repeat_nanos;
        if untold > 0 {
            self.wire.closing = Some(summary::of(&self.wire, self.tally.summary(), now));
            self.begin_window(now, repeat);
            return Ended::Window;
        }
        let rest = repeat.saturating_sub(self.wire.due_unix_nanos.saturating_sub(self.wire.began_unix_nanos));
        if is_led && rest > 0 {
            self.begin_window(now, rest);
            return Ended::Window;
        }
        Ended::Group
    }

    fn begin_window(&mut self, now: u64, length: u64) {
        self.earlier = self.tally.members();
        self.tally = Tally::default();
        self.wire.window = self.wire.window.saturating_add(1);
        self.wire.began_unix_nanos = now;
        self.wire.due_unix_nanos = now.saturating_add(length);
    }

    /// As it was stored.
    ///
    /// # Errors
    /// Where a later version stored it, or it is nothing that was stored.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, UnknownGroup> {
        let mut wire = Wire::decode(bytes).map_err(|error| UnknownGroup(error.to_string()))?;
        if wire.format != FORMAT {
            return Err(UnknownGroup(format!("it has format {}", wire.format)));
        }
        let tally = Tally::of_wire(wire.tally.take().unwrap_or_default());
        let earlier = Members::of_wire(&std::mem::take(&mut wire.earlier));
        Ok(Self { wire, tally, earlier })
    }

    /// To be stored.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (tally, earlier) = (Some(self.tally.to_wire()), self.earlier.to_wire().into());
        Wire { tally, earlier, ..self.wire.clone() }.encode_to_vec()
    }

    /// The name of its sink.
    pub(crate) fn sink(&self) -> &str {
        &self.wire.sink
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::numbered;
    use proto::alerts::v1::Priority;
    use service::units::Span;

    const SECOND: u64 = 1_000_000_000;

    fn settings(first: First, repeat: Option<u64>) -> GroupSettings {
        let repeat = repeat.map(Span::seconds);
        GroupSettings { by: vec!["alert.rule".parse().unwrap()], window: Span::seconds(300), repeat, first }
    }

    fn opened(settings: &GroupSettings) -> Group {
        let part = Part { name: "alert.rule".into(), value: "Attach to pod".into() };
        Group::open("ops", vec![part], &numbered(0), settings, 0)
    }

    #[test]
    fn the_first_is_sent_and_those_that_follow_are_told_as_one() {
        let mut group = opened(&settings(First::Now, None));
        assert_eq!(group.standing(&numbered(0)), Standing::Leads);
        for number in 1..37 {
            assert_eq!(group.standing(&numbered(number)), Standing::New);
            group.count(&numbered(number), number * SECOND);
            assert_eq!(group.standing(&numbered(number)), Standing::Counted);
        }
        assert_eq!(group.due(), 300 * SECOND);
        assert_eq!(group.end_window(300 * SECOND), Ended::Window);
        let closing = group.closing().unwrap().clone();
        assert_eq!(closing.summary.unwrap().count, 37);
        assert_eq!((group.due(), group.standing(&numbered(5))), (0, Standing::Counted));
        group.sent();
        assert_eq!((group.closing(), group.due()), (None, 600 * SECOND));
        assert_eq!(group.end_window(600 * SECOND), Ended::Group);
    }

    #[test]
    fn a_lone_alert_that_was_sent_ends_its_group_unless_repetitions_are_to_be_rarer() {
        assert_eq!(opened(&settings(First::Now, None)).end_window(300 * SECOND), Ended::Group);
        let mut group = opened(&settings(First::Now, Some(3600)));
        assert_eq!(group.end_window(300 * SECOND), Ended::Window);
        assert_eq!((group.closing(), group.due()), (None, 3600 * SECOND));
        group.count(&numbered(1), 400 * SECOND);
        assert_eq!(group.end_window(3600 * SECOND), Ended::Window);
        assert_eq!(group.closing(), Some(&numbered(1)), "one alert is told as itself");
        group.sent();
        assert_eq!((group.due(), group.end_window(7200 * SECOND)), (7200 * SECOND, Ended::Group));
    }

    #[test]
    fn what_is_held_is_told_when_the_window_ends() {
        let mut group = opened(&settings(First::Held, None));
        assert_eq!(group.standing(&numbered(0)), Standing::Counted);
        assert_eq!(group.end_window(300 * SECOND), Ended::Window);
        assert_eq!(group.closing(), Some(&numbered(0)));
    }

    #[test]
    fn the_most_urgent_priority_and_other_rules_show() {
        let mut group = opened(&settings(First::Held, None));
        let urgent = Alert { priority: Priority::Critical.into(), rule: "Other".into(), ..numbered(1) };
        group.count(&urgent, 1);
        group.end_window(300 * SECOND);
        let closing = group.closing().unwrap();
        assert_eq!(closing.priority(), Priority::Critical);
        assert!(closing.message.starts_with("alerts of several rules ×2 in 5m"), "{}", closing.message);
    }

    #[test]
    fn a_full_group_is_due_at_once() {
        let mut group = opened(&settings(First::Now, None));
        for number in 1.. {
            group.count(&numbered(number), 7 * SECOND);
            if group.due() <= 7 * SECOND {
                break;
            }
        }
        assert_eq!(group.end_window(8 * SECOND), Ended::Window);
        assert!(group.closing().unwrap().message.contains("×4096 in 7s"), "{:?}", group.closing());
    }

    #[test]
    fn a_group_survives_the_bus() {
        let mut group = opened(&settings(First::Now, Some(3600)));
        (1..50).for_each(|number| group.count(&numbered(number), number));
        assert_eq!(Group::decode(&group.encode()).unwrap(), group);
        group.end_window(300 * SECOND);
        group.count(&numbered(77), 301 * SECOND);
        assert_eq!(Group::decode(&group.encode()).unwrap(), group);
        let newer = Wire { format: 2, ..Wire::default() }.encode_to_vec();
        assert!(Group::decode(&newer).unwrap_err().to_string().contains("newer notifier"));
        assert!(Group::decode(b"\xff").is_err());
    }
}
