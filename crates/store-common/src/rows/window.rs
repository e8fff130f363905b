//! A message of a window, the most frequent of all reads: columns of one table, read by position. Senders' names never change,
//! so they are cached; the few files are read separately.

use std::collections::HashMap;

use diesel::Queryable;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::account::UserRef;
use domain::file::File;
use domain::message::{ClientKey, Message, MessageKind};
use domain::room::{Revision, Seq};
use domain::{FileId, MessageId, RoomId, StoreError, Timestamp, UserId};

use super::{ExtraColumns, ExtraTypes, Incomplete, message_state};
use crate::sql_types::{Code, Id, Moment};

/// The columns of [`WindowRow`], of messages `s`.
pub const WINDOW_COLUMNS: &str = concat!(
    "s.id, s.seq, s.revision, s.sender_id, s.kind, s.content, s.file_id, s.client_key, s.created_at, s.edited_at,
    s.deleted_at, ",
    crate::extra_columns!()
);

/// The types of [`WindowRow`], in the order of its columns.
pub type WindowTypes = (
    Id,
    BigInt,
    BigInt,
    Id,
    Code,
    Nullable<Text>,
    Nullable<Id>,
    Nullable<Text>,
    Moment,
    Nullable<Moment>,
    Nullable<Moment>,
    ExtraTypes,
);

/// A message of a window.
#[derive(Queryable)]
pub struct WindowRow {
    id: MessageId,
    seq: i64,
    revision: i64,
    sender: UserId,
    kind: MessageKind,
    content: Option<String>,
    file: Option<FileId>,
    client_key: Option<String>,
    created_at: Timestamp,
    edited_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    extras: ExtraColumns,
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
        self.file.filter(|_| self.deleted_at.is_none())
    }

    /// Returns the message, with its sender and its file among these.
    pub fn message(
        self,
        room: RoomId,
        senders: &HashMap<UserId, UserRef>,
        files: &HashMap<FileId, File>,
    ) -> Result<Incomplete, StoreError> {
        let sender = senders.get(&self.sender).cloned();
        let message = Message {
            id: self.id,
            room,
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender: sender.ok_or_else(|| StoreError::Corrupt("a message without a sender".into()))?,
            client_key: self.client_key.map(ClientKey::stored),
            created_at: self.created_at,
            edited_at: self.edited_at,
            file: self.file.and_then(|file| files.get(&file)).cloned().map(Box::new),
            state: message_state(self.kind, self.content, self.file, self.deleted_at)?,
            extras: None,
        };
        Ok(Incomplete::new(message, self.extras))
    }
}
