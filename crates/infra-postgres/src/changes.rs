//! What changed after a revision, for those who were away.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::event::{Change, ChangeKind, ChangeReader, Changes, LatestMembership};
use domain::room::Revision;
use domain::{RoomId, SessionId, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::Link;
use crate::rows::{MessageRow, RoomRow, role, user_ref};
use crate::statement::sql;

#[derive(QueryableByName)]
struct EndRow {
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

#[derive(QueryableByName)]
struct MessageChangeRow {
    #[diesel(embed)]
    message: MessageRow,
    #[diesel(sql_type = BigInt)]
    sent_revision: i64,
}

#[derive(QueryableByName)]
struct MemberChangeRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = SmallInt)]
    role: i16,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    joined_revision: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    left_at: Option<OffsetDateTime>,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[async_trait]
impl ChangeReader for PostgresStore {
    /// Reads the room's revision first and nothing beyond it afterwards: what changes meanwhile has a later revision
    /// and is left to the next look, so the statements need no common snapshot.
    async fn changes(
        &self,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Option<Changes>, StoreError> {
        let mut link = self.database.link().await?;
        let statement = sql("SELECT revision, deleted_at IS NOT NULL AS deleted FROM rooms WHERE id = $1")
            .bind::<SqlUuid, _>(room.0);
        let Some(end) = link.row::<EndRow>(statement).await? else { return Ok(None) };
        let revision = Revision(end.revision);
        if end.deleted {
            let gone = Change { room, revision, kind: ChangeKind::RoomDeleted };
            let items = if since < revision { vec![gone] } else { vec![] };
            return Ok(Some(Changes { items, has_more: false, revision }));
        }
        let mut items = messages(&mut link, room, (since, origin), revision, limit).await?;
        items.extend(members(&mut link, room, (since, origin), revision, limit).await?);
        items.extend(updated(&mut link, room, since, revision).await?);
        Ok(Some(Changes::first(items, limit, revision)))
    }

    async fn changed_rooms(&self, rooms: Vec<(RoomId, Revision)>) -> Result<Vec<RoomId>, StoreError> {
        let (ids, revisions): (Vec<_>, Vec<_>) =
            rooms.into_iter().map(|(room, revision)| (room.0, revision.0)).unzip();
        let statement = sql("SELECT r.id FROM unnest($1, $2) AS known (id, revision)
             JOIN rooms r ON r.id = known.id WHERE r.revision <> known.revision")
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<BigInt>, _>(revisions);
        let rows: Vec<IdRow> = self.database.rows(statement).await?;
        Ok(rows.into_iter().map(|row| RoomId(row.id)).collect())
    }

    async fn ended_sessions(&self, sessions: Vec<SessionId>) -> Result<Vec<SessionId>, StoreError> {
        let ids: Vec<Uuid> = sessions.iter().map(|session| session.0).collect();
        let statement = sql("SELECT asked.id FROM unnest($1) AS asked (id)
             LEFT JOIN sessions s ON s.id = asked.id AND s.ended_at IS NULL WHERE s.id IS NULL")
        .bind::<Array<SqlUuid>, _>(ids);
        let rows: Vec<IdRow> = self.database.rows(statement).await?;
        Ok(rows.into_iter().map(|row| SessionId(row.id)).collect())
    }
}

async fn messages(
    link: &mut Link,
    room: RoomId,
    (since, origin): (Revision, Revision),
    upto: Revision,
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let statement = sql(format!(
        "{} WHERE s.room_id = $1 AND s.revision > $2 AND s.revision <= $3 ORDER BY s.revision LIMIT $4",
        MessageRow::SELECT.replacen("SELECT ", "SELECT s.sent_revision, ", 1)
    ))
    .bind::<SqlUuid, _>(room.0)
    .bind::<BigInt, _>(since.0)
    .bind::<BigInt, _>(upto.0)
    .bind::<BigInt, _>(i64::from(limit) + 1);
    let rows: Vec<MessageChangeRow> = link.rows(statement).await?;
    rows.into_iter()
        .map(|row| {
            let (message, sent) = (row.message.message()?, Revision(row.sent_revision));
            Ok(Change::of_message(message, sent, origin))
        })
        .collect()
}

async fn members(
    link: &mut Link,
    room: RoomId,
    (since, origin): (Revision, Revision),
    upto: Revision,
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let statement = sql("SELECT m.user_id, u.username, m.role, m.revision, m.joined_revision, m.left_at
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.room_id = $1 AND m.revision > $2 AND m.revision <= $3 ORDER BY m.revision LIMIT $4")
    .bind::<SqlUuid, _>(room.0)
    .bind::<BigInt, _>(since.0)
    .bind::<BigInt, _>(upto.0)
    .bind::<BigInt, _>(i64::from(limit) + 1);
    let rows: Vec<MemberChangeRow> = link.rows(statement).await?;
    rows.into_iter()
        .map(|row| {
            let latest = LatestMembership {
                user: user_ref(row.user_id, row.username),
                role: role(row.role)?,
                revision: Revision(row.revision),
                joined: Revision(row.joined_revision),
                ended: row.left_at.is_some(),
            };
            Ok(Change::of_member(room, latest, origin))
        })
        .collect()
}

/// The room's own change, if it lies in that stretch.
async fn updated(
    link: &mut Link,
    room: RoomId,
    since: Revision,
    upto: Revision,
) -> Result<Option<Change>, StoreError> {
    let statement = sql(format!(
        "{} WHERE r.id = $2 AND r.changed_revision > $3 AND r.changed_revision <= $4",
        RoomRow::SELECT
    ))
    .bind::<Nullable<SqlUuid>, _>(None::<Uuid>)
    .bind::<SqlUuid, _>(room.0)
    .bind::<BigInt, _>(since.0)
    .bind::<BigInt, _>(upto.0);
    let row: Option<RoomRow> = link.row(statement).await?;
    row.map(|row| {
        let room_now = row.view()?.room;
        let revision = room_now.changed_revision;
        Ok(Change { room, revision, kind: ChangeKind::RoomUpdated(Box::new(room_now)) })
    })
    .transpose()
}
