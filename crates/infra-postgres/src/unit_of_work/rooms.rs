//! What a unit of work reads and writes of rooms and invitations.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::invitation::{Invitation, NewInvitation};
use domain::room::{Access, Description, Revision, Room, Slug};
use domain::{RoomId, StoreError, Timestamp, UserId};

use crate::invitations::InvitationRow;
use crate::pool::Link;
use crate::rows::{CountRow, RoomRow, visibility_number};
use crate::statement::sql;

type Done = Result<(), StoreError>;

#[derive(QueryableByName)]
struct SlugRow {
    #[diesel(sql_type = Text)]
    slug: String,
}

/// Passes over what is taken for certain, and claims the first of the rest that is still free.
pub(super) async fn free_slug(link: &mut Link, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
    let names: Vec<String> = candidates.iter().map(|slug| slug.as_str().to_owned()).collect();
    let statement = sql("SELECT slug FROM rooms WHERE slug = ANY($1) AND deleted_at IS NULL")
        .bind::<Array<Text>, _>(names);
    let taken: Vec<String> = link.rows::<SlugRow>(statement).await?.into_iter().map(|row| row.slug).collect();
    for slug in candidates {
        let known = taken.iter().any(|taken| taken == slug.as_str());
        if !known && claim_slug(link, slug.clone()).await? {
            return Ok(slug);
        }
    }
    Err(StoreError::Unavailable("every slug for this name is taken".into()))
}

/// Whoever looks at a slug locks its name first, and waits for whoever has it. The check is a statement of its own, begun
/// after the lock, so that it sees what the last holder committed. Nobody waits in a circle: two units of
/// work look at the same names in the same order, or have at most one in common.
pub(super) async fn claim_slug(link: &mut Link, slug: Slug) -> Result<bool, StoreError> {
    let name = slug.as_str().to_owned();
    let lock =
        sql("SELECT pg_advisory_xact_lock(hashtextextended('slug:' || $1, 0))").bind::<Text, _>(name.clone());
    link.execute(lock).await?;
    let check =
        sql("SELECT count(*) AS n FROM rooms WHERE slug = $1 AND deleted_at IS NULL").bind::<Text, _>(name);
    Ok(link.row::<CountRow>(check).await?.is_some_and(|row| row.n == 0))
}

pub(super) async fn insert_room(link: &mut Link, room: Room) -> Done {
    let statement = sql(
        "INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at,
            member_count, revision, changed_revision, slug)
         VALUES ($1, $2, $2, '', 1, $3, $4, $4, 0, 0, 0, NULL)",
    )
    .bind::<SqlUuid, _>(room.id.0)
    .bind::<Text, _>(room.name.as_str().to_owned())
    .bind::<SqlUuid, _>(room.created_by.id.0)
    .bind::<Timestamptz, _>(room.created_at.as_datetime());
    link.execute(statement).await?;
    // What may change is written in one place.
    save_room(link, room).await
}

pub(super) async fn lock_room(link: &mut Link, id: RoomId) -> Result<Option<Room>, StoreError> {
    let statement =
        sql(format!("{} WHERE r.id = $2 AND r.deleted_at IS NULL FOR UPDATE OF r", RoomRow::SELECT))
            .bind::<Nullable<SqlUuid>, _>(None::<uuid::Uuid>)
            .bind::<SqlUuid, _>(id.0);
    let row: Option<RoomRow> = link.row(statement).await?;
    Ok(row.map(RoomRow::view).transpose()?.map(|view| view.room))
}

pub(super) async fn save_room(link: &mut Link, room: Room) -> Done {
    let (slug, group) = match &room.access {
        Access::Public { slug } => (Some(slug.as_str().to_owned()), false),
        Access::Private { group } => (None, *group),
    };
    let statement = sql(
        "UPDATE rooms SET name = $2, name_key = $3, description = $4, search_text = $5, visibility = $6, slug = $7,
            is_group = $8, updated_at = $9, member_count = $10, last_seq = $11, last_message_at = $12,
            revision = $13, changed_revision = $14
         WHERE id = $1",
    )
    .bind::<SqlUuid, _>(room.id.0)
    .bind::<Text, _>(room.name.as_str().to_owned())
    .bind::<Text, _>(room.name.key())
    .bind::<Nullable<Text>, _>(room.description.as_ref().map(Description::as_str).map(String::from))
    .bind::<Text, _>(room.search_text())
    .bind::<SmallInt, _>(visibility_number(room.access.visibility()))
    .bind::<Nullable<Text>, _>(slug)
    .bind::<Bool, _>(group)
    .bind::<Timestamptz, _>(room.updated_at.as_datetime())
    .bind::<BigInt, _>(room.member_count)
    .bind::<BigInt, _>(room.log.last_seq.0)
    .bind::<Nullable<Timestamptz>, _>(room.log.last_message_at.map(Timestamp::as_datetime))
    .bind::<BigInt, _>(room.log.revision.0)
    .bind::<BigInt, _>(room.changed_revision.0);
    link.execute(statement).await.map(drop)
}

pub(super) async fn delete_room(link: &mut Link, room: RoomId, revision: Revision, at: Timestamp) -> Done {
    let statement =
        sql("UPDATE rooms SET deleted_at = $3, revision = $2, changed_revision = $2 WHERE id = $1")
            .bind::<SqlUuid, _>(room.0)
            .bind::<BigInt, _>(revision.0)
            .bind::<Timestamptz, _>(at.as_datetime());
    link.execute(statement).await?;
    let invitations = sql("DELETE FROM invitations WHERE room_id = $1").bind::<SqlUuid, _>(room.0);
    link.execute(invitations).await.map(drop)
}

pub(super) async fn invitation(
    link: &mut Link,
    room: RoomId,
    user: UserId,
) -> Result<Option<Invitation>, StoreError> {
    let statement = sql(format!("{} AND i.room_id = $1 AND i.user_id = $2", InvitationRow::SELECT))
        .bind::<SqlUuid, _>(room.0)
        .bind::<SqlUuid, _>(user.0);
    let row: Option<InvitationRow> = link.row(statement).await?;
    row.map(InvitationRow::invitation).transpose()
}

pub(super) async fn insert_invitation(link: &mut Link, new: NewInvitation) -> Done {
    let statement =
        sql("INSERT INTO invitations (room_id, user_id, invited_by, created_at) VALUES ($1, $2, $3, $4)")
            .bind::<SqlUuid, _>(new.room.0)
            .bind::<SqlUuid, _>(new.user.0)
            .bind::<SqlUuid, _>(new.invited_by.0)
            .bind::<Timestamptz, _>(new.created_at.as_datetime());
    link.execute(statement).await.map(drop)
}

pub(super) async fn delete_invitation(
    link: &mut Link,
    room: RoomId,
    user: UserId,
) -> Result<bool, StoreError> {
    let statement = sql("DELETE FROM invitations WHERE room_id = $1 AND user_id = $2")
        .bind::<SqlUuid, _>(room.0)
        .bind::<SqlUuid, _>(user.0);
    Ok(link.execute(statement).await? > 0)
}
