//! Messages and reading marks.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::Sqlite;
use domain::message::{
    Anchor, HistoryQuery, Message, MessageReader, NewestMessages, Position, ReadMarks, Window,
};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId, SortOrder, StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{MessageRow, bytes, kind_number};

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
                // The revision first: what comes in between makes the messages newer than it, never older.
                let Some(revision) = revision(c, room)?.filter(|&now| Some(now) != known) else {
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
        self.database.read(move |c| one(c, room, message)).await
    }
}

#[derive(QueryableByName)]
struct RevisionRow {
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

fn revision(c: &mut SqliteConnection, room: RoomId) -> Result<Option<Revision>, StoreError> {
    let row: Option<RevisionRow> = sql_query("SELECT revision FROM rooms WHERE id = ?1")
        .bind::<Binary, _>(bytes(room.0))
        .get_result(c)
        .optional()
        .map_err(store_error)?;
    Ok(row.map(|row| Revision(row.revision)))
}

fn read_window(c: &mut SqliteConnection, room: RoomId, query: &HistoryQuery) -> Result<Window, StoreError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let (sql, edge) = window_sql(query);
    let mut statement =
        sql_query(sql).into_boxed::<Sqlite>().bind::<Binary, _>(bytes(room.0)).bind::<BigInt, _>(edge);
    if let Some(sender) = query.sender {
        statement = statement.bind::<Binary, _>(bytes(sender.0));
    }
    let rows: Vec<MessageRow> = statement.load(c).map_err(store_error)?;
    let has_more = rows.len() > limit;
    let mut messages: Vec<Message> =
        rows.into_iter().take(limit).map(MessageRow::message).collect::<Result<_, _>>()?;
    if !matches!(query.anchor, Anchor::After(_)) {
        messages.reverse();
    }
    Ok(Window { messages, has_more })
}

/// The window's statement, nearest to the anchor first and one row longer than asked; and the value of `?2`.
pub(crate) fn window_sql(query: &HistoryQuery) -> (String, i64) {
    let (position, compare, way) = match query.anchor {
        Anchor::Newest => (Position::Seq(Seq(i64::MAX)), "<=", "DESC"),
        Anchor::Before(position) => (position, "<", "DESC"),
        Anchor::After(position) => (position, ">", "ASC"),
    };
    // Times rise with seq. So a time is turned into the seq that stands there, and every index which ends in seq serves
    // both; by a time, and one kind or sender, there is none.
    let (edge, value) = match (position, compare) {
        (Position::Seq(seq), _) => ("?2", seq.0),
        (Position::Time(at), "<") => (
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = ?1 AND e.created_at >= ?2
                ORDER BY e.created_at LIMIT 1), 9223372036854775807)",
            at.unix_micros(),
        ),
        (Position::Time(at), _) => (
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = ?1 AND e.created_at <= ?2
                ORDER BY e.created_at DESC LIMIT 1), 0)",
            at.unix_micros(),
        ),
    };
    let kind = query.kind.map(|kind| format!(" AND s.kind = {} AND s.deleted_at IS NULL", kind_number(kind)));
    let sender = query.sender.map(|_| " AND s.sender_id = ?3");
    let sql = format!(
        "{} WHERE s.room_id = ?1 AND s.seq {compare} {edge}{}{} ORDER BY s.seq {way} LIMIT {}",
        MessageRow::SELECT,
        kind.unwrap_or_default(),
        sender.unwrap_or_default(),
        u64::from(query.limit) + 1,
    );
    (sql, value)
}

/// One message of a room.
pub(crate) fn one(
    c: &mut SqliteConnection,
    room: RoomId,
    message: MessageId,
) -> Result<Option<Message>, StoreError> {
    let row: Option<MessageRow> =
        sql_query(format!("{} WHERE s.id = ?1 AND s.room_id = ?2", MessageRow::SELECT))
            .bind::<Binary, _>(bytes(message.0))
            .bind::<Binary, _>(bytes(room.0))
            .get_result(c)
            .optional()
            .map_err(store_error)?;
    row.map(MessageRow::message).transpose()
}

#[async_trait]
impl ReadMarks for SqliteStore {
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError> {
        self.database
            .write(move |c| {
                sql_query(
                    "UPDATE memberships
                     SET last_read_seq = max(last_read_seq, min(?3, (SELECT last_seq FROM rooms WHERE id = ?1)))
                     WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL AND last_read_seq < ?3",
                )
                .bind::<Binary, _>(bytes(room.0))
                .bind::<Binary, _>(bytes(user.0))
                .bind::<BigInt, _>(seq.0)
                .execute(c)
                .map_err(store_error)?;
                Ok(())
            })
            .await
    }
}
