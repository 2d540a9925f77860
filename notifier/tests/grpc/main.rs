//! The gRPC services on a local bus, as clients see them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop and say why")]

mod falco;
mod subscribe;
mod support;
