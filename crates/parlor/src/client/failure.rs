//! Failures of the client's commands: the text for the user, with a remedy, and the exit code for programs.

use std::process::ExitCode;

use parlor_client::Error;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Anything that the other kinds are not.
    #[error("{0}")]
    Other(String),
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(String),
    /// The command line or the environment is not as it must be.
    #[error("{0}")]
    Usage(String),
    /// There is no session, or it has ended.
    #[error("{0}")]
    Session(String),
    /// The room does not exist for this user, or the user is no member.
    #[error("{0}")]
    Room(String),
    /// The server refused for a while.
    #[error("the server asks to try again later: {0}")]
    Later(String),
    /// The server did not answer.
    #[error(
        "can't reach {server}: {error}\nIs it running, and the address right? `--server` or PARLOR_SERVER names another."
    )]
    Unreachable {
        /// The server's URL.
        server: String,
        /// The reason.
        error: String,
    },
    /// The reader of the output has gone.
    #[error("the output is closed")]
    OutputClosed,
}

impl Failure {
    /// Reads the failure of a call to that server.
    pub(super) fn of(error: Error, server: &str) -> Self {
        match error {
            Error::Api(error) if error.code == "UNAUTHENTICATED" => Self::session_over(server),
            Error::Api(error) if error.is_temporary() => Self::Later(error.to_string()),
            Error::Api(error) => Self::Refused(error.to_string()),
            Error::Transport(error) => {
                Self::Unreachable { server: server.to_owned(), error: error.to_string() }
            }
            Error::Decode { .. } => Self::Other(format!(
                "{error}\nIs {server} a Parlor server, with the path under which a proxy serves it?"
            )),
            Error::Url(_) => {
                Self::Usage(format!("{error}; write it as https://chat.example or http://127.0.0.1:3020"))
            }
            _ => Self::Other(error.to_string()),
        }
    }

    /// Reads the failure of a call about a room that the user named.
    pub(super) fn about_room(error: Error, room: &str, server: &str) -> Self {
        match error.code() {
            Some("ROOM_NOT_FOUND") => Self::no_room(room),
            Some("NOT_A_MEMBER") => Self::Room(format!(
                "you are not a member of {room:?}; `--join` makes you one, and so does `parlor chat`"
            )),
            Some("PAYLOAD_TOO_LARGE") => {
                Self::Refused(format!("{error}; a message has at most 1000 characters"))
            }
            _ => Self::of(error, server),
        }
    }

    /// Makes the failure for a session that the server does not accept any more.
    pub(super) fn session_over(server: &str) -> Self {
        Self::Session(format!(
            "the session at {server} has expired or ended; log in again with `parlor login --server {server}`, or set another \
             PARLOR_TOKEN"
        ))
    }

    /// Makes the failure for a room that the user can't see.
    pub(super) fn no_room(room: &str) -> Self {
        Self::Room(format!(
            "there is no room {room:?} that you may see; give its id, or its name exactly as it is written (`parlor chat` \
             lists your rooms)"
        ))
    }

    /// Returns the exit code, as docs/clients.md lists them.
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::OutputClosed => 0,
            Self::Other(_) | Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Session(_) => 3,
            Self::Room(_) => 4,
            Self::Later(_) | Self::Unreachable { .. } => 5,
        })
    }
}
