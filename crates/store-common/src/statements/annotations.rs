//! Reactions, pins and mentions.

use diesel::sql_types::{BigInt, Text};
use domain::message::{Anchor, Emoji, MentionQuery, SHOWN_USERS, TimelinePosition};
use domain::{MessageId, PageRequest, RoomId, Timestamp, UserId};
use time::Duration;
use uuid::Uuid;

use super::{StoreBackend, paged};
use crate::rows::MessageRow;
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Counts the living messages of that id in a room: one or none.
#[must_use]
pub fn living_message<DB: StoreBackend>(room: RoomId, message: MessageId) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM messages WHERE id = ?1 AND room_id = ?2 AND deleted_at IS NULL")
        .bind::<Id, _>(message)
        .bind::<Id, _>(room)
}

/// Selects the first users of each reaction to messages, as [`ReactionRow`](crate::rows::ReactionRow); the condition on the
/// id of the messages ends with its parameter, which is `?1`.
#[must_use]
pub fn first_reactions<DB: StoreBackend>(messages: &'static str) -> Statement<DB> {
    let first = if DB::LATERAL {
        format!(
            "CROSS JOIN LATERAL (SELECT t.user_id, t.revision FROM reactions t WHERE t.message_id = c.message_id
                AND t.emoji = c.emoji ORDER BY t.revision LIMIT {SHOWN_USERS}) AS r"
        )
    } else {
        // A cross join keeps its order.
        format!(
            "CROSS JOIN reactions r ON r.message_id = c.message_id AND r.emoji = c.emoji
                AND r.revision <= coalesce((SELECT t.revision FROM reactions t WHERE t.message_id = c.message_id
                    AND t.emoji = c.emoji ORDER BY t.revision LIMIT 1 OFFSET {}), 9223372036854775807)",
            SHOWN_USERS - 1
        )
    };
    sql(format!(
        "SELECT c.message_id, c.emoji, c.uses, r.revision, r.user_id, u.username FROM reaction_counts c {first}
         JOIN users u ON u.id = r.user_id WHERE c.message_id {messages}"
    ))
}

/// Returns the number of users of a reaction.
#[must_use]
pub fn reaction_count<DB: StoreBackend>(message: MessageId, emoji: &Emoji) -> Statement<DB> {
    sql("SELECT coalesce((SELECT uses FROM reaction_counts WHERE message_id = ?1 AND emoji = ?2), 0) AS n")
        .bind::<Id, _>(message)
        .bind::<Text, _>(emoji.as_str().to_owned())
}

/// Selects a page of the users of a reaction, as [`UserRow`](crate::rows::UserRow), in the order of use.
#[must_use]
pub fn reaction_users<DB: StoreBackend>(
    message: MessageId,
    emoji: &Emoji,
    page: PageRequest,
) -> Statement<DB> {
    let statement = sql("SELECT u.id, u.username FROM reactions r JOIN users u ON u.id = r.user_id
         WHERE r.message_id = ?1 AND r.emoji = ?2 ORDER BY r.revision LIMIT ?3 OFFSET ?4");
    paged(statement.bind::<Id, _>(message).bind::<Text, _>(emoji.as_str().to_owned()), page)
}

/// Counts the pinned messages of a room.
#[must_use]
pub fn pin_count<DB: StoreBackend>(room: RoomId) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM messages s WHERE s.room_id = ?1 AND s.pinned_revision IS NOT NULL
         AND s.deleted_at IS NULL")
    .bind::<Id, _>(room)
}

/// Selects a page of the pinned messages of a room, as [`MessageRow`], the latest pin first.
#[must_use]
pub fn pins<DB: StoreBackend>(room: RoomId, page: PageRequest) -> Statement<DB> {
    let statement = sql(format!(
        "{}WHERE s.room_id = ?1 AND s.pinned_revision IS NOT NULL AND s.deleted_at IS NULL
         ORDER BY s.pinned_revision DESC LIMIT ?2 OFFSET ?3",
        MessageRow::SELECT
    ));
    paged(statement.bind::<Id, _>(room), page)
}

/// Selects the time of a message in a room of which the user is a member, as [`SentAtRow`](crate::rows::SentAtRow).
#[must_use]
pub fn sent_at<DB: StoreBackend>(message: MessageId, user: UserId) -> Statement<DB> {
    sql("SELECT s.created_at FROM messages s
         JOIN memberships m ON m.room_id = s.room_id AND m.user_id = ?2 AND m.left_at IS NULL
         JOIN rooms r ON r.id = s.room_id AND r.deleted_at IS NULL WHERE s.id = ?1")
    .bind::<Id, _>(message)
    .bind::<Id, _>(user)
}

/// Selects the ids of a window of messages that mention a user, and one more, as
/// [`MessageIdRow`](crate::rows::MessageIdRow), nearest to the anchor first.
#[must_use]
pub fn mentions<DB: StoreBackend>(user: UserId, query: &MentionQuery) -> Statement<DB> {
    let (direction, within, position) = match query.anchor {
        Anchor::Newest => ("DESC", ">=", None),
        Anchor::Before(position) => ("DESC", ">=", Some((position, "<"))),
        Anchor::After(position) => ("ASC", "<=", Some((position, ">"))),
    };
    let beyond = |at: &str, id: &str| match position {
        None => String::new(),
        Some((TimelinePosition::Message(..), compare)) => format!(" AND ({at}, {id}) {compare} (?3, ?4)"),
        Some((TimelinePosition::Time(_), compare)) => format!(" AND {at} {compare} ?3"),
    };
    // Those of the user alone, from one index of all rooms. The limit keeps the planner from joining whole tables.
    let own = format!(
        "SELECT n.message_id AS id, n.created_at FROM mentions n WHERE n.user_id = ?1{}
            AND coalesce((SELECT 1 FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
                WHERE m.room_id = n.room_id AND m.user_id = ?1 AND m.left_at IS NULL LIMIT 1), 0) = 1
         ORDER BY n.created_at {direction}, n.message_id {direction} LIMIT ?2",
        beyond("n.created_at", "n.message_id")
    );
    // Those of everybody in a room: of each room no more than the window takes.
    let in_room = |alias: &str| {
        let beyond = beyond(&format!("{alias}.created_at"), &format!("{alias}.id"));
        format!(
            "{alias}.room_id = m.room_id AND {alias}.mentions_room AND {alias}.deleted_at IS NULL{beyond}"
        )
    };
    let nearest = |columns: &str| {
        let order = format!("ORDER BY t.created_at {direction}, t.id {direction}");
        format!("SELECT {columns} FROM messages t WHERE {} {order}", in_room("t"))
    };
    let each = if DB::LATERAL {
        format!("CROSS JOIN LATERAL ({} LIMIT ?2) AS e", nearest("t.id, t.created_at"))
    } else {
        let last = format!("coalesce(({} LIMIT 1 OFFSET ?6), ?5)", nearest("t.created_at"));
        // Without the name, SQLite may walk all messages of the room since then.
        format!(
            "CROSS JOIN messages e INDEXED BY messages_to_room_by_time ON {} AND e.created_at {within} {last}",
            in_room("e")
        )
    };
    let all = format!(
        "SELECT e.id, e.created_at FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL {each}
         WHERE m.user_id = ?1 AND m.left_at IS NULL
         ORDER BY e.created_at {direction}, e.id {direction} LIMIT ?2"
    );
    let (at, id) = match position {
        Some((TimelinePosition::Message(at, id), _)) => (at, id),
        Some((TimelinePosition::Time(at), _)) => (at, MessageId(Uuid::nil())),
        None => (Timestamp::EPOCH, MessageId(Uuid::nil())),
    };
    let farthest = if direction == "DESC" { Timestamp::EPOCH } else { Timestamp::EPOCH.plus(Duration::MAX) };
    // A message may be in both.
    let head = format!("SELECT * FROM ({own}) AS head UNION SELECT * FROM ({all}) AS head");
    sql(format!("SELECT id FROM ({head}) AS head ORDER BY created_at {direction}, id {direction} LIMIT ?2"))
        .bind::<Id, _>(user)
        .bind::<BigInt, _>(i64::from(query.limit) + 1)
        .bind::<Moment, _>(at)
        .bind::<Id, _>(id)
        .bind::<Moment, _>(farthest)
        .bind::<BigInt, _>(i64::from(query.limit))
}
