//! A rule made ready to be explained: every part of its condition compiled by itself, and every operand in it.

use std::sync::Arc;

use super::explanation::{Comparison, Detail, Part, PartKind, Role};
use super::roles;
use super::seen::{Excerpt, Seen};
use crate::check::ir::{Condition, Predicate, Test};
use crate::check::{ProblemKind, check_condition, check_operand};
use crate::fields::{Extracted, Kind};
use crate::options::Options;
use crate::output::{Slots, Template};
use crate::program::{Group, NodeId, ProbeBuilder, Probing, SlotId};
use crate::ruleset::outline::{self, NamedList, Outline};
use crate::ruleset::resolved::ResolvedRule;
use crate::syntax::ast::{self, Argument, Check, Expr, Operand, Right};
use crate::syntax::print::canonical_operand;
use crate::value::TextSet;

/// A rule that can be explained.
pub(super) struct Sketch {
    condition: Node,
    template: Template,
}

struct Node {
    id: NodeId,
    kind: Kinds,
}

enum Kinds {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Macro(String, Box<Node>),
    Exception(String, Box<Node>),
    Comparison(Box<Compared>),
}

struct Compared {
    text: String,
    lists: Vec<Arc<NamedList>>,
    operands: Vec<Watched>,
    several: Several,
}

/// An operand by name.
struct Watched {
    name: String,
    slot: SlotId,
    kind: Kind,
}

/// What a comparison compares that is more than one thing.
enum Several {
    No,
    /// The elements of a list with a set that all of them must be in.
    Within(SlotId, TextSet),
    /// The elements of a list with a set that one of them must be in.
    Touches(SlotId, TextSet),
    /// A value with each of these.
    Alternatives(Vec<(String, NodeId)>),
}

impl Sketch {
    /// Of a rule; or why it cannot be evaluated.
    pub(super) fn new(
        rule: &ResolvedRule,
        options: &Options,
        builder: &mut ProbeBuilder,
    ) -> Result<Self, Vec<String>> {
        let mut sketcher = Sketcher { builder, problems: Vec::new() };
        let condition = rule.outline.as_deref().and_then(|outline| sketcher.node(outline));
        let mut problems = sketcher.problems;
        let template = Template::new(rule, options, builder)
            .map_err(|found| problems.extend(found.into_iter().map(|(_, problem)| problem)));
        match (condition, template) {
            (Some(condition), Ok(template)) if problems.is_empty() => Ok(Self { condition, template }),
            _ => Err(problems.iter().map(ToString::to_string).collect()),
        }
    }

    /// The condition in an event, and the output.
    pub(super) fn look(&self, probing: &mut Probing<'_>, time_unix_nanos: i64) -> (Part, String) {
        let mut condition = self.condition.look(probing);
        roles::assign(&mut condition);
        (condition, probing.render(&self.template, time_unix_nanos).0)
    }
}

struct Sketcher<'b> {
    builder: &'b mut ProbeBuilder,
    problems: Vec<ProblemKind>,
}

impl Sketcher<'_> {
    fn node(&mut self, outline: &Outline) -> Option<Node> {
        Some(match outline {
            Outline::All(parts) => {
                let parts = self.nodes(parts)?;
                let id = self.builder.group(Group::All, parts.iter().map(|part| part.id));
                Node { id, kind: Kinds::All(parts) }
            }
            Outline::Any(parts) => {
                let parts = self.nodes(parts)?;
                let id = self.builder.group(Group::Any, parts.iter().map(|part| part.id));
                Node { id, kind: Kinds::Any(parts) }
            }
            Outline::Not(inner) => {
                let inner = self.node(inner)?;
                Node { id: self.builder.negated(inner.id), kind: Kinds::Not(Box::new(inner)) }
            }
            Outline::Macro(name, body) => {
                let body = self.node(body)?;
                Node { id: body.id, kind: Kinds::Macro(name.clone(), Box::new(body)) }
            }
            Outline::Exception(name, body) => {
                let body = self.node(body)?;
                Node { id: body.id, kind: Kinds::Exception(name.clone(), Box::new(body)) }
            }
            Outline::Comparison(comparison) => self.comparison(comparison)?,
        })
    }

    /// Every part is looked at, also behind a broken one.
    fn nodes(&mut self, parts: &[Outline]) -> Option<Vec<Node>> {
        let nodes: Vec<_> = parts.iter().map(|part| self.node(part)).collect();
        nodes.into_iter().collect()
    }

    fn comparison(&mut self, written: &outline::Comparison) -> Option<Node> {
        let check = &written.check;
        let condition = self.checked(check)?;
        let several = self.several(check, &condition);
        let id = self.builder.condition(condition);
        let mut operands = Vec::new();
        self.watch(&check.left, &mut operands);
        if let ast::Test::Compare(_, Right::Operand(right)) = &check.test {
            self.watch(right, &mut operands);
        }
        let (text, lists) = (written.written.clone(), written.lists.clone());
        let compared = Compared { text, lists, operands, several };
        Some(Node { id, kind: Kinds::Comparison(Box::new(compared)) })
    }

    fn checked(&mut self, check: &Check) -> Option<Condition> {
        let checked = check_condition(&Expr::Check(check.clone()));
        checked.map_err(|found| self.problems.extend(found.into_iter().map(|(_, kind)| kind))).ok()
    }

    fn several(&mut self, check: &Check, condition: &Condition) -> Several {
        let Condition::Test(Test { operand, predicate }) = condition else { return Several::No };
        match (predicate, &check.test) {
            (Predicate::Subset(set), _) => Several::Within(self.builder.slot(operand), set.clone()),
            (Predicate::Overlaps(set), _) => Several::Touches(self.builder.slot(operand), set.clone()),
            (_, ast::Test::Quantified(operator, _, constants)) => {
                let mut alternatives = Vec::new();
                for constant in constants {
                    let right = Right::Constant(constant.clone());
                    let test = ast::Test::Compare(*operator, right);
                    let single = Check { left: check.left.clone(), test, place: check.place.clone() };
                    if let Some(condition) = self.checked(&single) {
                        alternatives.push((constant.value.clone(), self.builder.condition(condition)));
                    }
                }
                Several::Alternatives(alternatives)
            }
            _ => Several::No,
        }
    }

    /// The fields first that a transformer is applied to, then what it makes of them.
    fn watch(&mut self, operand: &Operand, watched: &mut Vec<Watched>) {
        let operand = match operand {
            Operand::Val(field) => &Operand::Field(field.clone()),
            other => other,
        };
        if let Operand::Transform(transform) = operand {
            transform.arguments.iter().for_each(|argument| self.watch_argument(argument, watched));
        }
        let name = canonical_operand(operand);
        if let Ok(checked) = check_operand(operand)
            && !watched.iter().any(|known| known.name == name)
        {
            let (slot, kind) = (self.builder.slot(&checked), checked.kind());
            watched.push(Watched { name, slot, kind });
        }
    }

    fn watch_argument(&mut self, argument: &Argument, watched: &mut Vec<Watched>) {
        match argument {
            Argument::Operand(operand) => self.watch(operand, watched),
            Argument::List(items) => items.iter().for_each(|item| self.watch_argument(item, watched)),
            Argument::Constant(_) => {}
        }
    }
}

impl Node {
    fn look(&self, probing: &mut Probing<'_>) -> Part {
        let mut all = |parts: &[Self]| parts.iter().map(|part| part.look(probing)).collect();
        let kind = match &self.kind {
            Kinds::All(parts) => PartKind::All(all(parts)),
            Kinds::Any(parts) => PartKind::Any(all(parts)),
            Kinds::Not(inner) => PartKind::Not(Box::new(inner.look(probing))),
            Kinds::Macro(name, body) => PartKind::Macro(name.clone(), Box::new(body.look(probing))),
            Kinds::Exception(name, body) => PartKind::Exception(name.clone(), Box::new(body.look(probing))),
            Kinds::Comparison(compared) => PartKind::Comparison(Box::new(compared.look(probing))),
        };
        let holds = probing.holds(self.id);
        let weight = roles::weight(&kind, holds);
        Part { kind, holds, role: Role::Beside, weight }
    }
}

impl Compared {
    fn look(&self, probing: &mut Probing<'_>) -> Comparison {
        let seen = |watched: &Watched| {
            let value = probing.value(watched.slot);
            (watched.name.clone(), Seen::of(value, watched.kind, probing.texts()))
        };
        let values = self.operands.iter().map(seen).collect();
        let (text, lists) = (self.text.clone(), self.lists.clone());
        Comparison { text, values, lists, detail: self.several.look(probing) }
    }
}

impl Several {
    fn look(&self, probing: &mut Probing<'_>) -> Option<Detail> {
        match self {
            Self::No => None,
            Self::Within(slot, set) => {
                let outside = elements(*slot, probing, |element| !set.contains(element))?;
                (!outside.is_empty()).then_some(Detail::NotAmong(outside))
            }
            Self::Touches(slot, set) => {
                let inside = elements(*slot, probing, |element| set.contains(element))?;
                (!inside.is_empty()).then_some(Detail::Among(inside))
            }
            Self::Alternatives(alternatives) => {
                let held = alternatives.iter().filter(|(_, node)| probing.holds(*node));
                Some(Detail::HoldsFor(held.map(|(value, _)| value.clone()).collect()))
            }
        }
    }
}

/// Those elements of a list that are meant; none if it is absent.
fn elements(
    slot: SlotId,
    probing: &mut Probing<'_>,
    is_meant: impl Fn(&[u8]) -> bool,
) -> Option<Vec<Excerpt>> {
    let Extracted::List(list) = probing.value(slot) else { return None };
    let texts = probing.texts();
    let meant = texts.list(list).iter().map(|&piece| texts.get(piece)).filter(|element| is_meant(element));
    Some(meant.map(Excerpt::of).collect())
}
