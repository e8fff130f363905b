//! The program's own lists of its settings, routes and metrics, for checks of manifests and dashboards.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Variables that Parlor's S3 client reads besides Parlor's own settings: `crates/infra-files`.
const S3: &[&str] =
    &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT", "AWS_ALLOW_HTTP"];

/// Variables that OpenTelemetry reads: `crates/parlor/src/telemetry/traces.rs`.
const OTEL: &[&str] = &[
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
];

/// Names that the program knows.
#[derive(Clone)]
pub(crate) struct Program {
    /// Names of environment variables.
    pub settings: BTreeSet<String>,
    /// Paths, with `{names}` for the parts that vary.
    pub routes: BTreeSet<String>,
    /// Names as Prometheus shows them.
    pub metrics: BTreeSet<String>,
}

impl Program {
    /// Builds the program and reads its lists, once per process.
    pub(crate) fn read() -> anyhow::Result<Self> {
        static READ: Mutex<Option<Program>> = Mutex::new(None);
        let mut read =
            READ.lock().map_err(|_| anyhow::anyhow!("another thread failed to read the program's lists"))?;
        if let Some(program) = &*read {
            return Ok(program.clone());
        }
        crate::debug_build(&["parlor"])?;
        let settings: Vec<Setting> = list("settings")?;
        let routes: Vec<Route> = list("routes")?;
        let metrics: Vec<Metric> = list("metrics")?;
        let program = Self {
            settings: settings
                .into_iter()
                .flat_map(|setting| [Some(setting.name), setting.file_name])
                .flatten()
                .chain(S3.iter().chain(OTEL).map(|name| (*name).to_owned()))
                .collect(),
            routes: routes.into_iter().map(|route| route.path).collect(),
            metrics: metrics.into_iter().flat_map(Metric::series).collect(),
        };
        *read = Some(program.clone());
        Ok(program)
    }

    /// Returns true if a route has this very path.
    pub(crate) fn answers(&self, path: &str) -> bool {
        self.routes.contains(path)
    }
}

#[derive(Deserialize)]
struct Setting {
    name: String,
    /// The setting that names a file with the value, of a secret.
    file_name: Option<String>,
}

#[derive(Deserialize)]
struct Route {
    path: String,
}

#[derive(Deserialize)]
struct Metric {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Metric {
    /// The names of its time series.
    fn series(self) -> Vec<String> {
        if self.kind == "histogram" {
            ["bucket", "sum", "count"].map(|part| format!("{}_{part}", self.name)).into()
        } else {
            vec![self.name]
        }
    }
}

/// Reads a list of the program, from an empty folder and without the settings of this environment.
fn list<T: DeserializeOwned>(command: &str) -> anyhow::Result<T> {
    let folder = tempfile::tempdir()?;
    let program = crate::target_folder()?.join("debug/parlor");
    let output = Command::new(&program)
        .args([command, "--json"])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .with_context(|| format!("{} did not start", program.display()))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "parlor {command} --json failed: {}", error.trim());
    serde_json::from_slice(&output.stdout).with_context(|| format!("parlor {command} --json printed no list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_lists_its_settings_routes_and_metrics() {
        let program = Program::read().unwrap();
        for name in
            ["DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE", "PARLOR_JWT_SECRET_FILE", "PARLOR_GRACE"]
        {
            assert!(program.settings.contains(name), "{name} is missing in {:?}", program.settings);
        }
        let paths = [
            "/",
            "/health",
            "/metrics",
            "/api/rooms",
            "/chat",
            "/docs",
            "/socket.io",
            "/dialects/ryos/api/rooms",
        ];
        for path in paths {
            assert!(program.answers(path), "{path} is missing in {:?}", program.routes);
        }
        for name in ["parlor_connections", "parlor_http_requests_total", "parlor_send_batch_size_bucket"] {
            assert!(program.metrics.contains(name), "{name} is missing in {:?}", program.metrics);
        }
        assert!(!program.answers("/nowhere") && !program.settings.contains("PARLOR_PORT"));
    }
}
