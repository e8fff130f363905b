//! Path ids and page parameters that many endpoints share.

use domain::{FileId, MessageId, PageRequest, RoomId, UserId};

use super::{EmojiSegment, FromFields, Limit, PageNumber};

/// A room.
#[derive(FromFields)]
pub(crate) struct RoomPath {
    /// The room's id.
    pub id: RoomId,
}

/// A file.
#[derive(FromFields)]
pub(crate) struct FilePath {
    /// The file's id.
    pub id: FileId,
}

/// A user.
#[derive(FromFields)]
pub(crate) struct UserPath {
    /// The user's id.
    pub user_id: UserId,
}

/// A user in a room.
#[derive(FromFields)]
pub(crate) struct MemberPath {
    /// The room's id.
    pub id: RoomId,
    /// The user's id.
    pub user_id: UserId,
}

/// A message in a room.
#[derive(FromFields)]
pub(crate) struct MessagePath {
    /// The room's id.
    pub id: RoomId,
    /// The message's id.
    pub message_id: MessageId,
}

/// A reaction to a message.
#[derive(FromFields)]
pub(crate) struct ReactionPath {
    /// The room's id.
    pub id: RoomId,
    /// The message's id.
    pub message_id: MessageId,
    /// The reaction, percent-encoded.
    pub emoji: EmojiSegment,
}

/// A page of a list.
#[derive(FromFields)]
#[fields(into = PageRequest)]
pub(crate) struct PageQuery {
    /// The number of the page, from 1.
    #[field(default = PageNumber(1))]
    page: PageNumber,
    /// The most items of a page.
    #[field(default = Limit(20))]
    limit: Limit,
}

impl From<PageQuery> for PageRequest {
    fn from(query: PageQuery) -> Self {
        Self { page: query.page.0, limit: query.limit.0 }
    }
}
