//! Short ways to make values in this crate's tests.

use uuid::Uuid;

use crate::account::{Identity, UserRef, Username};
use crate::{MessageId, RoomId, SessionId, Timestamp, UserId};

/// So many microseconds after the beginning of time.
pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros).unwrap()
}

pub(crate) fn user_id(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(crate) fn room_id(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

pub(crate) fn message_id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

/// `user-<n>`.
pub(crate) fn user(n: u128) -> UserRef {
    UserRef { id: user_id(n), username: Username::parse(&format!("user-{n}")).unwrap() }
}

/// `user-<n>`, signed in.
pub(crate) fn caller(n: u128) -> Identity {
    Identity { user: user(n), session: SessionId(Uuid::from_u128(n)), server_admin: false }
}
