//! The names of what stands in an output: fields, also those in transformers, and the transformers themselves.

use crate::output::tokens;
use crate::syntax::Dialect;
use crate::syntax::ast::{Argument, Operand};
use crate::syntax::print::canonical_operand;

/// In the order of the output. A transformer comes behind what it is applied to, and takes the place of one that it is
/// applied to last.
pub(super) fn output_fields(output: &str, dialect: Dialect) -> Vec<String> {
    tokens(output, dialect).iter().flat_map(names).collect()
}

fn names(token: &Operand) -> Vec<String> {
    let mut found = Found { names: Vec::new(), last_is_transformer: false };
    found.operand(token);
    found.names
}

struct Found {
    names: Vec<String>,
    last_is_transformer: bool,
}

impl Found {
    fn operand(&mut self, operand: &Operand) {
        if let Operand::Transform(transform) = operand {
            transform.arguments.iter().for_each(|argument| self.argument(argument));
            if self.last_is_transformer {
                self.names.pop();
            }
        }
        self.names.push(canonical_operand(operand));
        self.last_is_transformer = matches!(operand, Operand::Transform(_));
    }

    fn argument(&mut self, argument: &Argument) {
        match argument {
            Argument::Operand(operand) => self.operand(operand),
            Argument::Constant(_) => {}
            Argument::List(items) => items.iter().for_each(|item| self.argument(item)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &str) -> Vec<String> {
        output_fields(output, Dialect::Falco)
    }

    #[test]
    fn fields_come_in_order_and_as_often_as_they_stand_there() {
        assert_eq!(of("%ka.verb %8ka.uri.param[a] %ka.verb"), ["ka.verb", "ka.uri.param[a]", "ka.verb"]);
    }

    #[test]
    fn transformers_come_behind_their_fields() {
        assert_eq!(of("*x %toupper(ka.verb)"), ["ka.verb", "toupper(ka.verb)"]);
        assert_eq!(of("%toupper(tolower(ka.verb))"), ["ka.verb", "toupper(tolower(ka.verb))"]);
        let both = ["ka.verb", "toupper(ka.verb)", "ka.uri", "concat(toupper(ka.verb),ka.uri)"];
        assert_eq!(of("%concat(toupper(ka.verb), ka.uri)"), both);
    }
}
