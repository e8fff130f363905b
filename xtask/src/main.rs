//! The project's own commands: `cargo xtask --help`.

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
    /// Runs every test.
    Test,
    /// Checks the house rules: format and lints.
    Ci,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Task::Test => cargo(&["test", "--workspace"]),
        Task::Ci => {
            cargo(&["fmt", "--all", "--check"])?;
            cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        }
    }
}

fn cargo(args: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("cargo").args(args).status().context("cargo did not start")?;
    ensure!(status.success(), "`cargo {}` failed", args.join(" "));
    Ok(())
}
