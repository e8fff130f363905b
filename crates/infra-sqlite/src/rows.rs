//! Rows, and the domain values they stand for. Enumerations are small integers: their meanings stand here and in the
//! migration.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::account::{UserRef, Username};
use domain::membership::{MyMembership, Role};
use domain::message::{Body, ClientKey, Content, Message, MessageKind, MessageState};
use domain::room::{Access, Description, Revision, Room, RoomLog, RoomName, RoomView, Seq, Slug, Visibility};
use domain::{FileId, MessageId, RoomId, StoreError, Timestamp, UserId};
use uuid::Uuid;

use crate::files::FileColumns;

type Read<T> = Result<T, StoreError>;

pub(crate) fn bytes(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

pub(crate) fn uuid(bytes: &[u8]) -> Read<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::Corrupt(format!("an id of {} bytes", bytes.len())))
}

pub(crate) fn moment(micros: i64) -> Read<Timestamp> {
    Timestamp::from_unix_micros(micros).ok_or_else(|| StoreError::Corrupt(format!("the time {micros}")))
}

pub(crate) fn maybe_moment(micros: Option<i64>) -> Read<Option<Timestamp>> {
    micros.map(moment).transpose()
}

pub(crate) fn count(n: i64) -> Read<u64> {
    u64::try_from(n).map_err(|_| StoreError::Corrupt(format!("the count {n}")))
}

pub(crate) fn user_ref(id: &[u8], username: String) -> Read<UserRef> {
    Ok(UserRef { id: UserId(uuid(id)?), username: Username::stored(username) })
}

pub(crate) fn role_number(role: Role) -> i32 {
    match role {
        Role::Admin => 0,
        Role::Member => 1,
    }
}

pub(crate) fn role(number: i32) -> Read<Role> {
    match number {
        0 => Ok(Role::Admin),
        1 => Ok(Role::Member),
        other => Err(StoreError::Corrupt(format!("the role {other}"))),
    }
}

pub(crate) fn visibility_number(visibility: Visibility) -> i32 {
    match visibility {
        Visibility::Public => 0,
        Visibility::Private => 1,
    }
}

pub(crate) fn visibility(number: i32) -> Read<Visibility> {
    match number {
        0 => Ok(Visibility::Public),
        1 => Ok(Visibility::Private),
        other => Err(StoreError::Corrupt(format!("the visibility {other}"))),
    }
}

pub(crate) fn kind_number(kind: MessageKind) -> i32 {
    match kind {
        MessageKind::Text => 0,
        MessageKind::Image => 1,
        MessageKind::File => 2,
    }
}

fn kind(number: i32) -> Read<MessageKind> {
    match number {
        0 => Ok(MessageKind::Text),
        1 => Ok(MessageKind::Image),
        2 => Ok(MessageKind::File),
        other => Err(StoreError::Corrupt(format!("the message kind {other}"))),
    }
}

/// A count.
#[derive(QueryableByName)]
pub(crate) struct CountRow {
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// A room, its creator, and the caller's place in it.
#[derive(QueryableByName)]
pub(crate) struct RoomRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<String>,
    #[diesel(sql_type = Integer)]
    visibility: i32,
    #[diesel(sql_type = Nullable<Text>)]
    slug: Option<String>,
    #[diesel(sql_type = Bool)]
    is_group: bool,
    #[diesel(sql_type = Binary)]
    created_by: Vec<u8>,
    #[diesel(sql_type = Text)]
    creator: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
    #[diesel(sql_type = BigInt)]
    member_count: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_message_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    changed_revision: i64,
    #[diesel(sql_type = Nullable<Integer>)]
    role: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    joined_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_read_seq: Option<i64>,
    #[diesel(sql_type = BigInt)]
    unread: i64,
    #[diesel(sql_type = Bool)]
    invited: bool,
}

impl RoomRow {
    /// What a room is selected as, for the caller bound as `?1` (nobody: an empty blob).
    pub(crate) const SELECT: &str = "SELECT r.id, r.name, r.description, r.visibility, r.slug, r.is_group,
            r.created_by, u.username AS creator, r.created_at, r.updated_at, r.member_count, r.last_seq,
            r.last_message_at, r.revision, r.changed_revision, m.role, m.joined_at, m.last_read_seq,
            coalesce(r.last_seq - m.last_read_seq - (SELECT count(*) FROM messages d
                WHERE d.room_id = r.id AND d.seq > m.last_read_seq AND d.deleted_at IS NOT NULL), 0) AS unread,
            i.user_id IS NOT NULL AS invited
        FROM rooms r JOIN users u ON u.id = r.created_by
        LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = ?1 AND m.left_at IS NULL
        LEFT JOIN invitations i ON i.room_id = r.id AND i.user_id = ?1 ";

    pub(crate) fn view(self) -> Read<RoomView> {
        let mine = match (self.role, self.joined_at, self.last_read_seq) {
            (Some(number), Some(joined_at), Some(last_read_seq)) => Some(MyMembership {
                role: role(number)?,
                joined_at: moment(joined_at)?,
                last_read_seq: Seq(last_read_seq),
                unread_count: self.unread,
            }),
            _ => None,
        };
        let access = match (visibility(self.visibility)?, self.slug) {
            (Visibility::Public, Some(slug)) => Access::Public { slug: Slug::stored(slug) },
            (Visibility::Private, _) => Access::Private { group: self.is_group },
            (Visibility::Public, None) => {
                return Err(StoreError::Corrupt("a public room without a slug".into()));
            }
        };
        let room = Room {
            id: RoomId(uuid(&self.id)?),
            name: RoomName::stored(self.name),
            description: self.description.map(Description::stored),
            access,
            created_by: user_ref(&self.created_by, self.creator)?,
            created_at: moment(self.created_at)?,
            updated_at: moment(self.updated_at)?,
            member_count: self.member_count,
            log: RoomLog {
                last_seq: Seq(self.last_seq),
                revision: Revision(self.revision),
                last_message_at: maybe_moment(self.last_message_at)?,
            },
            changed_revision: Revision(self.changed_revision),
        };
        Ok(RoomView { room, mine, invited: self.invited })
    }
}

/// A message, its sender's name, and the file it shows.
#[derive(QueryableByName)]
pub(crate) struct MessageRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    room_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Binary)]
    pub(crate) sender_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    sender: String,
    #[diesel(sql_type = Integer)]
    kind: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) content: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    file_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    client_key: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) fingerprint: Option<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    edited_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) deleted_at: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) deleted_by: Option<Vec<u8>>,
    #[diesel(embed)]
    shown: FileColumns,
}

impl MessageRow {
    /// What a message is selected as.
    pub(crate) const SELECT: &str = "SELECT s.id, s.room_id, s.seq, s.revision, s.sender_id, u.username AS sender,
            s.kind, s.content, s.file_id, s.client_key, s.fingerprint, s.created_at, s.edited_at, s.deleted_at,
            s.deleted_by, f.id AS f_id, f.name AS f_name, f.content_type AS f_type, f.size AS f_size,
            f.sha256 AS f_sha256, f.image AS f_image, f.created_at AS f_created_at
        FROM messages s JOIN users u ON u.id = s.sender_id
        LEFT JOIN files f ON f.id = s.file_id AND s.deleted_at IS NULL ";

    pub(crate) fn message(self) -> Read<Message> {
        let kind = kind(self.kind)?;
        let state = if let Some(at) = self.deleted_at {
            MessageState::Deleted { kind, at: moment(at)? }
        } else {
            let file = self.file_id.as_deref().map(uuid).transpose()?.map(FileId);
            let body = Body::stored(kind, self.content.map(Content::stored), file);
            MessageState::Live(body.ok_or_else(|| StoreError::Corrupt("a message without a body".into()))?)
        };
        let sender = user_ref(&self.sender_id, self.sender)?;
        // Nobody sends what somebody else uploaded.
        let file = self.shown.file(sender.clone())?.map(Box::new);
        Ok(Message {
            id: MessageId(uuid(&self.id)?),
            room: RoomId(uuid(&self.room_id)?),
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender,
            client_key: self.client_key.map(ClientKey::stored),
            created_at: moment(self.created_at)?,
            edited_at: maybe_moment(self.edited_at)?,
            state,
            file,
        })
    }
}
