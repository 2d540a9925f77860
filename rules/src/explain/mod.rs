//! Why a rule matches an event, or which part of its condition fails.
//!
//! Nothing is evaluated in a second way: each part of a condition is compiled by itself, as the program compiles it, and
//! the same evaluation answers for it.

mod explanation;
mod find;
mod head;
mod json;
mod roles;
mod seen;
mod sketch;
mod text;

pub use explanation::{
    Comparison, Detail, Explanation, Nearness, Part, PartKind, Reason, Role, Silence, Within,
};
pub use find::{NoSuchRule, find};
pub use head::Head;
pub use seen::{Excerpt, Seen};
pub use text::{Colour, Glyphs, Look};

use std::collections::HashSet;

use crate::event::{Event, NotAnEvent, Tape};
use crate::fields::{Context, Facts};
use crate::load::{ForeignRule, Loaded};
use crate::options::Options;
use crate::program::{Evaluator, Probe, ProbeBuilder, Program, Rule};
use sketch::Sketch;

/// Explains rules of a ruleset, event after event.
pub struct Explainer {
    program: Program,
    evaluator: Evaluator,
    options: Options,
    rules: Vec<Explained>,
    foreign: Vec<ForeignRule>,
    probe: Probe,
    tape: Tape,
    /// The time of the first event, for `evt.reltime`.
    first_unix_nanos: Option<i64>,
}

/// A rule that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleId(Place);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ours(usize),
    Foreign(usize),
}

/// A rule, ready to be explained or with what is wrong with it, and whether it is evaluated.
struct Explained {
    sketch: Result<Sketch, Vec<String>>,
    active: bool,
}

/// An event that was read, with the rules that raise an alert.
struct Judged<'a> {
    facts: Facts<'a>,
    number: u64,
    alerts: Vec<usize>,
}

impl Explainer {
    /// Of rules that were loaded with these options; none if they have errors.
    #[must_use]
    pub fn new(loaded: &Loaded, options: &Options) -> Option<Self> {
        let program = loaded.program.clone()?;
        let mut builder = ProbeBuilder::default();
        let resolved = &loaded.resolved;
        let active: HashSet<usize> = resolved.active.iter().copied().collect();
        let explained = resolved.rules.iter().enumerate().map(|(at, rule)| Explained {
            sketch: Sketch::new(rule, options, &mut builder),
            active: active.contains(&at),
        });
        let rules = explained.collect();
        Some(Self {
            evaluator: program.evaluator(),
            program,
            options: options.clone(),
            rules,
            foreign: loaded.foreign.clone(),
            probe: builder.finish(options),
            tape: Tape::default(),
            first_unix_nanos: None,
        })
    }

    /// The rule that is meant by a name, or by a part of one that no other rule has.
    ///
    /// # Errors
    /// Where none is meant, or several are.
    pub fn find(&self, name: &str) -> Result<RuleId, NoSuchRule> {
        let rules = self.program.rules();
        let foreign = self.foreign.iter().map(|rule| rule.name.as_str());
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).chain(foreign).collect();
        let at = find::find(name, &names)?;
        Ok(RuleId(match at.checked_sub(rules.len()) {
            None => Place::Ours(at),
            Some(at) => Place::Foreign(at),
        }))
    }

    /// What an event is known by, and which rules raise an alert. The first event counts as the first of the stream.
    ///
    /// # Errors
    /// Where it is no event.
    pub fn head(&mut self, event: &[u8], context: &Context<'_>) -> Result<Head, NotAnEvent> {
        self.judge(event, context, |own, judged| {
            let names = judged.alerts.iter().filter_map(|&rule| own.rule(rule));
            Head::of(&judged.facts, judged.number, names.map(|rule| rule.name.clone()).collect())
        })
    }

    /// Why a rule matches an event or does not.
    ///
    /// # Errors
    /// Where it is no event.
    pub fn explain(
        &mut self,
        rule: RuleId,
        event: &[u8],
        context: &Context<'_>,
    ) -> Result<Explanation, NotAnEvent> {
        self.judge(event, context, |own, judged| own.explanation(rule, &judged))
    }

    /// The same of every rule for audit events, in order of definition.
    ///
    /// # Errors
    /// Where it is no event.
    pub fn explain_all(
        &mut self,
        event: &[u8],
        context: &Context<'_>,
    ) -> Result<Vec<Explanation>, NotAnEvent> {
        self.judge(event, context, |own, judged| {
            let all = (0..own.rules.len()).map(|at| RuleId(Place::Ours(at)));
            all.map(|rule| own.explanation(rule, &judged)).collect()
        })
    }

    fn rule(&self, at: usize) -> Option<&Rule> {
        self.program.rules().get(at)
    }

    fn judge<T>(
        &mut self,
        event: &[u8],
        context: &Context<'_>,
        say: impl FnOnce(&Self, Judged<'_>) -> T,
    ) -> Result<T, NotAnEvent> {
        let evaluation = self.evaluator.evaluate(event, context)?;
        let alerts = evaluation.matches.into_iter().map(|found| found.rule).collect();
        let mut tape = std::mem::take(&mut self.tape);
        let read = Event::read(event, &mut tape)?;
        let first = *self.first_unix_nanos.get_or_insert(read.time_unix_nanos);
        let facts = Facts::new(read, event, *context, first);
        let said = say(self, Judged { facts, number: context.number, alerts });
        self.tape = tape;
        Ok(said)
    }

    fn explanation(&self, rule: RuleId, judged: &Judged<'_>) -> Explanation {
        let at = match rule.0 {
            Place::Ours(at) => at,
            Place::Foreign(at) => return self.foreign.get(at).map(foreign).unwrap_or_else(nothing),
        };
        let (Some(rule), Some(explained)) = (self.rule(at), self.rules.get(at)) else { return nothing() };
        let mut silences = self.silences(rule, explained);
        let (mut condition, mut output) = (None, None);
        if let Ok(sketch) = &explained.sketch {
            let time = judged.facts.time_unix_nanos();
            let (part, text) = self.probe.look(&judged.facts, |probing| sketch.look(probing, time));
            let first = judged.alerts.first().filter(|_| part.holds && silences.is_empty());
            if let Some(&first) = first
                && !judged.alerts.contains(&at)
            {
                silences.extend(self.rule(first).map(|first| Silence::Earlier(first.name.clone())));
            }
            output = part.holds.then_some(text);
            condition = Some(part);
        }
        let (name, priority) = (rule.name.clone(), Some(rule.priority));
        Explanation { rule: name, priority, condition, silences, output }
    }

    /// What keeps a rule from raising alerts whatever the event.
    fn silences(&self, rule: &Rule, explained: &Explained) -> Vec<Silence> {
        let mut silences = Vec::new();
        if let Err(problems) = &explained.sketch {
            silences.push(Silence::LeftOut(problems.clone()));
        }
        let minimum = self.options.minimum_priority;
        if rule.priority > minimum {
            silences.push(Silence::BelowMinimum(minimum));
        }
        if !explained.active {
            match (rule.enabled, rule.priority > minimum) {
                (false, _) => silences.push(Silence::Disabled),
                (true, false) => silences.push(Silence::Deselected),
                (true, true) => {}
            }
        }
        silences
    }
}

fn foreign(rule: &ForeignRule) -> Explanation {
    let silences = vec![Silence::OtherSource(rule.source.clone())];
    Explanation { rule: rule.name.clone(), silences, ..nothing() }
}

fn nothing() -> Explanation {
    Explanation { rule: String::new(), priority: None, condition: None, silences: Vec::new(), output: None }
}
