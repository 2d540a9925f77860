//! Conditions as text: lexer, parser, tree, printer.

pub mod ast;
