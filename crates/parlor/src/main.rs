//! Parlor: a self-hosted chat-room server in one binary.

mod admins;
mod audit;
mod backend;
mod backup;
mod cli;
mod commands;
mod copy;
mod doctor;
mod file_store;
mod health;
mod inspect;
mod password;
mod requirements;
mod serve;
mod settings;
mod shared;
mod signing_key;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use cli::{Cli, Command};
use nix::sys::stat::{Mode, umask};
use settings::Configuration;

/// Faster than the default allocator under many threads, and much faster than that of the C library of static binaries.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // Whatever is created holds messages, uploads or keys: files are 0600, folders 0700.
    umask(Mode::from_bits_truncate(0o077));
    let (cli, flags) = Cli::read();
    let configuration = match Configuration::read(flags, cli.config.as_deref()) {
        Ok(configuration) => configuration,
        Err(error) => {
            eprintln!("parlor: {error}");
            return ExitCode::from(2);
        }
    };
    let settings = &configuration.settings;
    let result = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(settings).await,
        Command::Doctor => doctor::run(settings).await,
        Command::Health => health::run(&settings.listen),
        Command::Settings { json } => inspect::print(&configuration.list(json)),
        Command::Routes { json } => inspect::print(&inspect::routes(json)),
        Command::Metrics { json } => inspect::print(&telemetry::metrics::list(json)),
        Command::Migrate { action } => commands::migrate(settings, action).await,
        Command::Backup { file, force, with_files } => {
            backup::back_up(settings, file, force, with_files).await
        }
        Command::Restore { file, with_files } => backup::restore(settings, file, with_files).await,
        Command::Copy { from, to } => copy::run(settings, &from, &to).await,
        Command::User { action } => commands::user(settings, action).await,
        Command::Files { action } => commands::files(settings, action).await,
        Command::Audit { action } => audit::run(settings, action).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("parlor: {error:#}");
            ExitCode::FAILURE
        }
    }
}
