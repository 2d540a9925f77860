//! Alerts on a bus, delivered by syslog, mail and NATS: to the real programs, and to doubles that misbehave by script.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop and say why"
)]

#[expect(dead_code, reason = "the tool of several tests")]
#[path = "../support/mod.rs"]
mod support;

mod certificates;
#[path = "../../../bus/tests/nats_server.rs"]
mod nats_server;
mod programs;

mod aiosmtpd;
mod file;
mod mail_double;
mod mail_faults;
mod nats;
mod rsyslog;
mod syslog;
mod syslog_message;
mod syslog_receiver;
