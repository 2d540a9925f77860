//! What is wrong with rule files, told to machines: continuous integration, editors, and what read Falco's validation.

mod falco;
mod github;
mod inventory;
mod schema;

pub use falco::validation;
pub use github::annotation;
pub use inventory::Inventory;
