//! The command line of the client.

use clap::{Args, Subcommand};

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
    /// URL of the server [default: that of the last login, or else port 3020 of this machine]
    #[arg(long, value_name = "URL", env = "PARLOR_SERVER")]
    pub server: Option<String>,
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
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(..=100))]
    pub history: Option<u32>,
    #[command(flatten)]
    pub at: At,
}

#[derive(Args)]
pub(crate) struct Tail {
    /// Id or exact name of the room
    pub room: String,
    /// Print each event as a line of JSON, as the server sends it
    #[arg(long)]
    pub json: bool,
    /// Begin with what happened after this revision of the room [default: begin with the present]
    #[arg(long, value_name = "REVISION", value_parser = clap::value_parser!(i64).range(0..))]
    pub since: Option<i64>,
    /// Become a member of the room first: it is public, or you are invited
    #[arg(long)]
    pub join: bool,
    #[command(flatten)]
    pub at: At,
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
    pub at: At,
}
