//! Read marks.

use async_trait::async_trait;
use domain::message::{MarkMove, ReadMarks};
use domain::room::Seq;
use domain::{RoomId, StoreError, UserId};
use store_common::rows::MarkRow;
use store_common::statements;

use crate::SqliteStore;
use crate::query::one;

#[async_trait]
impl ReadMarks for SqliteStore {
    async fn move_mark(&self, room: RoomId, user: UserId, by: MarkMove) -> Result<Option<Seq>, StoreError> {
        let statement = statements::move_read_mark(room, user, by);
        self.database.write(move |c| one::<MarkRow>(c, statement)).await
    }
}
