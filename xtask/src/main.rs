//! The project's own commands: `cargo xtask --help`.

mod autobahn;
mod bench;
mod browser;
mod capacity;
mod checks;
mod ci;
mod clients;
mod cluster;
mod curl;
mod deploy;
mod dist;
mod image;
mod load;
mod migrate;
mod npm;
mod paths;
mod prerequisites;
mod pypi;
mod schemathesis;
mod sdk;
mod server;
mod test;
mod web;

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
    /// Runs every test with throwaway servers; installs missing Debian packages.
    Test,
    /// Checks format, lints, sources, `deploy`, the OpenAPI descriptions and the dependencies.
    Ci,
    /// Checks the sources alone, which takes seconds: dependencies and imports between modules, wording, lengths, SQL.
    Checks,
    /// Measures the release build beside PostgreSQL alone, a baseline on Express, and a bare loop; takes about ten minutes.
    /// Installs missing Debian packages.
    Bench(bench::Bench),
    /// Has many users act on a server of the release build, on every route, and prints latencies by route. Fails where a
    /// request fails, a route is not driven, or it takes too long.
    Load(load::Load),
    /// Estimates the resources that a number of users need, from measured figures: docs/scaling.md.
    Capacity(capacity::Workload),
    /// Runs three replicas, PostgreSQL, Redis and nginx under load, breaks them one after the other, and fails if a message
    /// is lost, duplicated or out of order. Installs missing Debian packages.
    Cluster {
        /// Approximate seconds of the run.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Runs schemathesis against a live server, as `test` does, from a random seed.
    Schemathesis {
        /// The seed of an earlier run, to repeat it.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Lints the API's descriptions, and runs the clients that generators make from them against the live server.
    Clients,
    /// Checks the types of the SDK for JavaScript, and runs its tests.
    Sdk(sdk::Sdk),
    /// Uses the web client in Chromium; pictures of its views are in `target/screenshots`. Installs missing Debian packages.
    Browser,
    /// Bundles the libraries of the web client into one module.
    Web(web::Web),
    /// Runs Autobahn's WebSocket suite, which needs Python 2.7.
    Autobahn {
        /// The Python 2.7 interpreter.
        #[arg(long, default_value = "python2.7")]
        python: String,
    },
    /// Renders, checks and applies what is under `deploy`.
    Deploy {
        #[command(subcommand)]
        command: deploy::Deploy,
    },
    /// Builds the image without a registry and runs a smoke test: contents, health check, read-only root, shutdown, stored
    /// data. Installs missing Debian packages. `test` does the same with a debug build.
    Image(image::Image),
    /// Makes everything that a release consists of, in `target/dist`: a static program, a Debian package, third-party notices, a bill of
    /// materials, and checksums. `test` installs the package of a debug build.
    Dist(dist::Dist),
    /// Migrates the database that the environment names, or creates a new migration.
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
        Task::Bench(bench) => bench::run(&bench),
        Task::Capacity(workload) => {
            capacity::run(&workload);
            Ok(())
        }
        Task::Load(load) => load::run(&load),
        Task::Cluster { seconds } => cluster::run(seconds),
        Task::Schemathesis { seed } => schemathesis::run(seed),
        Task::Clients => clients::run(),
        Task::Sdk(sdk) => sdk::run(&sdk),
        Task::Browser => browser::run(),
        Task::Web(web) => web::run(&web),
        Task::Autobahn { python } => autobahn::run(&python),
        Task::Deploy { command } => deploy::run(&command),
        Task::Image(image) => image::run(&image),
        Task::Dist(dist) => dist::run(&dist),
        Task::Migrate { action } => migrate::run(&action),
    }
}

/// The folder that cargo builds into.
fn target_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(std::path::absolute(paths::root().join(folder))?)
}

/// Runs cargo and fails if it fails.
fn cargo(args: &[&str]) -> anyhow::Result<()> {
    must(Command::new("cargo").args(args))
}

/// Builds binaries of the debug build, as `cargo test --workspace` does, so that their dependencies are built once: all select the
/// whole workspace, and one test, without which cargo leaves out the features that tests ask for.
fn debug_build(binaries: &[&str]) -> anyhow::Result<()> {
    let binaries = binaries.iter().flat_map(|binary| ["--bin", binary]);
    must(
        Command::new("cargo")
            .args(["build", "--quiet", "--workspace", "--test", "tls"])
            .args(binaries)
            .current_dir(paths::root()),
    )
}

/// Runs a program and fails if it fails.
fn must(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?} did not start"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
