//! Parlor: a self-hosted chat-room server in one binary.

mod backend;
mod cli;
mod commands;
mod copy;
mod data;
mod doctor;
mod health;
mod serve;
mod settings;
mod shared;
mod signing_key;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use settings::Settings;

/// Faster than the default under many threads, and the only quick one for a static binary, whose C library's is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = match Settings::read(cli.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("parlor: {error}");
            return ExitCode::from(2);
        }
    };
    let done = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(settings).await,
        Command::Doctor => doctor::run(&settings).await,
        Command::Health => health::run(settings.listen),
        Command::Migrate { action } => commands::migrate(&settings, action).await,
        Command::Backup { file, force, with_files } => data::backup(&settings, file, force, with_files).await,
        Command::Restore { file, with_files } => data::restore(&settings, file, with_files).await,
        Command::Copy { from, to } => copy::run(&settings, from, to).await,
        Command::User { action } => commands::user(&settings, action).await,
        Command::Files { action } => commands::files(&settings, action).await,
        Command::Audit { action } => commands::audit(&settings, action).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlor: {error:#}");
            ExitCode::FAILURE
        }
    }
}
