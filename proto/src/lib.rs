//! The wire contract: what travels on the bus and what the operator's socket speaks. No logic.
#![expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::too_many_lines,
    reason = "generated from proto/"
)]

/// Audit events on their way from ingest to the evaluators.
pub mod events {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/saker.events.v1.rs"));
    }
}

/// Alerts on their way from the evaluators to the notifier.
pub mod alerts {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/saker.alerts.v1.rs"));
    }
}

/// The bus itself: dead letters, rules that were pushed, and the operator's service of a local store.
pub mod bus {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/saker.bus.v1.rs"));
    }
}

/// What notifiers know together.
pub mod notifier {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/saker.notifier.v1.rs"));
    }
}
