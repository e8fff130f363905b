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

/// Logs to standard error, and traces where the settings say so, from now on.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<Traces> {
    let others = if settings.otlp_url.is_some() { "info" } else { "off" };
    let filter = EnvFilter::try_new(&settings.log)
        .context("PARLOR_LOG must be a filter such as info or parlor=debug")?
        // It takes the end of every WebSocket for an error.
        .add_directive("actix_http::h1::dispatcher=off".parse()?)
        // A line is told which request it belongs to, whatever else is logged.
        .add_directive(format!("{}=info", api_actix::REQUEST).parse()?)
        .add_directive(format!("{}={others}", api_actix::TRACED).parse()?);
    let pretty = LogFormat::Pretty;
    let format =
        settings.log_format.unwrap_or(if std::io::stderr().is_terminal() { pretty } else { LogFormat::Json });
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().with_span_list(false).boxed(),
    };
    let (spans, traces) = traces::start(settings.otlp_url.as_deref())?;
    // The log does not have the other spans. Nothing here may ask `tracing::enabled!`: after one that is not for the log,
    // the line that comes next would be lost (filters of single layers remember the last question of their thread).
    let lines = lines.with_filter(filter_fn(|about| about.target() != api_actix::TRACED));
    let subscriber = tracing_subscriber::registry().with(spans).with(lines).with(filter);
    subscriber.try_init().map_err(|error| anyhow::anyhow!("logging can't start: {error}"))?;
    Ok(traces)
}
