//! Messages and reading marks.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use domain::message::{Anchor, HistoryQuery, Message, MessageReader, Position, ReadMarks, Window};
use domain::room::Seq;
use domain::{MessageId, RoomId, StoreError, UserId};

use crate::PostgresStore;
use crate::rows::{MessageRow, kind_number};
use crate::statement::{Statement, sql};

#[async_trait]
impl MessageReader for PostgresStore {
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError> {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let rows: Vec<MessageRow> = self.database.rows(window(room, &query)).await?;
        let has_more = rows.len() > limit;
        let mut messages: Vec<Message> =
            rows.into_iter().take(limit).map(MessageRow::message).collect::<Result<_, _>>()?;
        if !matches!(query.anchor, Anchor::After(_)) {
            messages.reverse();
        }
        Ok(Window { messages, has_more })
    }

    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let row: Option<MessageRow> = self.database.row(one(room, message)).await?;
        row.map(MessageRow::message).transpose()
    }
}

/// The window, nearest to the anchor first and one row longer than asked.
fn window(room: RoomId, query: &HistoryQuery) -> Statement {
    let (position, compare, way) = match query.anchor {
        Anchor::Newest => (Position::Seq(Seq(i64::MAX)), "<=", "DESC"),
        Anchor::Before(position) => (position, "<", "DESC"),
        Anchor::After(position) => (position, ">", "ASC"),
    };
    // Times rise with seq. So a time is turned into the seq that stands there, and every index which ends in seq serves
    // both; by a time, and one kind or sender, there is none.
    let edge = match (position, compare) {
        (Position::Seq(_), _) => "$2",
        (Position::Time(_), "<") => {
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = $1 AND e.created_at >= $2
                ORDER BY e.created_at LIMIT 1), 9223372036854775807)"
        }
        (Position::Time(_), _) => {
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = $1 AND e.created_at <= $2
                ORDER BY e.created_at DESC LIMIT 1), 0)"
        }
    };
    let kind = query.kind.map(|kind| format!(" AND s.kind = {} AND s.deleted_at IS NULL", kind_number(kind)));
    let sender = query.sender.map(|_| " AND s.sender_id = $4");
    let statement = sql(format!(
        "{} WHERE s.room_id = $1 AND s.seq {compare} {edge}{}{} ORDER BY s.seq {way} LIMIT $3",
        MessageRow::SELECT,
        kind.unwrap_or_default(),
        sender.unwrap_or_default(),
    ))
    .bind::<SqlUuid, _>(room.0);
    let statement = match position {
        Position::Seq(seq) => statement.bind::<BigInt, _>(seq.0),
        Position::Time(at) => statement.bind::<Timestamptz, _>(at.as_datetime()),
    };
    let statement = statement.bind::<BigInt, _>(i64::from(query.limit) + 1);
    match query.sender {
        Some(sender) => statement.bind::<SqlUuid, _>(sender.0),
        None => statement,
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
