//! What whoever runs Saker sees of it: metrics, readiness, traces and the log.

mod metrics;
mod readiness;
mod support;
mod traces;
