//! The client: the commands of a user of a server. They know nothing of the server's code: they call it through
//! `parlor-client` alone.

mod account;
mod chat;
mod command;
mod failure;
mod lines;
mod login;
mod output;
mod room;
mod send;
mod session_file;
mod tail;

use std::process::ExitCode;

use time::UtcOffset;
use tokio::runtime::Builder;

pub(crate) use command::ClientCommand;
use failure::Failure;

/// Runs a command to its end.
pub(crate) fn run(command: ClientCommand) -> ExitCode {
    // The zone can be read only while there is one thread.
    let zone = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::note(&format!("can't start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(obey(command, zone)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::OutputClosed) {
                output::note(&failure.to_string());
            }
            failure.code()
        }
    }
}

async fn obey(command: ClientCommand, zone: UtcOffset) -> Result<(), Failure> {
    match command {
        ClientCommand::Login(arguments) => login::log_in(arguments).await,
        ClientCommand::Logout(at) => login::log_out(&at).await,
        ClientCommand::Chat(arguments) => chat::run(arguments, zone).await,
        ClientCommand::Tail(arguments) => tail::run(&arguments, zone).await,
        ClientCommand::Send(arguments) => send::run(arguments).await,
    }
}
