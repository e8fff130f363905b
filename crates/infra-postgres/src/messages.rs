//! Messages and read marks.

use async_trait::async_trait;
use domain::message::{
    Deletion, Edit, HistoryQuery, Message, MessageReader, MessageWrites, NewestMessages, ReadMarks, Window,
};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, StoreError, UserId};
use store_common::rows::MessageRow;
use store_common::statements;

use crate::PostgresStore;
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
        self.database.one::<MessageRow>(statements::message(room, message)).await
    }
}

#[async_trait]
impl ReadMarks for PostgresStore {
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError> {
        self.database.execute(statements::advance_read_mark(room, user, seq)).await.map(drop)
    }
}

#[async_trait]
impl MessageWrites for PostgresUnitOfWork {
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        self.one::<MessageRow>(statements::message(room, message)).await
    }

    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError> {
        self.execute(statements::keep_content(&edit)).await?;
        self.execute(statements::edit_message(&edit)).await.map(drop)
    }

    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError> {
        self.execute(statements::delete_message(&deletion)).await.map(drop)
    }
}
