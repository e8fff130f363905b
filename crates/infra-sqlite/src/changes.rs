//! What changed after a revision, for those who were away.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::event::{Change, ChangeKind, ChangeReader, Changes, LatestMembership};
use domain::room::Revision;
use domain::{RoomId, SessionId, StoreError};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{CountRow, MessageRow, RoomRow, bytes, role, user_ref};

#[derive(QueryableByName)]
struct EndRow {
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    changed_revision: i64,
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
    #[diesel(sql_type = Binary)]
    user_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Integer)]
    role: i32,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    joined_revision: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    left_at: Option<i64>,
}

#[async_trait]
impl ChangeReader for SqliteStore {
    async fn changes(
        &self,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Option<Changes>, StoreError> {
        self.database
            .read(move |c| {
                // One snapshot for all its statements.
                let mut failure = None;
                let read = c.transaction(|c| {
                    changes(c, room, (since, origin), limit).map_err(|error| {
                        failure = Some(error);
                        diesel::result::Error::RollbackTransaction
                    })
                });
                read.map_err(|error| failure.take().unwrap_or_else(|| store_error(error)))
            })
            .await
    }

    async fn changed_rooms(&self, rooms: Vec<(RoomId, Revision)>) -> Result<Vec<RoomId>, StoreError> {
        self.database
            .read(move |c| {
                let mut moved = vec![];
                // In-process, a look at each by primary key is as quick as one large query.
                for (room, known) in rooms {
                    let row: CountRow =
                        sql_query("SELECT count(*) AS n FROM rooms WHERE id = ?1 AND revision <> ?2")
                            .bind::<Binary, _>(bytes(room.0))
                            .bind::<BigInt, _>(known.0)
                            .get_result(c)
                            .map_err(store_error)?;
                    if row.n > 0 {
                        moved.push(room);
                    }
                }
                Ok(moved)
            })
            .await
    }

    async fn ended_sessions(&self, sessions: Vec<SessionId>) -> Result<Vec<SessionId>, StoreError> {
        self.database
            .read(move |c| {
                let mut ended = vec![];
                for session in sessions {
                    let live: CountRow =
                        sql_query("SELECT count(*) AS n FROM sessions WHERE id = ?1 AND ended_at IS NULL")
                            .bind::<Binary, _>(bytes(session.0))
                            .get_result(c)
                            .map_err(store_error)?;
                    if live.n == 0 {
                        ended.push(session);
                    }
                }
                Ok(ended)
            })
            .await
    }
}

fn changes(
    c: &mut SqliteConnection,
    room: RoomId,
    (since, origin): (Revision, Revision),
    limit: u32,
) -> Result<Option<Changes>, StoreError> {
    let end: Option<EndRow> = sql_query(
        "SELECT revision, changed_revision, deleted_at IS NOT NULL AS deleted FROM rooms WHERE id = ?1",
    )
    .bind::<Binary, _>(bytes(room.0))
    .get_result(c)
    .optional()
    .map_err(store_error)?;
    let Some(end) = end else { return Ok(None) };
    let revision = Revision(end.revision);
    if end.deleted {
        let gone = Change { room, revision, kind: ChangeKind::RoomDeleted };
        let items = if since < revision { vec![gone] } else { vec![] };
        return Ok(Some(Changes { items, has_more: false, revision }));
    }
    let mut items = messages(c, room, (since, origin), limit)?;
    items.extend(members(c, room, (since, origin), limit)?);
    if end.changed_revision > since.0 {
        let row: RoomRow = sql_query(format!("{} WHERE r.id = ?2", RoomRow::SELECT))
            .bind::<Binary, _>(Vec::new())
            .bind::<Binary, _>(bytes(room.0))
            .get_result(c)
            .map_err(store_error)?;
        let kind = ChangeKind::RoomUpdated(Box::new(row.view()?.room));
        items.push(Change { room, revision: Revision(end.changed_revision), kind });
    }
    Ok(Some(Changes::first(items, limit, revision)))
}

fn messages(
    c: &mut SqliteConnection,
    room: RoomId,
    (since, origin): (Revision, Revision),
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<MessageChangeRow> = sql_query(format!(
        "{} WHERE s.room_id = ?1 AND s.revision > ?2 ORDER BY s.revision LIMIT ?3",
        MessageRow::SELECT.replacen("SELECT ", "SELECT s.sent_revision, ", 1)
    ))
    .bind::<Binary, _>(bytes(room.0))
    .bind::<BigInt, _>(since.0)
    .bind::<BigInt, _>(i64::from(limit) + 1)
    .load(c)
    .map_err(store_error)?;
    rows.into_iter()
        .map(|row| {
            let (message, sent) = (row.message.message()?, Revision(row.sent_revision));
            Ok(Change::of_message(message, sent, origin))
        })
        .collect()
}

fn members(
    c: &mut SqliteConnection,
    room: RoomId,
    (since, origin): (Revision, Revision),
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<MemberChangeRow> = sql_query(
        "SELECT m.user_id, u.username, m.role, m.revision, m.joined_revision, m.left_at
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.room_id = ?1 AND m.revision > ?2 ORDER BY m.revision LIMIT ?3",
    )
    .bind::<Binary, _>(bytes(room.0))
    .bind::<BigInt, _>(since.0)
    .bind::<BigInt, _>(i64::from(limit) + 1)
    .load(c)
    .map_err(store_error)?;
    rows.into_iter()
        .map(|row| {
            let latest = LatestMembership {
                user: user_ref(&row.user_id, row.username)?,
                role: role(row.role)?,
                revision: Revision(row.revision),
                joined: Revision(row.joined_revision),
                ended: row.left_at.is_some(),
            };
            Ok(Change::of_member(room, latest, origin))
        })
        .collect()
}
