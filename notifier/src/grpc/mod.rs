//! Alerts for programs, by gRPC: a stream that one can resume, shared consumers, look-ups; and Falco's own services for
//! clients that were made for them. One reader follows the bus for all subscribers; each of them is a place on the
//! stream and nothing more.

mod alerts;
mod caller;
mod connection;
mod consume;
mod consumers;
mod credentials;
mod cursor;
mod exposure;
mod falco;
mod falco_message;
mod gate;
mod hub;
mod identity;
mod keeper;
mod listen;
mod lookup;
mod mask;
mod monitor;
mod pattern;
mod refusal;
mod ring;
mod server;
mod services;
mod settings;
mod socket;
mod source;
mod start;
mod streams;
mod subscription;
mod viewer;
mod wanted;

pub use identity::GrpcIdentitySettings;
pub use listen::{Listen, ListenError};
pub(crate) use monitor::GrpcMonitor;
pub use pattern::Pattern;
pub use server::{Grpc, GrpcError};
pub use settings::GrpcSettings;
pub use socket::SocketMode;
