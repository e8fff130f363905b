//! The project's own commands: `cargo xtask --help`.

mod autobahn;
mod bench;
mod capacity;
mod checks;
mod ci;
mod clients;
mod cluster;
mod deploy;
mod http;
mod image;
mod migrate;
mod needs;
mod pypi;
mod schemathesis;
mod server;
mod test;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs every test, with throwaway servers of its own; installs what they need from Debian where it is missing.
    Test,
    /// Checks format, lints, sources, `deploy`, the OpenAPI descriptions and the dependencies.
    Ci,
    /// Checks the sources alone, which takes seconds: dependencies and imports between modules, wording, lengths, SQL.
    Checks,
    /// Measures the release build next to what else could do the work.
    Bench {
        /// What is measured.
        #[arg(value_enum, default_value = "http")]
        subject: bench::Subject,
        /// How long each measurement takes.
        #[arg(long, default_value_t = 10)]
        seconds: u32,
        /// Builds without link-time optimisation: sooner, and a little slower.
        #[arg(long)]
        without_lto: bool,
    },
    /// Calculates what so many users need, from what was measured: docs/scaling.md.
    Capacity(capacity::Demand),
    /// Runs three replicas, PostgreSQL, Redis and nginx under load, breaks them one after the other, and fails where a
    /// message is lost, doubled or out of its place. Installs what it needs from Debian where it is missing.
    Cluster {
        /// How long it takes, about.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Runs schemathesis against the live server, as `test` does, from another seed every time.
    Schemathesis {
        /// The seed of an earlier run, to see it again.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Lints the API's descriptions, and runs the clients that generators make from them against the live server.
    Clients,
    /// Runs Autobahn's WebSocket suite, which needs Python 2.7.
    Autobahn {
        /// How Python 2.7 is called here.
        #[arg(long, default_value = "python2.7")]
        python: String,
    },
    /// Renders, checks and applies what is under `deploy`.
    Deploy {
        #[command(subcommand)]
        command: deploy::Deploy,
    },
    /// Builds the image without a registry, and tries it: what is in it, its health, a read-only root, its end, what it keeps.
    /// Installs what it needs from Debian where it is missing. `test` does so with a debug build.
    Image(image::Image),
    /// Moves the schema of the database that the environment names, or begins a new migration.
    Migrate {
        #[command(subcommand)]
        action: migrate::Migrate,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Task::Test => test::run(),
        Task::Ci => ci::run(),
        Task::Checks => checks::run(),
        Task::Bench { subject, seconds, without_lto } => bench::run(subject, seconds, without_lto),
        Task::Capacity(demand) => {
            capacity::run(&demand);
            Ok(())
        }
        Task::Cluster { seconds } => cluster::run(seconds),
        Task::Schemathesis { seed } => schemathesis::run(seed),
        Task::Clients => clients::run(),
        Task::Autobahn { python } => autobahn::run(&python),
        Task::Deploy { command } => deploy::run(&command),
        Task::Image(image) => image::run(&image),
        Task::Migrate { action } => migrate::run(&action),
    }
}

/// Where cargo puts what it builds.
fn built_in() -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(std::path::absolute(folder)?)
}

/// Runs cargo; fails where it does.
fn cargo(args: &[&str]) -> anyhow::Result<()> {
    must(Command::new("cargo").args(args))
}

/// Runs a program; fails where it does.
fn must(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?} did not start"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
