//! Rows of searches, and of what the index of words lacks.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, StoreError, Timestamp};

use super::Row;
use crate::sql_types::{Id, Moment};

/// The place of a message in the order of all rooms.
#[derive(QueryableByName)]
pub struct PlacedRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
}

impl Row for PlacedRow {
    type Value = (Timestamp, MessageId);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.created_at, self.id))
    }
}

/// A room to search, and the time of its newest message.
#[derive(QueryableByName)]
pub struct SearchedRoomRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Moment)]
    last_message_at: Timestamp,
}

impl Row for SearchedRoomRow {
    type Value = (RoomId, Timestamp);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, self.last_message_at))
    }
}

/// A room, how far it has entries, its last message, and the last there to search.
#[derive(QueryableByName)]
pub struct TopRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    words_seq: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = BigInt)]
    top: i64,
}

impl Row for TopRow {
    type Value = (RoomId, [Seq; 3]);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, [self.words_seq, self.last_seq, self.top].map(Seq)))
    }
}

/// A page of words of the index, and the word from which on words are on it.
#[derive(QueryableByName)]
pub struct PageRow {
    #[diesel(sql_type = Text)]
    word: String,
    #[diesel(sql_type = Text)]
    words: String,
}

impl Row for PageRow {
    type Value = (String, String);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.word, self.words))
    }
}

/// A page of words that becomes part of a larger stretch of its room.
#[derive(QueryableByName)]
pub struct RoomPageRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Text)]
    words: String,
}

impl Row for RoomPageRow {
    type Value = (RoomId, String);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, self.words))
    }
}

/// The number of a message.
#[derive(QueryableByName)]
pub struct SeqRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

impl Row for SeqRow {
    type Value = Seq;

    fn value(self) -> Result<Seq, StoreError> {
        Ok(Seq(self.seq))
    }
}

/// The text of a living message, and its number.
#[derive(QueryableByName)]
pub struct TextRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
}

impl Row for TextRow {
    type Value = (Seq, String);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((Seq(self.seq), self.content.unwrap_or_default()))
    }
}

/// The text of a living message, its number, and how far its room has entries.
#[derive(QueryableByName)]
pub struct IndexedTextRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = BigInt)]
    words_seq: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
}

impl Row for IndexedTextRow {
    type Value = (Seq, (Seq, Seq), String);

    fn value(self) -> Result<Self::Value, StoreError> {
        let text = self.content.unwrap_or_default();
        Ok((Seq(self.seq), (Seq(self.words_seq), Seq(self.last_seq)), text))
    }
}

/// The text of a message that gets its entries.
#[derive(QueryableByName)]
pub struct DueRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    content: String,
}

impl Row for DueRow {
    type Value = (RoomId, Seq, String);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, Seq(self.seq), self.content))
    }
}

/// The text of a pending message, and its place in the order of all rooms.
#[derive(QueryableByName)]
pub struct PendingRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Text)]
    content: String,
}

impl Row for PendingRow {
    type Value = (Timestamp, MessageId, String);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.created_at, self.id, self.content))
    }
}

/// Among some rooms, the first that lacks entries, and the last of all.
#[derive(QueryableByName)]
pub struct LackingRoomRow {
    #[diesel(sql_type = Nullable<Id>)]
    lacking: Option<RoomId>,
    #[diesel(sql_type = Nullable<Id>)]
    last: Option<RoomId>,
}

impl Row for LackingRoomRow {
    type Value = (Option<RoomId>, Option<RoomId>);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.lacking, self.last))
    }
}

/// The last message of a room that has its entries, and the last of all.
#[derive(QueryableByName)]
pub struct GapRow {
    #[diesel(sql_type = BigInt)]
    words_seq: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
}

impl Row for GapRow {
    type Value = (Seq, Seq);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((Seq(self.words_seq), Seq(self.last_seq)))
    }
}

/// An edit without entries, and what its message says now.
#[derive(QueryableByName)]
pub struct UnindexedEditRow {
    #[diesel(sql_type = Id)]
    message_id: MessageId,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
}

/// An edit of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnindexedEdit {
    /// The message.
    pub message: MessageId,
    /// The revision of the change.
    pub revision: Revision,
    /// The room.
    pub room: RoomId,
    /// The number of the message.
    pub seq: Seq,
    /// Its present text; empty for a tombstone.
    pub text: String,
}

impl Row for UnindexedEditRow {
    type Value = UnindexedEdit;

    fn value(self) -> Result<UnindexedEdit, StoreError> {
        let Self { message_id: message, revision, room_id: room, seq, deleted, content } = self;
        let text = content.filter(|_| !deleted).unwrap_or_default();
        Ok(UnindexedEdit { message, revision: Revision(revision), room, seq: Seq(seq), text })
    }
}
