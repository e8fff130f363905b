//! Rooms.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::compat::ryos::RoomKey;
use domain::direct::DirectKey;
use domain::room::{Access, Description, PrivateKind, Revision, Room, Slug};
use domain::{RoomId, Timestamp, UserId};

use super::StoreBackend;
use crate::rows::{RoomRow, RosterRow};
use crate::sql_types::{Code, Id, Moment};
use crate::statement::{Statement, sql};

/// Selects a living room as the caller sees it, as [`RoomRow`].
#[must_use]
pub fn room<DB: StoreBackend>(id: RoomId, caller: Option<UserId>) -> Statement<DB> {
    sql(format!("{}WHERE r.id = ?2 AND r.deleted_at IS NULL", RoomRow::SELECT))
        .bind::<Nullable<Id>, _>(caller)
        .bind::<Id, _>(id)
}

/// Selects and locks a living room, as [`RoomRow`].
#[must_use]
pub fn lock_room<DB: StoreBackend>(id: RoomId) -> Statement<DB> {
    sql(format!("{}WHERE r.id = ?2 AND r.deleted_at IS NULL{}", RoomRow::SELECT, DB::LOCK_ROOM))
        .bind::<Nullable<Id>, _>(None::<UserId>)
        .bind::<Id, _>(id)
}

/// Selects a living direct room as the caller sees it, as [`RoomRow`].
#[must_use]
pub fn direct<DB: StoreBackend>(key: DirectKey, caller: UserId) -> Statement<DB> {
    sql(format!("{}WHERE r.direct_key = ?2 AND r.deleted_at IS NULL", RoomRow::SELECT))
        .bind::<Nullable<Id>, _>(Some(caller))
        .bind::<Binary, _>(key.0.to_vec())
}

/// Counts the living rooms of an id.
#[must_use]
pub fn room_count<DB: StoreBackend>(id: RoomId) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM rooms WHERE id = ?1 AND deleted_at IS NULL").bind::<Id, _>(id)
}

/// Selects a living room and its members, as [`RosterRow`].
#[must_use]
pub fn roster<DB: StoreBackend>(key: RoomKey, caller: Option<UserId>) -> Statement<DB> {
    let of = |column: &str| {
        let select = RosterRow::select(DB::JOIN_TEXT);
        sql(format!("{select}WHERE r.{column} = ?2 AND r.deleted_at IS NULL")).bind::<Nullable<Id>, _>(caller)
    };
    match key {
        RoomKey::Id(id) => of("id").bind::<Id, _>(id),
        RoomKey::Slug(slug) => of("slug").bind::<Text, _>(slug.as_str().to_owned()),
    }
}

/// Counts the living rooms of a slug.
#[must_use]
pub fn slug_count<DB: StoreBackend>(slug: &Slug) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM rooms WHERE slug = ?1 AND deleted_at IS NULL")
        .bind::<Text, _>(slug.as_str().to_owned())
}

/// Inserts a room without its mutable columns, which [`save_room`] writes. Does nothing for a direct room whose key a
/// living one has.
#[must_use]
pub fn insert_room<DB: StoreBackend>(room: &Room, direct: Option<DirectKey>) -> Statement<DB> {
    sql("INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at,
            member_count, revision, changed_revision, slug, direct_key)
         VALUES (?1, ?2, ?2, '', 1, ?3, ?4, ?4, 0, 0, 0, NULL, ?5)
         ON CONFLICT (direct_key) WHERE direct_key IS NOT NULL AND deleted_at IS NULL DO NOTHING")
    .bind::<Id, _>(room.id)
    .bind::<Text, _>(room.name.as_str().to_owned())
    .bind::<Id, _>(room.created_by.id)
    .bind::<Moment, _>(room.created_at)
    .bind::<Nullable<Binary>, _>(direct.map(|key| key.0.to_vec()))
}

/// Replaces the mutable columns of a room.
#[must_use]
pub fn save_room<DB: StoreBackend>(room: &Room) -> Statement<DB> {
    let (slug, group) = match &room.access {
        Access::Public { slug } => (Some(slug.as_str().to_owned()), false),
        Access::Private(kind) => (None, *kind == PrivateKind::Group),
    };
    sql(
        "UPDATE rooms SET name = ?2, name_key = ?3, description = ?4, search_text = ?5, visibility = ?6, slug = ?7,
            is_group = ?8, updated_at = ?9, member_count = ?10, last_seq = ?11, last_message_at = ?12,
            revision = ?13, changed_revision = ?14, metadata = ?15, folded_text = ?16, folded_revision = ?14
         WHERE id = ?1",
    )
    .bind::<Id, _>(room.id)
    .bind::<Text, _>(room.name.as_str().to_owned())
    .bind::<Text, _>(room.name.key())
    .bind::<Nullable<Text>, _>(room.description.as_ref().map(Description::as_str).map(String::from))
    .bind::<Text, _>(room.search_text())
    .bind::<Code, _>(room.access.visibility())
    .bind::<Nullable<Text>, _>(slug)
    .bind::<Bool, _>(group)
    .bind::<Moment, _>(room.updated_at)
    .bind::<BigInt, _>(room.member_count)
    .bind::<BigInt, _>(room.log.last_seq.0)
    .bind::<Nullable<Moment>, _>(room.log.last_message_at)
    .bind::<BigInt, _>(room.log.revision.0)
    .bind::<BigInt, _>(room.changed_revision.0)
    .bind::<Nullable<Text>, _>(room.metadata.text().map(String::from))
    .bind::<Text, _>(room.folded_text())
}

/// Selects rooms whose folded text is not that of their name and description, as [`UnfoldedRow`](crate::rows::UnfoldedRow).
#[must_use]
pub fn unfolded_rooms<DB: StoreBackend>(limit: u32) -> Statement<DB> {
    sql(format!(
        "SELECT id, name, description, changed_revision FROM rooms
         WHERE deleted_at IS NULL AND folded_revision <> changed_revision AND {} ORDER BY id LIMIT ?1",
        DB::NOT_ASCII
    ))
    .bind::<BigInt, _>(i64::from(limit))
}

/// Stores the folded text of a room, unless the room changed since it was read.
#[must_use]
pub fn fold_room<DB: StoreBackend>(room: RoomId, read: Revision, text: String) -> Statement<DB> {
    sql("UPDATE rooms SET folded_text = ?3, folded_revision = ?2 WHERE id = ?1 AND changed_revision = ?2")
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(read.0)
        .bind::<Text, _>(text)
}

/// Marks a room as deleted.
#[must_use]
pub fn delete_room<DB: StoreBackend>(room: RoomId, revision: Revision, at: Timestamp) -> Statement<DB> {
    sql("UPDATE rooms SET deleted_at = ?3, revision = ?2, changed_revision = ?2 WHERE id = ?1")
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(revision.0)
        .bind::<Moment, _>(at)
}
