//! [`Services`]: everything that is served on the port: our service, Falco's, health and reflection.

use std::sync::Arc;

use proto::alerts::v1::alerts_server::AlertsServer;
use proto::falco::{output, outputs, version};
use service::Shutdown;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tonic_reflection::server::Builder as Reflection;

use super::alerts::{AlertService, Shared};
use super::consumers::Consumers;
use super::falco::FalcoService;
use super::gate::Gate;
use super::hub::Hub;
use super::settings::GrpcSettings;
use super::streams::Streams;

/// The largest request that is taken. A filter is the largest there is.
const LARGEST_REQUEST: usize = 256 << 10;

type OutputsServer = outputs::service_server::ServiceServer<FalcoService>;
type OutputServer = output::service_server::ServiceServer<FalcoService>;
type VersionServer = version::service_server::ServiceServer<FalcoService>;

/// Everything that is served.
pub(crate) struct Services {
    shared: Shared,
    falco: FalcoService,
    health: HealthReporter,
}

impl Services {
    pub(crate) fn new(hub: Arc<Hub>, settings: &GrpcSettings, gate: Gate, shutdown: Shutdown) -> Self {
        let told = gate.told();
        let shared = Shared {
            hub,
            gate,
            consumers: Consumers::new(settings.max_consumers_per_identity, settings.ack_wait.get()),
            streams: Streams::new(settings.max_streams, told),
            heartbeat: settings.heartbeat.get(),
            shutdown,
        };
        let falco = FalcoService::new(shared.clone(), settings.look_back.get());
        Self { shared, falco, health: HealthReporter::new() }
    }

    /// All of them, by the names of their methods.
    pub(crate) async fn routes(&self) -> Routes {
        let health = &self.health;
        health.set_serving::<AlertsServer<AlertService>>().await;
        health.set_serving::<OutputsServer>().await;
        health.set_serving::<OutputServer>().await;
        health.set_serving::<VersionServer>().await;
        let alerts = AlertsServer::new(AlertService::new(self.shared.clone()));
        let outputs = OutputsServer::new(self.falco.clone());
        let output = OutputServer::new(self.falco.clone());
        let version = VersionServer::new(self.falco.clone());
        let checks = tonic_health::server::HealthService::from_health_reporter(health.clone());
        let mut routes = Routes::new(alerts.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(outputs.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(output.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(version.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(tonic_health::pb::health_server::HealthServer::new(checks));
        // The descriptors are part of the program: where they cannot be read, its tests fail.
        if let Ok(reflection) = described().build_v1() {
            routes = routes.add_service(reflection);
        }
        if let Ok(reflection) = described().build_v1alpha() {
            routes = routes.add_service(reflection);
        }
        routes.prepare()
    }

    /// Tells whoever asks about health that it is over.
    pub(crate) async fn stopping(&self) {
        self.health.set_not_serving::<AlertsServer<AlertService>>().await;
        self.health.set_not_serving::<OutputsServer>().await;
        self.health.set_not_serving::<OutputServer>().await;
        self.health.set_not_serving::<VersionServer>().await;
    }
}

fn described<'b>() -> Reflection<'b> {
    Reflection::configure()
        .register_encoded_file_descriptor_set(proto::PUBLIC_DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
