//! The audit webhook: request bodies in, chunks of events on the bus.
//!
//! A body is split ([`split`]) without a tree or a copy, packed into chunks, and answered with 200 only once the bus
//! has stored all of it. What is no event goes to the dead letters.

pub mod split;
