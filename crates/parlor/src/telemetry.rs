//! Logs and metrics.

use std::io::IsTerminal;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};

/// Logs to standard error from now on.
pub(crate) fn log(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log)
        .context("PARLOR_LOG must be a filter such as info or parlor=debug")?
        // It takes the end of every WebSocket for an error.
        .add_directive("actix_http::h1::dispatcher=off".parse()?);
    let pretty = LogFormat::Pretty;
    let format =
        settings.log_format.unwrap_or(if std::io::stderr().is_terminal() { pretty } else { LogFormat::Json });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = match format {
        LogFormat::Pretty => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    done.map_err(|error| anyhow::anyhow!("logging can't start: {error}"))
}

/// Collects metrics from now on.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
    let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &sizes)?
        .install_recorder()
        .context("metrics can't start")
}
