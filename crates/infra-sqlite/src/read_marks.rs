//! Read marks.

use async_trait::async_trait;
use domain::message::ReadMarks;
use domain::room::Seq;
use domain::{RoomId, StoreError, UserId};
use store_common::rows::MarkRow;
use store_common::statements::{self, MarkMove};

use crate::SqliteStore;
use crate::query::one;

#[async_trait]
impl ReadMarks for SqliteStore {
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Option<Seq>, StoreError> {
        self.move_read_mark(room, user, seq, MarkMove::Forward).await
    }

    async fn set(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Option<Seq>, StoreError> {
        self.move_read_mark(room, user, seq, MarkMove::Either).await
    }
}

impl SqliteStore {
    async fn move_read_mark(
        &self,
        room: RoomId,
        user: UserId,
        seq: Seq,
        by: MarkMove,
    ) -> Result<Option<Seq>, StoreError> {
        let statement = statements::move_read_mark(room, user, seq, by);
        self.database.write(move |c| one::<MarkRow>(c, statement)).await
    }
}
