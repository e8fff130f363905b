//! The command line of the client.

use std::env::{VarError, var};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::failure::Failure;
use crate::number::number;

/// The commands of a user of a server.
#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Logs in at a server, and keeps the session for the other commands
    ///
    /// The password is asked for on a terminal. The session is kept in `$XDG_CONFIG_HOME/parlor/session.json`, which only its owner may
    /// read. Programs may set `PARLOR_TOKEN` and `PARLOR_SERVER` in its place.
    Login(Login),
    /// Ends the session, and forgets it
    Logout(At),
    /// Chats in a room, or in all rooms: sends each line of the input, and prints what others send
    ///
    /// It reconnects by itself, and then receives what it missed and repeats what was not answered. It ends with its input.
    Chat(Chat),
    /// Prints the events of a room as they come, without a gap however often the connection breaks
    Tail(Tail),
    /// Sends a message, and prints its id
    Send(Send),
}

/// The server that a command is for.
#[derive(Args)]
pub(crate) struct At {
    /// URL of the server [default: `PARLOR_SERVER`, or that of the last login, or else port 3020 of this machine]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

impl At {
    /// Returns the server that the flag names, or else the environment.
    pub(super) fn named(&self) -> Result<Option<String>, Failure> {
        // Not by clap, whose usage lines would show a flag that comes from the environment as a required one.
        let named = match (&self.server, var("PARLOR_SERVER")) {
            (Some(flag), _) => Some(flag.clone()),
            (None, Ok(variable)) => Some(variable),
            (None, Err(VarError::NotPresent)) => None,
            (None, Err(VarError::NotUnicode(_))) => {
                return Err(Failure::Usage("PARLOR_SERVER is not a URL: it is not Unicode".to_owned()));
            }
        };
        Ok(named.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty()))
    }
}

/// The server that a command is for, and for how long it is tried.
#[derive(Args)]
pub(crate) struct Reach {
    #[command(flatten)]
    pub at: At,
    /// Seconds for which to try again while the server can't be reached or is not ready
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = number(0..=86_400_u32))]
    wait: u32,
}

impl Reach {
    /// Returns the time for which calls are repeated.
    pub(super) fn retry_for(&self) -> Duration {
        Duration::from_secs(self.wait.into())
    }
}

#[derive(Args)]
pub(crate) struct Login {
    /// Username or email address [default: asked for]
    pub name: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
    #[command(flatten)]
    pub at: At,
}

#[derive(Args)]
pub(crate) struct Chat {
    /// Id or exact name of the room [default: all rooms, on a terminal]
    pub room: Option<String>,
    /// Number of earlier messages to print, at most 100 [default: 10 on a terminal, otherwise 0]
    #[arg(long, value_name = "COUNT", value_parser = number(0..=100_u32))]
    pub history: Option<u32>,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub(crate) struct Tail {
    /// Id or exact name of the room
    pub room: String,
    /// Print each event as a line of JSON, as the server sends it
    #[arg(long)]
    pub json: bool,
    /// Begin with what happened after this revision of the room [default: begin with the present]
    #[arg(long, value_name = "REVISION", value_parser = revision, allow_negative_numbers = true)]
    pub since: Option<i64>,
    /// Become a member of the room first: it is public, or you are invited
    #[arg(long)]
    pub join: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Args)]
pub(crate) struct Send {
    /// Id or exact name of the room
    pub room: String,
    /// Text of the message; `-` reads it from standard input
    pub text: String,
    /// Key of the message: sent again under the same one, it is still one message [default: a random one]
    #[arg(long, value_name = "KEY")]
    pub client_id: Option<String>,
    /// Become a member of the room first: it is public, or you are invited
    #[arg(long)]
    pub join: bool,
    #[command(flatten)]
    pub reach: Reach,
}

fn revision(text: &str) -> Result<i64, &'static str> {
    let revision = text.parse::<i64>().ok().filter(|revision| *revision >= 0);
    revision.ok_or("must be the `revision` of an event: a whole number from 0 on")
}
