//! Memberships.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{Queryable, QueryableByName};
use domain::account::UserRef;
use domain::membership::{Member, Membership, Reader, Role, RoomStanding, Standing};
use domain::room::{Revision, Seq, Visibility};
use domain::{RoomId, StoreError, Timestamp, UserId};

use super::{Row, user_ref};
use crate::sql_types::{Code, Id, Moment};

/// Holds for a room `?1` that is not deleted: the memberships of a deleted room remain for a while, but count no more.
pub const ROOM_IS_LIVING: &str = "EXISTS (SELECT 1 FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL)";

/// The relation of a user to a room.
#[derive(QueryableByName)]
pub struct StandingRow {
    #[diesel(sql_type = Code)]
    visibility: Visibility,
    #[diesel(sql_type = Bool)]
    direct: bool,
    #[diesel(sql_type = Nullable<Code>)]
    role: Option<Role>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_read_seq: Option<i64>,
    #[diesel(sql_type = Bool)]
    invited: bool,
}

impl StandingRow {
    /// Of the user `?2` to the living room `?1`.
    pub const SELECT: &str =
        "SELECT r.visibility, r.direct_key IS NOT NULL AS direct, m.role, m.last_read_seq,
            i.user_id IS NOT NULL AS invited FROM rooms r
        LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = ?2 AND m.left_at IS NULL
        LEFT JOIN invitations i ON i.room_id = r.id AND i.user_id = ?2
        WHERE r.id = ?1 AND r.deleted_at IS NULL";

    /// Of the users `?2`, each to the living room at its place in `?1`, with the place from 1; for PostgreSQL.
    pub const SELECT_MANY: &str =
        "SELECT asked.place, r.visibility, r.direct_key IS NOT NULL AS direct, m.role, m.last_read_seq,
            EXISTS (SELECT 1 FROM invitations i WHERE i.room_id = asked.room_id AND i.user_id = asked.user_id) AS invited
        FROM unnest(?1, ?2) WITH ORDINALITY AS asked (room_id, user_id, place)
        JOIN rooms r ON r.id = asked.room_id AND r.deleted_at IS NULL
        LEFT JOIN LATERAL (SELECT role, last_read_seq FROM memberships
            WHERE room_id = asked.room_id AND user_id = asked.user_id AND left_at IS NULL LIMIT 1) AS m ON TRUE";
}

impl Row for StandingRow {
    type Value = RoomStanding;

    fn value(self) -> Result<RoomStanding, StoreError> {
        Ok(RoomStanding {
            visibility: self.visibility,
            direct: self.direct,
            standing: Standing::of(self.role, self.invited),
            last_read_seq: Seq(self.last_read_seq.unwrap_or_default()),
        })
    }
}

/// The types of the columns of a [`MemberRow`] that are read by position.
pub type MemberTypes = (Id, Text, Code, Moment, BigInt);

/// A member as lists show them.
#[derive(Queryable, QueryableByName)]
pub struct MemberRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Code)]
    role: Role,
    #[diesel(sql_type = Moment)]
    joined_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl MemberRow {
    /// Present members `m` of the room `?1`; more conditions follow.
    pub const SELECT: &str = "SELECT m.user_id, u.username, m.role, m.joined_at, m.last_read_seq
        FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.room_id = ?1 AND m.left_at IS NULL ";
}

impl Row for MemberRow {
    type Value = Member;

    fn value(self) -> Result<Member, StoreError> {
        Ok(Member {
            user: user_ref(self.user_id, self.username),
            role: self.role,
            joined_at: self.joined_at,
            last_read_seq: Seq(self.last_read_seq),
        })
    }
}

/// A member who has read a message.
#[derive(QueryableByName)]
pub struct ReaderRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl Row for ReaderRow {
    type Value = Reader;

    fn value(self) -> Result<Reader, StoreError> {
        Ok(Reader { user: user_ref(self.user_id, self.username), last_read_seq: Seq(self.last_read_seq) })
    }
}

/// A read mark that moved.
#[derive(QueryableByName)]
pub struct MarkRow {
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl Row for MarkRow {
    type Value = Seq;

    fn value(self) -> Result<Seq, StoreError> {
        Ok(Seq(self.last_read_seq))
    }
}

/// A present membership, complete.
#[derive(QueryableByName)]
pub struct MembershipRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Code)]
    role: Role,
    #[diesel(sql_type = Moment)]
    joined_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    joined_revision: i64,
}

impl MembershipRow {
    /// The columns, of which an insertion sets all.
    pub const COLUMNS: &str = "room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision";
}

impl Row for MembershipRow {
    type Value = Membership;

    fn value(self) -> Result<Membership, StoreError> {
        Ok(Membership {
            room: self.room_id,
            user: self.user_id,
            role: self.role,
            joined_at: self.joined_at,
            last_read_seq: Seq(self.last_read_seq),
            revision: Revision(self.revision),
            joined_revision: Revision(self.joined_revision),
        })
    }
}

/// A membership and its member's name.
#[derive(QueryableByName)]
pub struct NamedMembershipRow {
    #[diesel(embed)]
    membership: MembershipRow,
    #[diesel(sql_type = Text)]
    username: String,
}

impl NamedMembershipRow {
    /// The member of the room `?1` who joined first, other than `?2`.
    pub const LONGEST_STANDING: &str =
        "SELECT m.room_id, m.user_id, m.role, m.joined_at, m.last_read_seq, m.revision, m.joined_revision, u.username
        FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.room_id = ?1 AND m.user_id <> ?2 AND m.left_at IS NULL ORDER BY m.joined_revision LIMIT 1";
}

impl Row for NamedMembershipRow {
    type Value = (UserRef, Membership);

    fn value(self) -> Result<Self::Value, StoreError> {
        let membership = self.membership.value()?;
        Ok((user_ref(membership.user, self.username), membership))
    }
}

/// A room whose visibility changed since its memberships were marked by it.
#[derive(QueryableByName)]
pub struct VisibilityChangeRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Id)]
    marked_to: UserId,
    #[diesel(sql_type = Bool)]
    private: bool,
}

impl Row for VisibilityChangeRow {
    /// The room, the last user whose membership is marked, and whether the room is private now.
    type Value = (RoomId, UserId, bool);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, self.marked_to, self.private))
    }
}

/// The id of a user.
#[derive(QueryableByName)]
pub struct UserIdRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
}

impl Row for UserIdRow {
    type Value = UserId;

    fn value(self) -> Result<UserId, StoreError> {
        Ok(self.user_id)
    }
}
