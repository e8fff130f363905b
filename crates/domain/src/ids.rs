//! Typed ids: a room's id can't be passed where a user's is meant.

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

id!(/// Names a user.
    UserId);
id!(/// Names a session, that is: one login of a user.
    SessionId);
id!(/// Names a room.
    RoomId);
id!(/// Names a message.
    MessageId);
id!(/// Names an uploaded file.
    FileId);

/// Where new ids come from.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait IdSource: Send + Sync {
    /// MUST never answer the same id twice, on any replica; SHOULD rise with time (UUID version 7), which keeps
    /// index pages of neighbours in time together.
    fn next(&self) -> Uuid;
}
