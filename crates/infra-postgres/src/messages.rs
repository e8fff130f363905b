//! Messages and read marks.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Text};
use domain::message::{
    Deletion, Edit, HistoryQuery, Message, MessageReader, MessageWrites, NewestMessages, ReadMarks, Window,
};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, StoreError, UserId};
use store_common::rows::MessageRow;
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::PostgresStore;
use crate::pool::Statement;
use crate::unit_of_work::PostgresUnitOfWork;

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
        self.database.one::<MessageRow>(select_one(room, message)).await
    }
}

fn select_one(room: RoomId, message: MessageId) -> Statement {
    sql(format!("{}WHERE s.id = ?1 AND s.room_id = ?2", MessageRow::SELECT))
        .bind::<Id, _>(message)
        .bind::<Id, _>(room)
}

#[async_trait]
impl ReadMarks for PostgresStore {
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError> {
        let statement = sql("UPDATE memberships
             SET last_read_seq = greatest(last_read_seq, least(?3, (SELECT last_seq FROM rooms WHERE id = ?1)))
             WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL AND last_read_seq < ?3")
        .bind::<Id, _>(room)
        .bind::<Id, _>(user)
        .bind::<BigInt, _>(seq.0);
        self.database.execute(statement).await.map(drop)
    }
}

#[async_trait]
impl MessageWrites for PostgresUnitOfWork {
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        self.one::<MessageRow>(select_one(room, message)).await
    }

    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError> {
        let history =
            sql("INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
             SELECT id, ?2, content, ?3, ?4 FROM messages WHERE id = ?1 AND room_id = ?5")
            .bind::<Id, _>(edit.message)
            .bind::<BigInt, _>(edit.revision.0)
            .bind::<Id, _>(edit.by)
            .bind::<Moment, _>(edit.at)
            .bind::<Id, _>(edit.room);
        self.execute(history).await?;
        let message = sql("UPDATE messages SET content = ?2, revision = ?3, edited_at = ?4
             WHERE id = ?1 AND room_id = ?5")
        .bind::<Id, _>(edit.message)
        .bind::<Text, _>(edit.content.as_str().to_owned())
        .bind::<BigInt, _>(edit.revision.0)
        .bind::<Moment, _>(edit.at)
        .bind::<Id, _>(edit.room);
        self.execute(message).await.map(drop)
    }

    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError> {
        let statement = sql("UPDATE messages SET revision = ?2, deleted_at = ?3, deleted_by = ?4
             WHERE id = ?1 AND room_id = ?5")
        .bind::<Id, _>(deletion.message)
        .bind::<BigInt, _>(deletion.revision.0)
        .bind::<Moment, _>(deletion.at)
        .bind::<Id, _>(deletion.by)
        .bind::<Id, _>(deletion.room);
        self.execute(statement).await.map(drop)
    }
}
