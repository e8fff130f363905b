//! Invitations.

use domain::invitation::NewInvitation;
use domain::{RoomId, UserId};

use super::StoreBackend;
use crate::rows::InvitationRow;
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects an invitation, as [`InvitationRow`].
#[must_use]
pub fn invitation<DB: StoreBackend>(room: RoomId, user: UserId) -> Statement<DB> {
    sql(format!("{}AND i.room_id = ?1 AND i.user_id = ?2", InvitationRow::SELECT))
        .bind::<Id, _>(room)
        .bind::<Id, _>(user)
}

/// Inserts an invitation.
#[must_use]
pub fn insert_invitation<DB: StoreBackend>(new: NewInvitation) -> Statement<DB> {
    sql("INSERT INTO invitations (room_id, user_id, invited_by, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind::<Id, _>(new.room)
        .bind::<Id, _>(new.user)
        .bind::<Id, _>(new.invited_by)
        .bind::<Moment, _>(new.created_at)
}

/// Deletes an invitation.
#[must_use]
pub fn delete_invitation<DB: StoreBackend>(room: RoomId, user: UserId) -> Statement<DB> {
    sql("DELETE FROM invitations WHERE room_id = ?1 AND user_id = ?2").bind::<Id, _>(room).bind::<Id, _>(user)
}

/// Deletes every invitation to a room.
#[must_use]
pub fn delete_invitations<DB: StoreBackend>(room: RoomId) -> Statement<DB> {
    sql("DELETE FROM invitations WHERE room_id = ?1").bind::<Id, _>(room)
}
