//! Rooms.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{Queryable, QueryableByName};
use domain::account::Username;
use domain::compat::ryos::RoomWithMembers;
use domain::membership::{MyMembership, Role};
use domain::metadata::Metadata;
use domain::room::{
    Access, Description, PrivateKind, Revision, Room, RoomLog, RoomName, RoomView, Seq, Slug, Visibility,
    folded_text,
};
use domain::{RoomId, StoreError, Timestamp, UserId};

use super::{Row, user_ref};
use crate::sql_types::{Code, Id, Moment};

/// A room, its creator, and the caller's relation to it.
#[derive(Queryable, QueryableByName)]
pub struct RoomRow {
    #[diesel(sql_type = Id)]
    id: RoomId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    metadata: Option<String>,
    #[diesel(sql_type = Code)]
    visibility: Visibility,
    #[diesel(sql_type = Nullable<Text>)]
    slug: Option<String>,
    #[diesel(sql_type = Bool)]
    is_group: bool,
    #[diesel(sql_type = Bool)]
    direct: bool,
    #[diesel(sql_type = Id)]
    created_by: UserId,
    #[diesel(sql_type = Text)]
    creator: String,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
    #[diesel(sql_type = Moment)]
    updated_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    member_count: i64,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    last_message_at: Option<Timestamp>,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    changed_revision: i64,
    #[diesel(sql_type = Nullable<Code>)]
    role: Option<Role>,
    #[diesel(sql_type = Nullable<Moment>)]
    joined_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_read_seq: Option<i64>,
    #[diesel(sql_type = BigInt)]
    unread: i64,
    #[diesel(sql_type = BigInt)]
    mentions: i64,
    #[diesel(sql_type = Bool)]
    invited: bool,
}

/// The columns of [`RoomRow`] in its order, of a room `r` and the caller's membership `m`, with terms for the creator's name and
/// the invitation. The messages to a room are read in order: else PostgreSQL takes their index of times to be as good as that of
/// places, until the table is vacuumed, and reads all of them.
macro_rules! room_columns {
    ($creator:literal, $invited:literal) => {
        concat!(
            "r.id, r.name, r.description, r.metadata, r.visibility, r.slug, r.is_group,
            r.direct_key IS NOT NULL AS direct, r.created_by, ",
            $creator,
            " AS creator, r.created_at, r.updated_at, r.member_count, r.last_seq, r.last_message_at, r.revision,
            r.changed_revision, m.role, m.joined_at, m.last_read_seq,
            CASE WHEN m.role IS NULL THEN 0 ELSE r.last_seq - m.last_read_seq - (SELECT count(*) FROM messages d
                WHERE d.room_id = r.id AND d.seq > m.last_read_seq AND d.deleted_at IS NOT NULL) END AS unread,
            CASE WHEN m.role IS NULL THEN 0 ELSE (SELECT count(*) FROM (
                SELECT n.seq FROM mentions n
                    WHERE n.user_id = m.user_id AND n.room_id = r.id AND n.seq > m.last_read_seq
                UNION SELECT h.seq FROM (SELECT e.seq FROM messages e WHERE e.room_id = r.id AND e.seq > m.last_read_seq
                    AND e.mentions_room AND e.deleted_at IS NULL ORDER BY e.seq) AS h) AS head) END AS mentions, ",
            $invited,
            " AS invited"
        )
    };
}

/// The types of the columns of a [`RoomRow`] that are read by position.
pub type RoomTypes = (
    Id,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Code,
    Nullable<Text>,
    Bool,
    Bool,
    Id,
    Text,
    Moment,
    Moment,
    BigInt,
    BigInt,
    Nullable<Moment>,
    BigInt,
    BigInt,
    Nullable<Code>,
    Nullable<Moment>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    Bool,
);

impl RoomRow {
    /// Rooms `r` as the caller `?1` sees them; `?1` is null where there is no caller.
    pub const SELECT: &str = concat!(
        "SELECT ",
        room_columns!("u.username", "i.user_id IS NOT NULL"),
        " FROM rooms r JOIN users u ON u.id = r.created_by
        LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = ?1 AND m.left_at IS NULL
        LEFT JOIN invitations i ON i.room_id = r.id AND i.user_id = ?1 "
    );

    /// The columns of rooms `r` in a list, which shows no invitations, with their creators `u`.
    pub const LISTED: &str = room_columns!("u.username", "false");

    /// The same without the names of the creators.
    pub const LISTED_UNNAMED: &str = room_columns!("''", "false");
}

impl Row for RoomRow {
    type Value = RoomView;

    fn value(self) -> Result<RoomView, StoreError> {
        let mine = match (self.role, self.joined_at, self.last_read_seq) {
            (Some(role), Some(joined_at), Some(last_read_seq)) => Some(MyMembership {
                role,
                joined_at,
                last_read_seq: Seq(last_read_seq),
                unread_count: self.unread,
                mention_count: self.mentions,
            }),
            _ => None,
        };
        let access = match (self.visibility, self.slug) {
            (Visibility::Public, Some(slug)) => Access::Public { slug: Slug::stored(slug) },
            (Visibility::Private, _) if self.direct => Access::Private(PrivateKind::Direct),
            (Visibility::Private, _) if self.is_group => Access::Private(PrivateKind::Group),
            (Visibility::Private, _) => Access::Private(PrivateKind::ByInvitation),
            (Visibility::Public, None) => {
                return Err(StoreError::Corrupt("a public room without a slug".into()));
            }
        };
        let room = Room {
            id: self.id,
            name: RoomName::stored(self.name),
            description: self.description.map(Description::stored),
            metadata: Metadata::stored(self.metadata),
            access,
            created_by: user_ref(self.created_by, self.creator),
            created_at: self.created_at,
            updated_at: self.updated_at,
            member_count: self.member_count,
            log: RoomLog {
                last_seq: Seq(self.last_seq),
                revision: Revision(self.revision),
                last_message_at: self.last_message_at,
            },
            changed_revision: Revision(self.changed_revision),
        };
        Ok(RoomView { room, mine, invited: self.invited })
    }
}

/// A room, and the names of a private room's members, separated by commas: no name contains one.
#[derive(QueryableByName)]
pub struct RosterRow {
    #[diesel(embed)]
    room: RoomRow,
    #[diesel(sql_type = Nullable<Text>)]
    members: Option<String>,
}

impl RosterRow {
    /// Rooms `r` as [`RoomRow::SELECT`] returns them, and their members; `join` is the aggregate function that
    /// concatenates text.
    #[must_use]
    pub fn select(join: &str) -> String {
        let members = format!(
            "SELECT (SELECT {join}(mu.username, ',') FROM memberships mm JOIN users mu ON mu.id = mm.user_id
                WHERE r.visibility = 1 AND mm.room_id = r.id AND mm.left_at IS NULL) AS members,"
        );
        RoomRow::SELECT.replacen("SELECT", &members, 1)
    }
}

impl Row for RosterRow {
    type Value = RoomWithMembers;

    fn value(self) -> Result<RoomWithMembers, StoreError> {
        let names = self.members.unwrap_or_default();
        let members =
            names.split(',').filter(|name| !name.is_empty()).map(String::from).map(Username::stored);
        Ok(RoomWithMembers { view: self.room.value()?, members: members.collect() })
    }
}

/// A room whose text is to be folded.
#[derive(QueryableByName)]
pub struct UnfoldedRow {
    #[diesel(sql_type = Id)]
    id: RoomId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<String>,
    #[diesel(sql_type = BigInt)]
    changed_revision: i64,
}

impl Row for UnfoldedRow {
    /// The room, the revision of its text, and its text, folded.
    type Value = (RoomId, Revision, String);

    fn value(self) -> Result<Self::Value, StoreError> {
        let (name, description) = (RoomName::stored(self.name), self.description.map(Description::stored));
        Ok((self.id, Revision(self.changed_revision), folded_text(&name, description.as_ref())))
    }
}
