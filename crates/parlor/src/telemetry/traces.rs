//! Traces, sent to a collector by OTLP over HTTP. A thread of its own sends them from a bounded queue, so that a slow or
//! missing collector does not delay requests.

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

/// Time for the collector to accept a batch of spans.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for sending the last spans at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Layer that turns spans into traces.
type Spans = Filtered<OpenTelemetryLayer<Registry, SdkTracer>, Targets, Registry>;

/// The running exporter; none without a collector.
pub(crate) struct Traces(Option<SdkTracerProvider>);

/// Starts sending spans to the collector. Returns `None` as the layer where no collector is set.
pub(super) fn start(collector: Option<&str>) -> anyhow::Result<(Option<Spans>, Traces)> {
    let Some(collector) = collector else { return Ok((None, Traces(None))) };
    let exporter = Otlp::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .context("can't use PARLOR_OTLP_URL")?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(LoggedOnce { exporter, failing: AtomicBool::new(false) })
        .with_resource(Resource::builder().with_service_name("parlor").with_attribute(version).build())
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("parlor"))
        // No code reads the current span from OpenTelemetry; `tracing` has it.
        .with_context_activation(false)
        .with_tracked_inactivity(false)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_filter(Targets::new().with_target(api_actix::TRACED, Level::INFO));
    Ok((Some(layer), Traces(Some(provider))))
}

impl Traces {
    /// Sends the remaining spans.
    pub(crate) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let sent =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT)).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(%error, "the last traces are lost");
        }
    }
}

/// An exporter that counts lost spans, and logs an outage once instead of for every batch.
#[derive(Debug)]
struct LoggedOnce {
    exporter: Otlp,
    failing: AtomicBool,
}

impl SpanExporter for LoggedOnce {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        match self.exporter.export(batch).await {
            Ok(()) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector accepts traces again");
                }
            }
            Err(error) => {
                metrics::counter!("parlor_spans_lost_total").increment(spans);
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the collector does not accept traces; they are lost until it does");
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
