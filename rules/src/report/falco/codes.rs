//! Falco's codes and what its validation says of each: the short text of errors, the long one of warnings.

use crate::diagnostic::{Code, Severity};

/// Falco's code; for what Falco does not know, the one that means nearly the same.
pub(super) fn code(code: Code) -> &'static str {
    code.falco().unwrap_or(match (code, code.severity()) {
        (Code::DuplicateKey | Code::StrayKey, _) => "LOAD_UNKNOWN_KEY",
        (_, Severity::Error) => "LOAD_ERR_VALIDATE",
        (_, Severity::Warning) => "LOAD_COMPILE_CONDITION",
    })
}

/// What a code means.
pub(super) fn description(code: &str) -> &'static str {
    match code {
        "LOAD_ERR_YAML_PARSE" => "YAML parse error",
        "LOAD_ERR_YAML_VALIDATE" => "Error validating internal structure of YAML file",
        "LOAD_ERR_COMPILE_CONDITION" => "Error compiling condition",
        "LOAD_ERR_COMPILE_OUTPUT" => "Error compiling output",
        "LOAD_ERR_VALIDATE" => "Error validating rule/macro/list/exception objects",
        warning => warning_description(warning),
    }
}

fn warning_description(code: &str) -> &'static str {
    match code {
        "LOAD_UNSAFE_NA_CHECK" => {
            "Comparing a field value with <NA> is unsafe and can lead to unpredictable behavior of the rule condition. \
             If you need to check for the existence of a field, consider using the 'exists' operator instead."
        }
        "LOAD_UNKNOWN_FILTER" => {
            "A rule condition or output refers to a field or evt.type that does not exist. This is normally an error, \
             but if a rule has a skip-if-unknown-filter property, the error is downgraded to a warning."
        }
        "LOAD_UNUSED_MACRO" => {
            "A macro is defined in the rules content but is not used by any other macro or rule."
        }
        "LOAD_DEPRECATED_ITEM" => "A deprecated item is employed by lists, macros, or rules.",
        "LOAD_UNKNOWN_KEY" => {
            "An item in the rules content contains an unrecognized key. The key will be ignored. This may indicate a \
             typo or a property placed on the wrong item type."
        }
        "LOAD_UNUSED_LIST" => "No rule, macro or other list uses a list that the rules content defines.",
        "LOAD_UNKNOWN_SOURCE" => "A rule is for a source whose events do not come here. It is left out.",
        "LOAD_UNKNOWN_ITEM" => "The rules content has an item of no known kind. It is left out.",
        "LOAD_APPEND_NO_VALUES" => "An exception is appended to, but no values are given.",
        "LOAD_EXCEPTION_NAME_NOT_UNIQUE" => "Two exceptions of one rule have the same name.",
        "LOAD_INVALID_MACRO_NAME" => "A macro has a name by which no condition can use it.",
        "LOAD_INVALID_LIST_NAME" => "A list has a name by which no condition can use it.",
        "LOAD_COMPILE_CONDITION" => "A condition or output can be read, but something about it is doubtful.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_of_falcos_and_a_description() {
        for known in Code::ALL {
            let falco = code(*known);
            assert_eq!(falco.starts_with("LOAD_ERR_"), known.severity() == Severity::Error, "{known:?}");
            assert!(!description(falco).is_empty(), "{known:?}: {falco}");
        }
    }
}
