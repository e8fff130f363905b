//! Logs and metrics.

mod measures;

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};
pub(crate) use measures::start as metrics;

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
