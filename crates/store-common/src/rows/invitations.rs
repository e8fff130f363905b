//! Invitations.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use domain::invitation::Invitation;
use domain::room::RoomName;
use domain::{RoomId, StoreError, Timestamp, UserId};

use super::{Row, user_ref};
use crate::sql_types::{Id, Moment};

/// An open invitation and the names in it.
#[derive(QueryableByName)]
pub struct InvitationRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Text)]
    room_name: String,
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Id)]
    invited_by: UserId,
    #[diesel(sql_type = Text)]
    inviter: String,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
}

impl InvitationRow {
    /// Invitations `i` to living rooms; more conditions follow.
    pub const SELECT: &str = "SELECT i.room_id, r.name AS room_name, i.user_id, u.username, i.invited_by,
            b.username AS inviter, i.created_at
        FROM invitations i JOIN rooms r ON r.id = i.room_id JOIN users u ON u.id = i.user_id
        JOIN users b ON b.id = i.invited_by WHERE r.deleted_at IS NULL ";
}

impl Row for InvitationRow {
    type Value = Invitation;

    fn value(self) -> Result<Invitation, StoreError> {
        Ok(Invitation {
            room: self.room_id,
            room_name: RoomName::stored(self.room_name),
            user: user_ref(self.user_id, self.username),
            invited_by: user_ref(self.invited_by, self.inviter),
            created_at: self.created_at,
        })
    }
}
