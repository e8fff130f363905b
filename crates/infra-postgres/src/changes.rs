//! Changes after a revision, for subscribers that resume.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt};
use domain::event::{Change, ChangeKind, ChangeReader, Changes};
use domain::room::Revision;
use domain::{RoomId, SessionId, StoreError};
use store_common::rows::{HeadRow, MemberChangeRow, MessageChangeRow, RoomRow, Row};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;

#[async_trait]
impl ChangeReader for PostgresStore {
    /// Reads the room's revision first and nothing beyond it afterwards: what changes meanwhile has a later revision
    /// and is left to the next read, so the statements need no common snapshot.
    async fn changes(
        &self,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Option<Changes>, StoreError> {
        let mut connection = self.database.connection().await?;
        let head = connection.one::<HeadRow>(statements::head(room)).await?;
        let Some(head) = head else { return Ok(None) };
        let revision = head.revision();
        if let Some(deletion) = head.deletion(room, since) {
            return Ok(Some(deletion));
        }
        let messages = connection
            .all::<MessageChangeRow>(statements::message_changes(room, since, revision, limit))
            .await?;
        let (messages, sent): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        let messages = crate::extras::complete(&mut connection, messages).await?;
        let members = connection
            .all::<MemberChangeRow>(statements::member_changes(room, since, revision, limit))
            .await?;
        let messages = messages.into_iter().zip(sent);
        let mut items: Vec<Change> =
            messages.map(|(message, sent)| Change::of_message(message, sent, origin)).collect();
        items.extend(members.into_iter().map(|member| Change::of_member(room, member, origin)));
        if head.changed_after(since) {
            items.extend(connection.one::<RoomRow>(statements::room_change(room, revision)).await?.map(
                |view| {
                    let revision = view.room.changed_revision;
                    Change { room, revision, kind: ChangeKind::RoomUpdated(Box::new(view.room)) }
                },
            ));
        }
        Ok(Some(Changes::first(items, limit, revision)))
    }

    async fn changed_rooms(
        &self,
        rooms: Vec<(RoomId, Revision)>,
    ) -> Result<Vec<(RoomId, Revision)>, StoreError> {
        let (ids, revisions): (Vec<_>, Vec<_>) =
            rooms.into_iter().map(|(room, revision)| (room, revision.0)).unzip();
        let statement = sql("SELECT r.id, r.revision FROM unnest(?1, ?2) AS known (id, revision)
             JOIN rooms r ON r.id = known.id WHERE r.revision <> known.revision")
        .bind::<Array<Id>, _>(ids)
        .bind::<Array<BigInt>, _>(revisions);
        self.database.all::<RoomRevisionRow>(statement).await
    }

    async fn ended_sessions(&self, sessions: Vec<SessionId>) -> Result<Vec<SessionId>, StoreError> {
        // Looked up one by one: a join may read all sessions.
        let statement = sql("SELECT known.id FROM unnest(?1) AS known (id)
             WHERE (SELECT s.id FROM sessions s WHERE s.id = known.id AND s.ended_at IS NULL) IS NULL")
        .bind::<Array<Id>, _>(sessions);
        self.database.all::<SessionIdRow>(statement).await
    }
}

/// The revision of a room.
#[derive(QueryableByName)]
struct RoomRevisionRow {
    #[diesel(sql_type = Id)]
    id: RoomId,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

impl Row for RoomRevisionRow {
    type Value = (RoomId, Revision);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.id, Revision(self.revision)))
    }
}

/// The id of a room.
#[derive(QueryableByName)]
pub(crate) struct RoomIdRow {
    #[diesel(sql_type = Id)]
    id: RoomId,
}

impl Row for RoomIdRow {
    type Value = RoomId;

    fn value(self) -> Result<RoomId, StoreError> {
        Ok(self.id)
    }
}

#[derive(QueryableByName)]
struct SessionIdRow {
    #[diesel(sql_type = Id)]
    id: SessionId,
}

impl Row for SessionIdRow {
    type Value = SessionId;

    fn value(self) -> Result<SessionId, StoreError> {
        Ok(self.id)
    }
}
