//! What the code says of itself, so that manifests and dashboards are held against it: settings, routes, metrics.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// What Parlor's S3 client reads besides Parlor's own settings: `crates/infra-files`.
const S3: &[&str] =
    &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT", "AWS_ALLOW_HTTP"];

/// What OpenTelemetry reads: `crates/parlor/src/telemetry/traces.rs`.
const OTEL: &[&str] = &[
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_SCHEDULE_DELAY",
];

/// What the code says.
#[derive(Clone)]
pub(crate) struct Program {
    /// Names of environment variables.
    pub settings: BTreeSet<String>,
    /// Paths, with `{names}` for what varies.
    pub routes: BTreeSet<String>,
    /// Names as Prometheus shows them.
    pub metrics: BTreeSet<String>,
}

impl Program {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let program = Self { settings: settings()?, routes: routes()?, metrics: metrics()? };
        // A scan that finds nothing has lost its footing, and would let everything pass.
        ensure!(
            program.settings.contains("PARLOR_LISTEN"),
            "found no settings in crates/parlor/src/settings.rs"
        );
        ensure!(program.routes.contains("/ready"), "found no routes in crates/api-actix/src");
        ensure!(!program.metrics.is_empty(), "found no metrics in crates");
        Ok(program)
    }

    /// Whether some route answers at that very path.
    pub(crate) fn answers(&self, path: &str) -> bool {
        self.routes.contains(path)
    }
}

fn settings() -> anyhow::Result<BTreeSet<String>> {
    let mut names: BTreeSet<String> = S3.iter().chain(OTEL).map(|name| (*name).to_owned()).collect();
    let mut files = rust_files(&root().join("crates/parlor/src/settings"))?;
    // Tests name some that there are not.
    files.retain(|file| !file.ends_with("tests.rs"));
    files.push(root().join("crates/parlor/src/settings.rs"));
    for file in files {
        let text = without_tests(&read(&file)?).to_owned();
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        let ours = ["PARLOR_", "DATABASE_URL", "REDIS_URL"];
        let named =
            words.filter(|word| ours.iter().any(|start| word.starts_with(start)) && !word.ends_with('_'));
        names.extend(named.map(str::to_owned));
        // What is a secret may be in a file that another setting names.
        names.extend(literals_after(&text, "secret(").map(|name| format!("{name}_FILE")));
    }
    Ok(names)
}

/// Route tables name a path after a method; other routes stand in a call of `page`, `chat`, `resource`, `scope` or
/// `route`, or in the list that `bridge::mount` is given.
fn routes() -> anyhow::Result<BTreeSet<String>> {
    let before = [
        "page(",
        "chat(",
        "resource(",
        "scope(",
        "route(",
        "(&get,",
        "(&post,",
        "(&put,",
        "(&patch,",
        "(&delete,",
        "Method::GET,",
        "Method::POST,",
        "Method::PUT,",
        "Method::PATCH,",
        "Method::DELETE,",
        "bridge::mount::<Server, _>(config, [",
    ];
    let mut found = BTreeSet::new();
    for file in rust_files(&root().join("crates/api-actix/src"))? {
        // Servers of the conformance suites alone.
        if file.ends_with("conformance.rs") {
            continue;
        }
        let text = read(&file)?;
        for start in before {
            found.extend(literals_after(without_tests(&text), start).filter(|path| path.starts_with('/')));
        }
    }
    Ok(found)
}

fn metrics() -> anyhow::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for file in rust_files(&root().join("crates"))? {
        // What is only described is not there.
        let text = read(&file)?.replace("describe_counter!", "").replace("describe_gauge!", "");
        let text = text.replace("describe_histogram!", "");
        found.extend(literals_after(&text, "counter!(").chain(literals_after(&text, "gauge!(")));
        for name in literals_after(&text, "histogram!(") {
            found.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        }
    }
    Ok(found)
}

/// The texts in quotes that follow a piece of code.
fn literals_after<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = String> + 'a {
    code.match_indices(start).filter_map(move |(at, _)| {
        let quoted = code[at + start.len()..].trim_start().strip_prefix('"')?;
        quoted.split('"').next().map(str::to_owned)
    })
}

fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]\nmod tests {").next().unwrap_or(code)
}

fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in std::fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_described_and_nothing_else_is() {
        let text = read(&root().join("crates/parlor/src/telemetry/measures.rs")).unwrap();
        let mut described = BTreeSet::new();
        for start in ["describe_counter!(", "describe_gauge!("] {
            described.extend(literals_after(&text, start));
        }
        for name in literals_after(&text, "describe_histogram!(") {
            described.extend(["bucket", "sum", "count"].map(|part| format!("{name}_{part}")));
        }
        assert_eq!(described, Program::read().unwrap().metrics);
    }

    #[test]
    fn help_lists_every_setting() {
        let help = read(&root().join("crates/parlor/src/settings/help.rs")).unwrap();
        let settings = Program::read().unwrap().settings;
        let ours = settings.iter().filter(|name| name.starts_with("PARLOR_") && !name.ends_with("_FILE"));
        let lost: Vec<_> = ours.filter(|name| !help.contains(&format!("\n  {name} "))).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn settings_routes_and_metrics_are_found_in_the_code() {
        let program = Program::read().unwrap();
        for name in
            ["DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE", "PARLOR_JWT_SECRET_FILE", "PARLOR_GRACE"]
        {
            assert!(program.settings.contains(name), "{name} is missing in {:?}", program.settings);
        }
        for path in [
            "/",
            "/health",
            "/metrics",
            "/api/rooms",
            "/chat",
            "/docs",
            "/socket.io",
            "/dialects/ryos/api/rooms",
        ] {
            assert!(program.answers(path), "{path} is missing in {:?}", program.routes);
        }
        for name in ["parlor_connections", "parlor_http_requests_total", "parlor_send_batch_size_bucket"] {
            assert!(program.metrics.contains(name), "{name} is missing in {:?}", program.metrics);
        }
        assert!(!program.answers("/nowhere") && !program.settings.contains("PARLOR_PORT"));
    }
}
