//! Parlor: a self-hosted chat-room server in one binary.

mod admins;
mod audit;
mod backend;
mod backup;
mod cli;
mod client;
mod commands;
mod copy;
mod dev;
mod doctor;
mod file_store;
mod health;
mod inspect;
mod manual;
mod number;
mod password;
mod prompt;
mod requirements;
mod serve;
mod settings;
mod shared;
mod signing_key;
mod telemetry;
mod users;
mod wiring;

use std::path::Path;
use std::process::ExitCode;

use cli::{Cli, Command, Given, ServerCommand};
use nix::sys::stat::{Mode, umask};
use settings::{Configuration, SettingError};

/// Faster than the default allocator under many threads, and much faster than that of the C library of static binaries.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever is created holds messages, uploads or keys: files are 0600, folders 0700.
    umask(Mode::from_bits_truncate(0o077));
    let Given { command, flags, file } = Cli::read();
    match command {
        Command::Client(command) => client::run(command),
        Command::Dev { fault } => exit(&dev::run(fault, flags)),
        Command::Completions { shell } => exit(&inspect::print(&manual::completions(shell))),
        Command::Manual { folder } => exit(&manual::pages(&folder)),
        Command::Server(command) => exit(&operate(command, flags, file.as_deref())),
    }
}

/// Prints the error of a command, and returns the exit code.
fn exit(result: &anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    eprintln!("parlor: {error:#}");
    if error.is::<SettingError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// Runs a command of the server's operator.
#[tokio::main]
async fn operate(
    command: ServerCommand,
    flags: Vec<(String, String)>,
    file: Option<&Path>,
) -> anyhow::Result<()> {
    let configuration = Configuration::read(flags, file)?;
    let settings = &configuration.settings;
    match command {
        ServerCommand::Serve => serve::run(settings, None).await,
        ServerCommand::Doctor => doctor::run(settings).await,
        ServerCommand::Health => health::run(&settings.listen),
        ServerCommand::Settings { json } => inspect::print(&configuration.list(json)),
        ServerCommand::Routes { json } => inspect::print(&inspect::routes(json)),
        ServerCommand::Metrics { json } => inspect::print(&telemetry::metrics::list(json)),
        ServerCommand::Migrate { action } => commands::migrate(settings, action).await,
        ServerCommand::Backup { file, force, with_files } => {
            backup::back_up(settings, file, force, with_files).await
        }
        ServerCommand::Restore { file, with_files } => backup::restore(settings, file, with_files).await,
        ServerCommand::Copy { from, to } => copy::run(settings, &from, &to).await,
        ServerCommand::User { action } => users::run(settings, action).await,
        ServerCommand::Files { action } => commands::files(settings, action).await,
        ServerCommand::Search { action } => commands::search(settings, action).await,
        ServerCommand::Audit { action } => audit::run(settings, action).await,
    }
}
