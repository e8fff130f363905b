//! The project's own commands: `cargo xtask --help`.

mod house;
mod schemathesis;
mod test;

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
    /// Checks the house rules: format, lints, dependency arrows, file heads.
    Ci,
    /// Moves the schema of the database that the environment names.
    Migrate {
        /// run, list or revert
        action: String,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Task::Test => test::run(),
        Task::Ci => {
            cargo(&["fmt", "--all", "--check"])?;
            cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
            house::arrows()?;
            house::file_heads()
        }
        Task::Migrate { action } => {
            cargo(&["run", "--quiet", "--package", "parlor", "--", "migrate", &action])
        }
    }
}

fn cargo(args: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("cargo").args(args).status().context("cargo did not start")?;
    ensure!(status.success(), "`cargo {}` failed", args.join(" "));
    Ok(())
}
