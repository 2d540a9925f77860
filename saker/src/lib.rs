//! The one binary for people: the whole line in one process, and the tools around it.

mod authority;
mod bundled;
pub mod command;
mod freshen;
mod kubeconfig;
mod payloads;
mod pem;
mod settings;
