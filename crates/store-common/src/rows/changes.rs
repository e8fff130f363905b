//! Changes after a revision.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::event::{Change, ChangeKind, Changes, LatestMembership};
use domain::membership::Role;
use domain::room::Revision;
use domain::{RoomId, StoreError, Timestamp, UserId};

use super::{Incomplete, MessageRow, Row, user_ref};
use crate::lists::last_seq_where;
use crate::sql_types::{Code, Id, Moment};

/// The revision of a room, and of its own last change.
#[derive(QueryableByName)]
pub struct HeadRow {
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    changed_revision: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

impl HeadRow {
    /// Of the room `?1`.
    pub const SELECT: &str =
        "SELECT revision, changed_revision, deleted_at IS NOT NULL AS deleted FROM rooms WHERE id = ?1";

    /// Returns the room's revision.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision(self.revision)
    }

    /// Returns `true` where the room itself changed after `since`.
    #[must_use]
    pub fn changed_after(&self, since: Revision) -> bool {
        self.changed_revision > since.0
    }

    /// Returns the changes of a deleted room after `since`: its deletion, or none. `None` where it is not deleted.
    #[must_use]
    pub fn deletion(&self, room: RoomId, since: Revision) -> Option<Changes> {
        let revision = self.revision();
        self.deleted.then(|| {
            let deletion = Change { room, revision, kind: ChangeKind::RoomDeleted };
            let items = if since < revision { vec![deletion] } else { vec![] };
            Changes { items, has_more: false, revision }
        })
    }
}

impl Row for HeadRow {
    type Value = Self;

    fn value(self) -> Result<Self, StoreError> {
        Ok(self)
    }
}

/// A message that changed, and the revision at which it was sent.
#[derive(QueryableByName)]
pub struct MessageChangeRow {
    #[diesel(embed)]
    message: MessageRow,
    #[diesel(sql_type = BigInt)]
    sent_revision: i64,
}

impl MessageChangeRow {
    /// The first `?4` messages of the room `?1` that changed after `?2`, up to `?3`: those that changed since they were sent, by
    /// their index, and the others in the order in which they were sent.
    #[must_use]
    pub fn select() -> String {
        let changed = "SELECT * FROM messages c WHERE c.room_id = ?1 AND c.revision > ?2 AND c.revision <= ?3
            AND c.revision <> c.sent_revision ORDER BY c.revision LIMIT ?4";
        let sent = format!(
            "SELECT * FROM messages n WHERE n.room_id = ?1 AND n.seq > {} AND n.revision <= ?3
            AND n.revision = n.sent_revision ORDER BY n.seq LIMIT ?4",
            last_seq_where("e.sent_revision <= ?2")
        );
        let both = format!(
            "FROM (SELECT * FROM ({changed}) AS changed UNION ALL SELECT * FROM ({sent}) AS sent) AS s"
        );
        let select = MessageRow::SELECT.replacen("SELECT", "SELECT s.sent_revision,", 1);
        format!("{}ORDER BY revision LIMIT ?4", select.replacen("FROM messages s", &both, 1))
    }
}

impl Row for MessageChangeRow {
    type Value = (Incomplete, Revision);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.message.value()?, Revision(self.sent_revision)))
    }
}

/// A membership that changed.
#[derive(QueryableByName)]
pub struct MemberChangeRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Code)]
    role: Role,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    joined_revision: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    left_at: Option<Timestamp>,
}

impl MemberChangeRow {
    /// The first `?4` memberships of the room `?1` that changed after `?2`, up to `?3`.
    pub const SELECT: &str = "SELECT m.user_id, u.username, m.role, m.revision, m.joined_revision, m.left_at
        FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.room_id = ?1 AND m.revision > ?2 AND m.revision <= ?3 ORDER BY m.revision LIMIT ?4";
}

impl Row for MemberChangeRow {
    type Value = LatestMembership;

    fn value(self) -> Result<LatestMembership, StoreError> {
        Ok(LatestMembership {
            user: user_ref(self.user_id, self.username),
            role: self.role,
            revision: Revision(self.revision),
            joined: Revision(self.joined_revision),
            ended: self.left_at.is_some(),
        })
    }
}
