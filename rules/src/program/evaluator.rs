//! Events in, matches out.

use std::sync::Arc;

use super::run::{Memory, Run};
use super::{Inner, Value};
use crate::event::{Event, NotAnEvent, Tape};
use crate::fields::{Context, Facts};
use crate::options::{Matching, TimeFormat};

/// Holds events against a program, one after the other. Its memory is used again from event to event.
#[derive(Debug)]
pub struct Evaluator {
    program: Arc<Inner>,
    tape: Tape,
    memory: Memory,
    /// The time of the first event, for `evt.reltime`.
    first_unix_nanos: Option<i64>,
}

/// What a program makes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The `stageTimestamp` of the event.
    pub time_unix_nanos: i64,
    /// How that time is to be written before the outputs.
    pub time_format: TimeFormat,
    /// The rules that match, in order; at most one if only the first is asked for.
    pub matches: Vec<Match>,
}

/// A rule that matches an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Its place in [`super::Program::rules`].
    pub rule: usize,
    /// Its output, without time and priority.
    pub message: String,
    /// The fields of its output, sorted by name; those that the event lacks have no value.
    pub fields: Vec<(String, Option<Value>)>,
}

impl Evaluator {
    pub(super) fn new(program: Arc<Inner>) -> Self {
        let memory = Memory::new(&program.plan);
        Self { program, tape: Tape::default(), memory, first_unix_nanos: None }
    }

    pub(super) fn going_on_from(self, before: &Self) -> Self {
        Self { first_unix_nanos: before.first_unix_nanos, ..self }
    }

    /// Holds an event against all rules.
    pub fn evaluate(&mut self, event: &[u8], context: &Context<'_>) -> Result<Evaluation, NotAnEvent> {
        let Self { program, tape, memory, first_unix_nanos } = self;
        let read = Event::read(event, tape)?;
        let time_unix_nanos = read.time_unix_nanos;
        let first = *first_unix_nanos.get_or_insert(time_unix_nanos);
        let facts = Facts::new(read, event, *context, first);
        let mut run = Run::new(&program.plan, &facts, memory);
        run.pick_candidates();
        let mut matches = Vec::new();
        let mut from = 0;
        while let Some(found) = run.next_match(from) {
            matches.extend(program.plan.rules.get(found).map(|rule| {
                let (message, fields) = rule.template.render(time_unix_nanos, &mut run);
                Match { rule: rule.rule, message, fields }
            }));
            if program.matching == Matching::First {
                break;
            }
            from = found + 1;
        }
        Ok(Evaluation { time_unix_nanos, time_format: program.time_format, matches })
    }
}
