//! Logs, metrics and traces.

pub(crate) mod metrics;
mod traces;

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::settings::{LogFormat, Settings};
pub(crate) use traces::Traces;

/// Starts logging to standard error, and sending traces if a collector is set.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<Traces> {
    let traced = if settings.otlp_url.is_some() { "info" } else { "off" };
    let filter = EnvFilter::try_new(&settings.log)
        .context("Invalid value for PARLOR_LOG: must be a filter such as info or parlor=debug")?
        // It logs the end of every WebSocket as an error.
        .add_directive("actix_http::h1::dispatcher=off".parse()?)
        // Lines carry the fields of their request's span, whatever the filter.
        .add_directive(format!("{}=info", api_actix::REQUEST).parse()?)
        .add_directive(format!("{}={traced}", api_actix::TRACED).parse()?);
    let default = if std::io::stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json };
    let format = settings.log_format.unwrap_or(default);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().with_span_list(false).boxed(),
    };
    let (spans, traces) = traces::start(settings.otlp_url.as_deref())?;
    // Spans for traces alone stay out of the log. No code may call `tracing::enabled!`: after a call for a target that is
    // filtered here, the next line would be lost (filters of single layers keep the last decision of their thread).
    let lines = lines.with_filter(filter_fn(|metadata| metadata.target() != api_actix::TRACED));
    let subscriber = tracing_subscriber::registry().with(spans).with(lines).with(filter);
    subscriber.try_init().map_err(|error| anyhow::anyhow!("can't start logging: {error}"))?;
    Ok(traces)
}
