//! Messages, and what an append asks for.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{Queryable, QueryableByName};
use domain::audit::{FormerContent, MessageAudit};
use domain::membership::{Role, Standing};
use domain::message::{
    Body, ClientKey, Content, Fingerprint, Message, MessageKind, MessageState, RoomTail, Sender, Version,
};
use domain::room::{Revision, RoomLog, Seq, Visibility};
use domain::{FileId, MessageId, RoomId, StoreError, Timestamp, UserId};

use super::files::{FileColumns, FileTypes, file_columns};
use super::{ExtraColumns, ExtraTypes, Incomplete, Row, user_ref};
use crate::extra_columns;
use crate::sql_types::{Code, Id, Moment};

/// The types of [`MessageRow`], in the order of its columns.
pub type MessageTypes = (
    Id,
    Id,
    BigInt,
    BigInt,
    Id,
    Text,
    Code,
    Nullable<Text>,
    Nullable<Id>,
    Nullable<Text>,
    Moment,
    Nullable<Moment>,
    Nullable<Moment>,
    FileTypes,
    ExtraTypes,
);

/// A message, its sender's name, and the file it shows.
#[derive(Queryable, QueryableByName)]
pub struct MessageRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Id)]
    sender_id: UserId,
    #[diesel(sql_type = Text)]
    sender: String,
    #[diesel(sql_type = Code)]
    kind: MessageKind,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = Nullable<Id>)]
    file_id: Option<FileId>,
    #[diesel(sql_type = Nullable<Text>)]
    client_key: Option<String>,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Nullable<Moment>)]
    edited_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Moment>)]
    deleted_at: Option<Timestamp>,
    #[diesel(embed)]
    file: FileColumns,
    #[diesel(embed)]
    extras: ExtraColumns,
}

impl MessageRow {
    /// Messages `s`.
    pub const SELECT: &str = concat!(
        "SELECT s.id, s.room_id, s.seq, s.revision, s.sender_id, u.username AS sender, s.kind, s.content, s.file_id,
            s.client_key, s.created_at, s.edited_at, s.deleted_at, ",
        file_columns!(),
        ", ",
        extra_columns!(),
        " FROM messages s JOIN users u ON u.id = s.sender_id
        LEFT JOIN files f ON f.id = s.file_id AND s.deleted_at IS NULL "
    );
}

impl Row for MessageRow {
    type Value = Incomplete;

    fn value(self) -> Result<Incomplete, StoreError> {
        let state = message_state(self.kind, self.content, self.file_id, self.deleted_at)?;
        let sender = user_ref(self.sender_id, self.sender);
        // A message shows only what its sender uploaded.
        let file = self.file.file(sender.clone())?.map(Box::new);
        let message = Message {
            id: self.id,
            room: self.room_id,
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender,
            client_key: self.client_key.map(ClientKey::stored),
            created_at: self.created_at,
            edited_at: self.edited_at,
            state,
            file,
            extras: None,
        };
        Ok(Incomplete::new(message, self.extras))
    }
}

/// Returns the content of a message, or its deletion.
pub fn message_state(
    kind: MessageKind,
    content: Option<String>,
    file: Option<FileId>,
    deleted_at: Option<Timestamp>,
) -> Result<MessageState, StoreError> {
    if let Some(at) = deleted_at {
        return Ok(MessageState::Deleted { kind, at });
    }
    let body = Body::stored(kind, content.map(Content::stored), file);
    body.map(MessageState::Live).ok_or_else(|| StoreError::Corrupt("a message without a body".into()))
}

/// A message that was sent under a client key, and the fingerprint of what was sent.
#[derive(QueryableByName)]
pub struct EarlierRow {
    #[diesel(embed)]
    message: MessageRow,
    #[diesel(sql_type = Nullable<Binary>)]
    fingerprint: Option<Vec<u8>>,
}

impl EarlierRow {
    /// Messages `s`.
    #[must_use]
    pub fn select() -> String {
        MessageRow::SELECT.replacen("SELECT", "SELECT s.fingerprint,", 1)
    }
}

impl Row for EarlierRow {
    type Value = (Fingerprint, Incomplete);

    fn value(self) -> Result<Self::Value, StoreError> {
        let kept = self.fingerprint.and_then(|kept| kept.try_into().ok());
        let kept = kept.ok_or_else(|| StoreError::Corrupt("a client key without a fingerprint".into()))?;
        Ok((Fingerprint(kept), self.message.value()?))
    }
}

/// The end of a room's log, to which an append adds.
#[derive(QueryableByName)]
pub struct TailRow {
    #[diesel(sql_type = Id)]
    id: RoomId,
    #[diesel(sql_type = Code)]
    visibility: Visibility,
    #[diesel(sql_type = Bool)]
    direct: bool,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    last_message_at: Option<Timestamp>,
    #[diesel(sql_type = BigInt)]
    words_seq: i64,
}

impl TailRow {
    /// Its columns of `rooms`.
    pub const COLUMNS: &str =
        "id, visibility, direct_key IS NOT NULL AS direct, last_seq, revision, last_message_at, words_seq";
}

impl Row for TailRow {
    /// The last is the message up to which the room has its entries for searches.
    type Value = (RoomId, RoomTail, Seq);

    fn value(self) -> Result<Self::Value, StoreError> {
        let log = RoomLog {
            last_seq: Seq(self.last_seq),
            revision: Revision(self.revision),
            last_message_at: self.last_message_at,
        };
        let tail = RoomTail { visibility: self.visibility, direct: self.direct, log };
        Ok((self.id, tail, Seq(self.words_seq)))
    }
}

/// The sender of an append.
#[derive(QueryableByName)]
pub struct SenderRow {
    #[diesel(sql_type = Id)]
    id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Nullable<Code>)]
    role: Option<Role>,
    #[diesel(sql_type = Bool)]
    invited: bool,
    #[diesel(sql_type = Bool)]
    signed_in: bool,
}

impl SenderRow {
    /// The columns: of the user `u`, their membership `m` and living session `s`; where they are no member, whether they are
    /// invited into the room `?1`.
    pub const COLUMNS: &str = "u.id, u.username, m.role, s.id IS NOT NULL AS signed_in,
            CASE WHEN m.role IS NULL THEN EXISTS (SELECT 1 FROM invitations i WHERE i.room_id = ?1 AND i.user_id = u.id)
                ELSE false END AS invited";
}

impl Row for SenderRow {
    type Value = Sender;

    fn value(self) -> Result<Sender, StoreError> {
        let standing = Standing::of(self.role, self.invited);
        Ok(Sender { user: user_ref(self.id, self.username), standing, signed_in: self.signed_in })
    }
}

/// A former content of a message.
#[derive(QueryableByName)]
pub struct FormerRow {
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = Moment)]
    changed_at: Timestamp,
    #[diesel(sql_type = Id)]
    changed_by: UserId,
    #[diesel(sql_type = Text)]
    username: String,
}

impl FormerRow {
    /// Every former content of the message `?1`, oldest first; the last is the one that was deleted, if it was.
    pub const SELECT: &str = "SELECT h.content, h.changed_at, h.changed_by, u.username, h.revision
            FROM message_history h JOIN users u ON u.id = h.changed_by WHERE h.message_id = ?1
        UNION ALL SELECT d.content, d.deleted_at, d.deleted_by, u.username, d.revision
            FROM messages d JOIN users u ON u.id = d.deleted_by WHERE d.id = ?1 AND d.deleted_at IS NOT NULL
        ORDER BY revision";
}

impl Row for FormerRow {
    type Value = FormerContent;

    fn value(self) -> Result<FormerContent, StoreError> {
        Ok(FormerContent {
            content: self.content.map(Content::stored),
            until: self.changed_at,
            changed_by: user_ref(self.changed_by, self.username),
        })
    }
}

/// A content of a message, and its beginning.
#[derive(QueryableByName)]
pub struct VersionRow {
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = Moment)]
    changed_at: Timestamp,
    #[diesel(sql_type = Id)]
    changed_by: UserId,
    #[diesel(sql_type = Text)]
    username: String,
}

impl VersionRow {
    /// A page of the contents of the message `?1`, oldest first and the present one last, unless the message is deleted. The
    /// history has the end of each, which is the beginning of the next.
    pub const SELECT: &str = "SELECT shown.content, shown.changed_at, shown.changed_by, u.username FROM (
            SELECT words.revision, words.content,
                coalesce(lag(words.ended_at) OVER (ORDER BY words.revision), s.created_at) AS changed_at,
                coalesce(lag(words.ended_by) OVER (ORDER BY words.revision), s.sender_id) AS changed_by
            FROM messages s JOIN (
                SELECT h.message_id, h.revision, h.content, h.changed_at AS ended_at, h.changed_by AS ended_by
                FROM message_history h WHERE h.message_id = ?1
                UNION ALL SELECT m.id, 9223372036854775807, m.content, NULL, NULL FROM messages m WHERE m.id = ?1
            ) words ON words.message_id = s.id WHERE s.id = ?1 AND s.deleted_at IS NULL
        ) shown JOIN users u ON u.id = shown.changed_by ORDER BY shown.revision LIMIT ?2 OFFSET ?3";
}

impl Row for VersionRow {
    type Value = Version;

    fn value(self) -> Result<Version, StoreError> {
        Ok(Version {
            content: self.content.map(Content::stored),
            changed_at: self.changed_at,
            changed_by: user_ref(self.changed_by, self.username),
        })
    }
}

/// Returns the audit of a message: the message, and its former contents as [`FormerRow::SELECT`] returns them.
#[must_use]
pub fn audit(message: Message, former: Vec<FormerContent>) -> MessageAudit {
    let deletion = former.last().filter(|_| matches!(message.state, MessageState::Deleted { .. }));
    let deleted_by = deletion.map(|deletion| deletion.changed_by.clone());
    MessageAudit { message, former, deleted_by }
}
