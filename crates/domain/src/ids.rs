//! Typed ids: a room's id cannot be passed where a user's is meant.

use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(/// The id of a user.
    UserId);
id!(/// The id of a session: one login of a user.
    SessionId);
id!(/// The id of a room.
    RoomId);
id!(/// The id of a message.
    MessageId);
id!(/// The id of an uploaded file.
    FileId);
id!(/// The id of an answer that is kept for repeats.
    AnswerId);
id!(/// The id of a database, which a copy of it does not share.
    DatabaseId);
id!(/// The id of an audit event.
    AuditEventId);

/// The source of new ids.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait IdSource: Send + Sync {
    /// Returns a new id. MUST NOT return the same id twice, on any replica; SHOULD rise with time (UUID version 7),
    /// which keeps neighbours in time together in index pages.
    fn next(&self) -> Uuid;
}
