//! A message of a window, the most frequent of all reads: columns of one table, read by position. Senders' names never change,
//! so they are cached; the few files are read separately.

use std::collections::HashMap;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromStaticSqlRow, Queryable};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Bool, Nullable, Record, Text};
use domain::account::UserRef;
use domain::file::File;
use domain::message::{ClientKey, Message, MessageKind};
use domain::room::{Revision, Seq};
use domain::{FileId, MessageId, RoomId, StoreError, Timestamp, UserId};

use super::{ExtraColumns, ExtraTypes, Incomplete, message_state};
use crate::sql_types::{Code, Coded, Id, Moment};

/// The columns of [`WindowRow`], of messages `s`.
pub const WINDOW_COLUMNS: &str = concat!(
    "s.id, s.seq, s.revision, s.sender_id, s.content, s.client_key, s.created_at, s.kind, s.file_id, s.edited_at,
    s.deleted_at, ",
    crate::extra_columns!()
);

/// The types of [`WINDOW_COLUMNS`].
pub type WindowTypes = (
    Id,
    BigInt,
    BigInt,
    Id,
    Nullable<Text>,
    Nullable<Text>,
    Moment,
    Code,
    Nullable<Id>,
    Nullable<Moment>,
    Nullable<Moment>,
    ExtraTypes,
);

type WindowColumns = (
    MessageId,
    i64,
    i64,
    UserId,
    Option<String>,
    Option<String>,
    Timestamp,
    MessageKind,
    Option<FileId>,
    Option<Timestamp>,
    Option<Timestamp>,
    ExtraColumns,
);

/// Returns the columns of [`WindowRow`] as PostgreSQL sends them for the least: those that only a message has which is no plain
/// text are one, and mostly null.
#[must_use]
pub fn packed_window_columns() -> String {
    let text = MessageKind::Text.code();
    format!(
        "s.id, s.seq, s.revision, s.sender_id, s.content, s.client_key, s.created_at,
        CASE WHEN s.kind <> {text} OR s.file_id IS NOT NULL OR s.edited_at IS NOT NULL OR s.deleted_at IS NOT NULL
                OR s.reply_to IS NOT NULL OR s.thread_id IS NOT NULL OR s.replies > 0 OR s.metadata IS NOT NULL
                OR s.reacted OR s.mentions_people OR s.mentions_room OR s.pinned_at IS NOT NULL
            THEN row(s.kind, s.file_id, s.edited_at, s.deleted_at, {}) END",
        crate::extra_columns!()
    )
}

/// The types of [`packed_window_columns`].
pub type PackedWindowTypes =
    (Id, BigInt, BigInt, Id, Nullable<Text>, Nullable<Text>, Moment, Nullable<Record<PackedTypes>>);

type PackedWindowColumns =
    (MessageId, i64, i64, UserId, Option<String>, Option<String>, Timestamp, Option<PackedColumns>);

type PackedColumns = (
    MessageKind,
    Option<FileId>,
    Option<Timestamp>,
    Option<Timestamp>,
    Option<MessageId>,
    Option<MessageId>,
    i64,
    Option<String>,
    bool,
    bool,
    bool,
    Option<Timestamp>,
);

type PackedTypes = (
    Code,
    Nullable<Id>,
    Nullable<Moment>,
    Nullable<Moment>,
    Nullable<Id>,
    Nullable<Id>,
    BigInt,
    Nullable<Text>,
    Bool,
    Bool,
    Bool,
    Nullable<Moment>,
);

/// A message of a window.
pub struct WindowRow {
    id: MessageId,
    seq: i64,
    revision: i64,
    sender: UserId,
    content: Option<String>,
    client_key: Option<String>,
    created_at: Timestamp,
    /// `None` for a plain text.
    more: Option<Box<More>>,
}

/// The columns that a plain text has nothing in.
struct More {
    kind: MessageKind,
    file: Option<FileId>,
    edited_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    extras: ExtraColumns,
}

impl<DB: Backend> Queryable<WindowTypes, DB> for WindowRow
where
    WindowColumns: FromStaticSqlRow<WindowTypes, DB>,
{
    type Row = WindowColumns;

    fn build(row: WindowColumns) -> deserialize::Result<Self> {
        let (
            id,
            seq,
            revision,
            sender,
            content,
            client_key,
            created_at,
            kind,
            file,
            edited_at,
            deleted_at,
            extras,
        ) = row;
        let more = Some(Box::new(More { kind, file, edited_at, deleted_at, extras }));
        Ok(Self { id, seq, revision, sender, content, client_key, created_at, more })
    }
}

impl Queryable<PackedWindowTypes, Pg> for WindowRow {
    type Row = PackedWindowColumns;

    fn build(row: PackedWindowColumns) -> deserialize::Result<Self> {
        let (id, seq, revision, sender, content, client_key, created_at, packed) = row;
        let more = packed.map(More::of).map(Box::new);
        Ok(Self { id, seq, revision, sender, content, client_key, created_at, more })
    }
}

impl More {
    fn of(packed: PackedColumns) -> Self {
        let (
            kind,
            file,
            edited_at,
            deleted_at,
            reply_to,
            thread_id,
            replies,
            metadata,
            reacted,
            mentions_people,
            mentions_room,
            pinned_at,
        ) = packed;
        let extras = ExtraColumns {
            reply_to,
            thread_id,
            replies,
            metadata,
            reacted,
            mentions_people,
            mentions_room,
            pinned_at,
        };
        Self { kind, file, edited_at, deleted_at, extras }
    }
}

impl WindowRow {
    /// Returns the number of the message in its room.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Returns the sender, whose name the row does not have.
    #[must_use]
    pub fn sender(&self) -> UserId {
        self.sender
    }

    /// Returns the file that the message shows, unless the message is deleted.
    #[must_use]
    pub fn shown_file(&self) -> Option<FileId> {
        self.more.as_ref().filter(|more| more.deleted_at.is_none())?.file
    }

    /// Returns the message, with its sender and its file among these.
    pub fn message(
        self,
        room: RoomId,
        senders: &HashMap<UserId, UserRef>,
        files: &HashMap<FileId, File>,
    ) -> Result<Incomplete, StoreError> {
        let sender = senders.get(&self.sender).cloned();
        let (kind, file, edited_at, deleted_at, extras) = match self.more {
            Some(more) => (more.kind, more.file, more.edited_at, more.deleted_at, Some(more.extras)),
            None => (MessageKind::Text, None, None, None, None),
        };
        let message = Message {
            id: self.id,
            room,
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender: sender.ok_or_else(|| StoreError::Corrupt("a message without a sender".into()))?,
            client_key: self.client_key.map(ClientKey::stored),
            created_at: self.created_at,
            edited_at,
            file: file.and_then(|file| files.get(&file)).cloned().map(Box::new),
            state: message_state(kind, self.content, file, deleted_at)?,
            extras: None,
        };
        Ok(match extras {
            Some(extras) => Incomplete::new(message, extras),
            None => Incomplete::plain(message),
        })
    }
}
