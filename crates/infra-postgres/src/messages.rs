//! Messages and reading marks.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use domain::message::{HistoryQuery, Message, MessageReader, NewestMessages, ReadMarks, Window};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, StoreError, UserId};

use crate::PostgresStore;
use crate::rows::MessageRow;
use crate::statement::{Statement, sql};

#[async_trait]
impl MessageReader for PostgresStore {
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        self.read_window(room, query).await
    }

    async fn newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError> {
        self.read_newest(room, limit, known).await
    }

    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let row: Option<MessageRow> = self.database.row(one(room, message)).await?;
        row.map(MessageRow::message).transpose()
    }
}

/// One message of a room.
pub(crate) fn one(room: RoomId, message: MessageId) -> Statement {
    sql(format!("{} WHERE s.id = $1 AND s.room_id = $2", MessageRow::SELECT))
        .bind::<SqlUuid, _>(message.0)
        .bind::<SqlUuid, _>(room.0)
}

#[async_trait]
impl ReadMarks for PostgresStore {
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError> {
        let statement = sql(
            "UPDATE memberships
             SET last_read_seq = greatest(last_read_seq, least($3, (SELECT last_seq FROM rooms WHERE id = $1)))
             WHERE room_id = $1 AND user_id = $2 AND left_at IS NULL AND last_read_seq < $3",
        )
        .bind::<SqlUuid, _>(room.0)
        .bind::<SqlUuid, _>(user.0)
        .bind::<BigInt, _>(seq.0);
        self.database.execute(statement).await.map(drop)
    }
}
