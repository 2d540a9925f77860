//! A condition: parsing never fails but with an error in the text, printing what was parsed and parsing that gives the
//! same, and what compiles can be evaluated.

use rules::check::check_condition;
use rules::syntax::ast::Expr;
use rules::syntax::print::canonical;
use rules::syntax::{Dialect, parse_condition};

/// Holds what must be true of any text against one.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in [Dialect::Saker, Dialect::Falco] {
        match parse_condition(text, dialect) {
            Ok(expr) => parsed(&expr, dialect),
            Err(error) => assert!(text.get(error.place.clone()).is_some(), "{error:?}"),
        }
    }
}

fn parsed(expr: &Expr, dialect: Dialect) {
    let _ = check_condition(expr);
    let _ = canonical(expr);
    // Printing is faithful in the dialect that can say everything.
    if dialect == Dialect::Saker {
        let printed = expr.to_string();
        let again = parse_condition(&printed, dialect).unwrap_or_else(|error| panic!("{error:?}: {printed}"));
        assert_eq!(again.to_string(), printed);
    }
}
