//! Rules that change while the evaluator runs: in files and on the bus.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must stop and say why")]

mod files;
mod pushes;
mod support;
