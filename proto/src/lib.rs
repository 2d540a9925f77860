//! The wire contract: what travels on the bus and what the operator's socket speaks. No logic.
#![expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::too_many_lines,
    non_camel_case_types,
    reason = "generated from proto/; Falco's names are in lower case"
)]

/// Audit events on their way from ingest to the evaluators.
pub mod events {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/saker.events.v1.rs"));
    }
}

/// Alerts on their way from the evaluators to the notifier, and the service that programs take them from.
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

/// Falco's own services, for clients that were made for them. The names are Falco's.
pub mod falco {
    /// What they share.
    pub mod schema {
        include!(concat!(env!("OUT_DIR"), "/falco.schema.rs"));
    }

    /// Alerts, as from 0.24 on.
    pub mod outputs {
        include!(concat!(env!("OUT_DIR"), "/falco.outputs.rs"));
    }

    /// Alerts, as up to 0.23.
    pub mod output {
        include!(concat!(env!("OUT_DIR"), "/falco.output.rs"));
    }

    /// The version.
    pub mod version {
        include!(concat!(env!("OUT_DIR"), "/falco.version.rs"));
    }
}

/// The descriptors of what programs of others speak, as a `FileDescriptorSet`: for reflection.
pub const PUBLIC_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/public.descriptors"));
