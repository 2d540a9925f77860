//! The notifier: alerts from the bus to people. Each sink is a durable consumer of its own, so that one that is down
//! holds up no other; an alert is settled once the sink has taken it.

mod abandoned;
mod attempt;
mod circuit;
mod delivery;
mod dispatch;
pub mod falco;
mod field_names;
mod filter;
pub mod grpc;
mod lag;
mod monitor;
mod priority;
mod rate;
mod retry;
mod sent;
mod settings;
mod shown;
pub mod sink;
mod spans;
mod view;

#[cfg(test)]
mod examples;

pub use dispatch::{Notifier, NotifierError, SinkErrors};
pub use filter::Filter;
pub use monitor::Monitor;
pub use priority::{MinimumPriority, PriorityError};
pub use rate::{Rate, RateError};
pub use retry::RetrySettings;
pub use settings::{DeliverySettings, Settings, SinkName, SinkNameError, SinkSettings};
