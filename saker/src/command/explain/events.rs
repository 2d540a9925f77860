//! The events of a file, one after the other, and those that are meant.

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::path::Path;

use ingest::split::{Part, split};
use rules::Context;
use rules::explain::{Explainer, Head};

use crate::payloads::{self, Payload, Payloads};

/// Which events are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    Every,
    Number(u64),
    AuditId(String),
}

/// Reads events, holding those of one payload at a time.
pub(super) struct Events<'a> {
    payloads: Payloads<Box<dyn BufRead>>,
    cluster: &'a str,
    hostname: &'a str,
    /// Of the present payload.
    waiting: VecDeque<Vec<u8>>,
    line: u64,
    /// How many events were accepted: `evt.num`.
    count: u64,
}

/// An event that is meant.
pub(super) struct Found<'a> {
    pub(super) bytes: Vec<u8>,
    pub(super) head: Head,
    cluster: &'a str,
    hostname: &'a str,
}

impl Choice {
    /// Whether at most one event can be meant.
    pub(super) fn is_one(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// What to say where no event was meant, of a file with so many.
    pub(super) fn missed(&self, count: u64) -> String {
        let there = match count {
            0 => "holds no events".to_owned(),
            1 => "holds 1 event".to_owned(),
            count => format!("holds {count} events"),
        };
        match self {
            Self::Every => there,
            Self::Number(_) if count == 0 => there,
            Self::Number(number) => format!("there is no event {number}; the file {there}, counted from 1"),
            Self::AuditId(id) => format!("no event has the auditID {id}; the file {there}"),
        }
    }

    fn means(&self, head: &Head) -> bool {
        match self {
            Self::Every => true,
            Self::Number(number) => *number == head.number,
            Self::AuditId(id) => *id == head.audit_id,
        }
    }
}

impl Found<'_> {
    /// What the rules are told besides the event.
    pub(super) fn context(&self) -> Context<'_> {
        Context { number: self.head.number, cluster: self.cluster, hostname: Some(self.hostname) }
    }
}

impl<'a> Events<'a> {
    /// Of a file, or of standard input for `-`.
    pub(super) fn open(path: &Path, cluster: &'a str, hostname: &'a str) -> io::Result<Self> {
        let payloads = Payloads::new(payloads::open(path)?);
        Ok(Self { payloads, cluster, hostname, waiting: VecDeque::new(), line: 0, count: 0 })
    }

    /// How many events there were so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The next event that is meant. What is no event is warned of.
    pub(super) fn next(
        &mut self,
        choice: &Choice,
        explainer: &mut Explainer,
    ) -> io::Result<Option<Found<'a>>> {
        while let Some(bytes) = self.next_event()? {
            let number = self.count.saturating_add(1);
            let context = Context { number, cluster: self.cluster, hostname: Some(self.hostname) };
            match explainer.head(&bytes, &context) {
                Ok(head) => {
                    self.count = number;
                    if choice.means(&head) {
                        let (cluster, hostname) = (self.cluster, self.hostname);
                        return Ok(Some(Found { bytes, head, cluster, hostname }));
                    }
                }
                Err(error) => warn(self.line, &error.to_string()),
            }
        }
        Ok(None)
    }

    fn next_event(&mut self) -> io::Result<Option<Vec<u8>>> {
        while self.waiting.is_empty() {
            let Some(Payload { text, line }) = self.payloads.next()? else { return Ok(None) };
            self.line = line;
            for part in split(text.as_slice(), usize::MAX) {
                match part {
                    Ok(Part::Event(range)) => {
                        self.waiting.push_back(text.get(range).unwrap_or_default().to_vec());
                    }
                    Ok(Part::Broken(broken)) => warn(line, &broken.reason),
                    Err(error) => warn(line, &error.to_string()),
                }
            }
        }
        Ok(self.waiting.pop_front())
    }
}

/// Where stderr is gone there is nobody left to tell.
fn warn(line: u64, reason: &str) {
    let _ = writeln!(io::stderr().lock(), "warning: line {line}: {reason}");
}
