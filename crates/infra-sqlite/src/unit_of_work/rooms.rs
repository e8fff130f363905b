//! What a unit of work reads and writes of rooms and invitations.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::invitation::{Invitation, NewInvitation};
use domain::room::{Access, Revision, Room, Slug};
use domain::{RoomId, StoreError, Timestamp, UserId};

use crate::errors::store_error;
use crate::invitations::InvitationRow;
use crate::rows::{CountRow, RoomRow, bytes, visibility_number};

type Done = Result<(), StoreError>;

pub(super) fn free_slug(c: &mut SqliteConnection, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
    for slug in candidates {
        if claim_slug(c, &slug)? {
            return Ok(slug);
        }
    }
    Err(StoreError::Unavailable("every slug for this name is taken".into()))
}

/// The one writer waits for nobody, and holds the slug against everybody until its transaction ends.
pub(super) fn claim_slug(c: &mut SqliteConnection, slug: &Slug) -> Result<bool, StoreError> {
    let taken: CountRow = sql_query("SELECT count(*) AS n FROM rooms WHERE slug = ?1 AND deleted_at IS NULL")
        .bind::<Text, _>(slug.as_str())
        .get_result(c)
        .map_err(store_error)?;
    Ok(taken.n == 0)
}

pub(super) fn insert_room(c: &mut SqliteConnection, room: &Room) -> Done {
    sql_query(
        "INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at,
            member_count, revision, changed_revision, slug)
         VALUES (?1, ?2, ?2, '', 1, ?3, ?4, ?4, 0, 0, 0, NULL)",
    )
    .bind::<Binary, _>(bytes(room.id.0))
    .bind::<Text, _>(room.name.as_str())
    .bind::<Binary, _>(bytes(room.created_by.id.0))
    .bind::<BigInt, _>(room.created_at.unix_micros())
    .execute(c)
    .map_err(store_error)?;
    // What may change is written in one place.
    save_room(c, room)
}

pub(super) fn room(c: &mut SqliteConnection, id: RoomId) -> Result<Option<Room>, StoreError> {
    let row: Option<RoomRow> =
        sql_query(format!("{} WHERE r.id = ?2 AND r.deleted_at IS NULL", RoomRow::SELECT))
            .bind::<Binary, _>(Vec::new())
            .bind::<Binary, _>(bytes(id.0))
            .get_result(c)
            .optional()
            .map_err(store_error)?;
    Ok(row.map(RoomRow::view).transpose()?.map(|view| view.room))
}

pub(super) fn save_room(c: &mut SqliteConnection, room: &Room) -> Done {
    let (slug, group) = match &room.access {
        Access::Public { slug } => (Some(slug.as_str()), false),
        Access::Private { group } => (None, *group),
    };
    sql_query(
        "UPDATE rooms SET name = ?2, name_key = ?3, description = ?4, search_text = ?5, visibility = ?6, slug = ?7,
            is_group = ?8, updated_at = ?9, member_count = ?10, last_seq = ?11, last_message_at = ?12, revision = ?13,
            changed_revision = ?14
         WHERE id = ?1",
    )
    .bind::<Binary, _>(bytes(room.id.0))
    .bind::<Text, _>(room.name.as_str())
    .bind::<Text, _>(room.name.key())
    .bind::<Nullable<Text>, _>(room.description.as_ref().map(domain::room::Description::as_str))
    .bind::<Text, _>(room.search_text())
    .bind::<Integer, _>(visibility_number(room.access.visibility()))
    .bind::<Nullable<Text>, _>(slug)
    .bind::<Bool, _>(group)
    .bind::<BigInt, _>(room.updated_at.unix_micros())
    .bind::<BigInt, _>(room.member_count)
    .bind::<BigInt, _>(room.log.last_seq.0)
    .bind::<Nullable<BigInt>, _>(room.log.last_message_at.map(Timestamp::unix_micros))
    .bind::<BigInt, _>(room.log.revision.0)
    .bind::<BigInt, _>(room.changed_revision.0)
    .execute(c)
    .map_err(store_error)?;
    Ok(())
}

pub(super) fn delete_room(c: &mut SqliteConnection, room: RoomId, revision: Revision, at: Timestamp) -> Done {
    sql_query("UPDATE rooms SET deleted_at = ?3, revision = ?2, changed_revision = ?2 WHERE id = ?1")
        .bind::<Binary, _>(bytes(room.0))
        .bind::<BigInt, _>(revision.0)
        .bind::<BigInt, _>(at.unix_micros())
        .execute(c)
        .map_err(store_error)?;
    sql_query("DELETE FROM invitations WHERE room_id = ?1")
        .bind::<Binary, _>(bytes(room.0))
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}

pub(super) fn invitation(
    c: &mut SqliteConnection,
    room: RoomId,
    user: UserId,
) -> Result<Option<Invitation>, StoreError> {
    let row: Option<InvitationRow> =
        sql_query(format!("{} AND i.room_id = ?1 AND i.user_id = ?2", InvitationRow::SELECT))
            .bind::<Binary, _>(bytes(room.0))
            .bind::<Binary, _>(bytes(user.0))
            .get_result(c)
            .optional()
            .map_err(store_error)?;
    row.map(InvitationRow::invitation).transpose()
}

pub(super) fn insert_invitation(c: &mut SqliteConnection, new: NewInvitation) -> Done {
    sql_query("INSERT INTO invitations (room_id, user_id, invited_by, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind::<Binary, _>(bytes(new.room.0))
        .bind::<Binary, _>(bytes(new.user.0))
        .bind::<Binary, _>(bytes(new.invited_by.0))
        .bind::<BigInt, _>(new.created_at.unix_micros())
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}

pub(super) fn delete_invitation(
    c: &mut SqliteConnection,
    room: RoomId,
    user: UserId,
) -> Result<bool, StoreError> {
    let deleted = sql_query("DELETE FROM invitations WHERE room_id = ?1 AND user_id = ?2")
        .bind::<Binary, _>(bytes(room.0))
        .bind::<Binary, _>(bytes(user.0))
        .execute(c)
        .map_err(store_error)?;
    Ok(deleted > 0)
}
