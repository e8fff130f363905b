//! Traces, sent to a collector by OTLP over HTTP. Spans wait in a queue of bounded length, and a thread of its own sends
//! them: to requests it makes no difference whether anybody takes them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{Protocol, SpanExporter as Otlp, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter};
use tracing::Level;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::{Layer, Registry};

/// How long the collector may take for a batch of spans.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the server's end waits for the last of them.
const LAST: Duration = Duration::from_secs(2);

/// Where spans go.
type Spans = Filtered<OpenTelemetryLayer<Registry, SdkTracer>, Targets, Registry>;

/// What is being traced; nothing, where no collector is named.
pub(crate) struct Traces(Option<SdkTracerProvider>);

/// Sends spans to that collector from now on.
pub(super) fn start(collector: Option<&str>) -> anyhow::Result<(Option<Spans>, Traces)> {
    let Some(collector) = collector else { return Ok((None, Traces(None))) };
    let exporter = Otlp::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
        .with_timeout(PATIENCE)
        .build()
        .context("PARLOR_OTLP_URL can't be used")?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(Patient { exporter, failing: AtomicBool::new(false) })
        .with_resource(Resource::builder().with_service_name("parlor").with_attribute(version).build())
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("parlor"))
        // Nobody here asks OpenTelemetry for the current span; `tracing` knows it.
        .with_context_activation(false)
        .with_tracked_inactivity(false)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(Targets::new().with_target(api_actix::TRACED, Level::INFO));
    Ok((Some(layer), Traces(Some(provider))))
}

impl Traces {
    /// Sends what is left, for a while.
    pub(crate) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST)).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(%error, "the last traces are lost");
        }
    }
}

/// An exporter whose failures are counted, and told once and not for every batch.
#[derive(Debug)]
struct Patient {
    exporter: Otlp,
    failing: AtomicBool,
}

impl SpanExporter for Patient {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        match self.exporter.export(batch).await {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes traces again");
                }
            }
            Err(error) => {
                metrics::counter!("parlor_spans_lost_total").increment(spans);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the collector takes no traces; they are lost until it does");
                }
            }
        }
        Ok(())
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
