//! Spans on their way to an OTLP receiver: sampled, gathered within bounds, and never waited for.

use std::env;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter as Otlp, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};

use crate::TraceSettings;

use super::TelemetryError;

/// How many spans may wait; further ones are dropped.
const QUEUE: usize = 4096;

/// How many spans are sent at a time.
const BATCH: usize = 512;

/// How long a span may wait.
const DELAY: Duration = Duration::from_secs(2);

/// How long the receiver may take over some spans.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end of the process may wait for the last spans.
const FLUSH: Duration = Duration::from_secs(3);

/// How often at the most it is said that spans do not arrive.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// The variables that name a receiver where the settings do not.
const VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The exporter at work. Dropped, it sends what waits, for [`FLUSH`] at the most.
#[derive(Debug)]
pub(super) struct Export(SdkTracerProvider);

impl Export {
    /// Sends spans to where the settings or the environment say; `None` where they say nothing. Needs to be called
    /// inside a tokio runtime.
    pub(super) fn begin(name: &str, settings: &TraceSettings) -> Result<Option<Self>, TelemetryError> {
        let is_asked_for =
            VARIABLES.iter().any(|name| env::var_os(name).is_some_and(|text| !text.is_empty()));
        if settings.endpoint.is_none() && !is_asked_for {
            return Ok(None);
        }
        let mut builder = Otlp::builder().with_tonic().with_timeout(PATIENCE);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint.as_str());
        }
        let exporter = builder.build().map_err(|error| TelemetryError::Traces(error.to_string()))?;
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let batches = BatchSpanProcessor::builder(Telling::of(exporter)).with_batch_config(config).build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample.into()))))
            .with_resource(resource(name))
            .with_span_processor(batches)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What makes spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.0.tracer("saker")
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH) {
            tracing::debug!(%error, "the last spans did not arrive");
        }
    }
}

/// Who we are: what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say, else the name of the service.
fn resource(name: &str) -> Resource {
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let named = Resource::builder().build();
    let found = named.get(&"service.name".into()).map(|name| name.to_string());
    let builder = Resource::builder().with_attribute(version);
    match found {
        Some(found) if !found.starts_with("unknown_service") => builder.build(),
        _ => builder.with_service_name(name.to_owned()).build(),
    }
}

/// An exporter that says when it fails, once in a while, and when it works again.
#[derive(Debug)]
struct Telling<E> {
    exporter: E,
    /// When a failure was last told; `None` while all is well.
    told: Mutex<Option<Instant>>,
}

impl<E: SpanExporter> Telling<E> {
    fn of(exporter: E) -> Self {
        Self { exporter, told: Mutex::default() }
    }

    fn tell(&self, exported: &OTelSdkResult) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match exported {
            Ok(()) => {
                if told.take().is_some() {
                    tracing::info!("the OTLP receiver takes spans again");
                }
            }
            Err(error) if told.is_none_or(|told| told.elapsed() >= SAID_EVERY) => {
                *told = Some(Instant::now());
                tracing::warn!(%error, "spans do not reach the OTLP receiver and are lost; nothing else is");
            }
            Err(_) => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for Telling<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exported = self.exporter.export(batch).await;
        self.tell(&exported);
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
