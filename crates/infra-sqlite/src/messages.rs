//! Messages and read marks.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::message::{
    Anchor, Deletion, Edit, HistoryQuery, Message, MessageReader, MessageWrites, NewestMessages, Position,
    ReadMarks, Window,
};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, SortOrder, StoreError, UserId};
use store_common::lists::{truncate, window};
use store_common::rows::{HeadRow, MessageRow};
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::query::{Statement, all, execute, one};
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl MessageReader for SqliteStore {
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        self.database.read(move |c| read_window(c, room, &query)).await
    }

    async fn newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError> {
        self.database
            .read(move |c| {
                // The revision first: what is committed in between makes the messages newer than it, never older.
                let head = one::<HeadRow>(c, sql(HeadRow::SELECT).bind::<Id, _>(room))?;
                let Some(revision) = head.map(|head| head.revision()).filter(|&now| Some(now) != known)
                else {
                    return Ok(None);
                };
                let order = SortOrder::Descending;
                let query = HistoryQuery { anchor: Anchor::Newest, limit, order, kind: None, sender: None };
                let window = read_window(c, room, &query)?;
                Ok((!window.messages.is_empty()).then_some(NewestMessages { revision, window }))
            })
            .await
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

fn read_window(c: &mut SqliteConnection, room: RoomId, query: &HistoryQuery) -> Result<Window, StoreError> {
    let (clauses, position) = window(query);
    let statement = sql(format!("{}{clauses}", MessageRow::SELECT)).bind::<Id, _>(room);
    let statement = match position {
        Position::Seq(seq) => statement.bind::<BigInt, _>(seq.0),
        Position::Time(at) => statement.bind::<Moment, _>(at),
    };
    let statement = statement.bind::<BigInt, _>(i64::from(query.limit) + 1);
    let statement = match query.sender {
        Some(sender) => statement.bind::<Id, _>(sender),
        None => statement,
    };
    let mut messages = all::<MessageRow>(c, statement)?;
    let has_more = truncate(&mut messages, query.limit);
    if !matches!(query.anchor, Anchor::After(_)) {
        messages.reverse();
    }
    Ok(Window { messages, has_more })
}

#[async_trait]
impl ReadMarks for SqliteStore {
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError> {
        let statement = sql("UPDATE memberships
             SET last_read_seq = max(last_read_seq, min(?3, (SELECT last_seq FROM rooms WHERE id = ?1)))
             WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL AND last_read_seq < ?3")
        .bind::<Id, _>(room)
        .bind::<Id, _>(user)
        .bind::<BigInt, _>(seq.0);
        self.database.write(move |c| execute(c, statement).map(drop)).await
    }
}

#[async_trait]
impl MessageWrites for SqliteUnitOfWork {
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
