//! The kinds of events that a rule or macro may be about, as Falco names them.

/// Those of a rule for audit events.
pub(super) const AUDIT: [&str; 2] = ["asyncevent", "pluginevent"];

/// Those of whatever does not say where its events come from: every kind that Falco 0.44.1 knows, system calls nearly
/// all of them, in the order in which it names them.
pub(super) fn every() -> impl Iterator<Item = &'static str> {
    include_str!("events.txt").split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audit_events_are_among_them() {
        assert_eq!(every().filter(|event| AUDIT.contains(event)).count(), AUDIT.len());
    }
}
