//! The parameters and bodies of the dialect.

use domain::account::{LogInCommand, LoginName, PasswordAttempt};
use domain::message::{Anchor, Position};
use domain::room::RoomName;
use domain::{Invalid, RoomId};
use serde_json::json;

use crate::http::{FromFields, Nullable, cursor, texts};
use crate::rest::auth::{PresentPassword, PresentUsername};

/// A username and the password.
#[derive(FromFields)]
#[fields(into = LogInCommand)]
pub(super) struct LogIn {
    username: PresentUsername,
    password: PresentPassword,
}

impl From<LogIn> for LogInCommand {
    fn from(body: LogIn) -> Self {
        let login = LoginName::Username(body.username.0);
        Self { login, password: PasswordAttempt::new(&body.password.0) }
    }
}

/// A new public room.
#[derive(FromFields)]
pub(super) struct CreateRoom {
    pub room_name: RoomName,
    /// The name of the token's owner, or nothing.
    #[field(example = "john_doe")]
    pub creator: Nullable<String>,
}

/// The room to join.
#[derive(FromFields)]
pub(super) struct JoinRoom {
    pub room_id: RoomId,
    /// The name of the token's owner, or nothing.
    #[field(example = "john_doe")]
    pub username: Nullable<String>,
}

/// A room.
#[derive(FromFields)]
pub(super) struct RoomPath {
    /// The room's id.
    pub room_id: RoomId,
}

/// The time before which messages are listed.
#[derive(FromFields)]
#[fields(into = Anchor)]
pub(super) struct Before {
    /// List messages before this time, such as that of the oldest message that the client has.
    before: Option<Moment>,
}

impl From<Before> for Anchor {
    fn from(query: Before) -> Self {
        query.before.map_or(Self::Newest, |moment| Self::Before(moment.0))
    }
}

/// A time.
struct Moment(Position);

impl std::str::FromStr for Moment {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match cursor::decode(text, true) {
            Some(time @ Position::Time(_)) => Ok(Self(time)),
            _ => Err(Invalid::new("must be an RFC 3339 timestamp, such as 2024-12-10T12:00:00Z")),
        }
    }
}

texts! {
    Moment: json!({"type": "string", "format": "date-time", "examples": ["2024-12-10T12:00:00Z"]});
}
