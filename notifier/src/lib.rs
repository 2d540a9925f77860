//! The notifier: alerts from the bus to people. Each sink is a durable consumer of its own, so that one that is down
//! holds up no other; an alert is settled once the sink has taken it.

mod abandoned;
mod attempt;
mod circuit;
mod clock;
mod delivery;
mod dispatch;
pub mod falco;
mod field_names;
mod filter;
mod group;
pub mod grpc;
mod lag;
mod lanes;
mod moment;
mod monitor;
mod policy;
mod priority;
mod rate;
mod reload;
mod retry;
mod routes;
mod sent;
mod settings;
mod shown;
mod silence;
pub mod sink;
mod source;
mod spans;
mod stack;
mod status;
mod tally;
mod template;
mod trial;
mod view;

#[cfg(test)]
mod examples;

pub use dispatch::{Notifier, NotifierError, SinkErrors};
pub use filter::Filter;
pub use group::{First, GroupSettings, KeyField};
pub use moment::{Moment, MomentError};
pub use monitor::Monitor;
pub use priority::{MinimumPriority, PriorityError};
pub use rate::{Rate, RateError};
pub use retry::RetrySettings;
pub use routes::Route;
pub use settings::{DeliverySettings, Settings, SinkName, SinkNameError, SinkSettings};
pub use silence::{Listed, Silence, SilenceError, Silences};
pub use status::{forget_status, sink_status};
pub use template::{BodyTemplate, Template};
pub use trial::{TrialError, try_sink};
