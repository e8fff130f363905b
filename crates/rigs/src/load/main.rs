//! Many users on one server: `cargo xtask load`. Prints latencies by route, and fails where a request fails, a route is
//! not driven or, where there is a bar, a p99 is above it.
#![expect(clippy::print_stdout, reason = "prints what it measured")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::{Parser, ValueEnum};
use rigs::users::{self, Plan, Route};
use test_support::{Durability, Postgres};

/// The time between two steps of a user: sooner than people act.
const PACE: Duration = Duration::from_millis(500);

#[derive(Parser)]
#[command(name = "load", about = "Many users on one server")]
struct Cli {
    /// The program.
    parlor: PathBuf,
    #[arg(long, default_value_t = 100)]
    users: usize,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    #[arg(long, value_enum)]
    store: Store,
    /// The milliseconds that no p99 may exceed.
    #[arg(long)]
    bar: Option<u64>,
    /// The file that the report is written to as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

/// A server on an empty database, which ends when this is dropped.
struct Server {
    process: Child,
    url: String,
    /// Kept until the server has ended.
    _folder: tempfile::TempDir,
    _postgres: Option<Postgres>,
}

impl Server {
    fn start(parlor: &Path, store: Store) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(parlor);
        command.current_dir(folder.path()).env_remove("DATABASE_URL").env_remove("REDIS_URL").envs([
            ("PARLOR_LISTEN", "127.0.0.1:0"),
            ("PARLOR_LIMITS", "off"),
            ("PARLOR_LOG", "error"),
            ("PARLOR_TRUSTED_PROXIES", "127.0.0.1/32"),
            ("PARLOR_JWT_SECRET", "only for this measurement, never elsewhere"),
        ]);
        let postgres = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(Postgres::start(Durability::Full)?),
        };
        if let Some(postgres) = &postgres {
            command.env("DATABASE_URL", postgres.database()?);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().context("the program does not start")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no standard output")?).read_line(&mut line)?;
        let url = line.trim().strip_prefix("Parlor listens on ").map(str::to_owned);
        let server = Self { process, url: url.unwrap_or_default(), _folder: folder, _postgres: postgres };
        ensure!(!server.url.is_empty(), "the server did not start: {line}");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its data is of no use after the measurement.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

fn routes(parlor: &Path) -> anyhow::Result<Vec<Route>> {
    let output = Command::new(parlor).args(["routes", "--json"]).output()?;
    ensure!(output.status.success(), "parlor routes: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let parlor = std::path::absolute(&cli.parlor)?;
    let routes = routes(&parlor)?;
    let server = Server::start(&parlor, cli.store)?;
    println!("{} users for {} s on {} routes, at {}", cli.users, cli.seconds, routes.len(), server.url);
    let plan = Plan { users: cli.users, time: Duration::from_secs(cli.seconds), pace: PACE };
    let report = users::run(&server.url, &routes, plan).await?;
    println!("{}", report.table());
    if let Some(file) = &cli.json {
        std::fs::write(file, format!("{:#}\n", report.json()))?;
    }
    let failures = report.failures(cli.bar.map(Duration::from_millis));
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}
