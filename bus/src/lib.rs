//! The message bus, seen as three verbs: **publish** (the answer comes once the message is stored), **deliver** (a
//! durable [`Consumer`] shares messages out among its workers) and **settle** (each [`Delivery`] is acknowledged,
//! retried or rejected; one that is merely dropped is retried).
//!
//! Two backends stand behind it: NATS JetStream (`nats://host:4222`) and a durable store in a directory of this
//! machine (`local:DIR`). A third, not chosen but fallen back to, speaks over the unix socket of a local store that
//! another process holds open, so that operator commands reach a running service.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use bus::{Bus, ConsumerSpec, Settings};
//! use proto::events::v1::EventChunk;
//!
//! let bus = Bus::open(&"local:./saker-data".parse()?, &Settings::default()).await?;
//! bus.publish(&EventChunk { cluster: "prod".into(), ..Default::default() }).await?;
//!
//! let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("evaluator")).await?;
//! let delivery = consumer.next().await?;
//! println!("{} events", delivery.message().events.len());
//! delivery.ack().await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod backend;
mod codec;
mod consumer;
mod content;
mod dead_letters;
pub mod decoding;
mod durability;
mod error;
mod handle;
mod id;
mod kv;
mod local;
mod nats;
mod reach;
mod reader;
mod retention;
mod room;
mod settings;
mod spans;
mod trace_context;

pub use address::{Address, AddressError};
pub use consumer::{Consumer, ConsumerSpec, Delivery};
pub use content::{Content, Stream, identified};
pub use dead_letters::{DeadLetters, Draft, Reason};
pub use error::BusError;
pub use handle::{Bus, ConsumerStatus, Receipt, Room, StreamStatus};
pub use id::{Id, IdError};
pub use kv::{Bucket, Entry, Watch};
pub use nats::outlet::{Arrival, Outlet, OutletError, OutletLogin, OutletMessage};
pub use reach::ReachError;
pub use reader::{Reader, Start, Stored};
pub use settings::{Settings, Tls, problems};
pub use trace_context::TraceContext;
