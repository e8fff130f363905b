//! Windows of a room's history. Each is read in the order of one index, or of a few whose rows are merged: a message goes
//! into few indexes, because each costs a send as much as half of its row.

use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Nullable};
use domain::message::{Anchor, HistoryQuery, MessageKind, Position, Threads};
use domain::room::Seq;
use domain::{RoomId, SortOrder};

use super::StoreBackend;
use crate::lists::{direction, last_seq_where};
use crate::rows::{PackedWindowTypes, WINDOW_COLUMNS, WindowTypes, packed_window_columns};
use crate::sql_types::{Coded, Id, Moment};
use crate::statement::{Statement, Typed, sql};

const LIVING: &str = "s.deleted_at IS NULL";
const DELETED: &str = "s.deleted_at IS NOT NULL";
const OUTSIDE: &str = "s.thread_id IS NULL";
/// As the index says it.
const IN_THREADS: &str = "coalesce(s.thread_id, s.id) <> s.id";

/// Selects a window, nearest to the anchor first and one row longer than asked, as [`WindowRow`](crate::rows::WindowRow).
#[must_use]
pub fn window<DB: StoreBackend>(room: RoomId, query: &HistoryQuery) -> Typed<DB, WindowTypes> {
    let (position, beyond, order) = bounds(query.anchor);
    let messages =
        |condition: String| format!("messages s WHERE {condition} AND {beyond} ORDER BY s.seq {order}");
    let mut parts = parts_of(query);
    let found = match parts.pop() {
        Some(only) if parts.is_empty() => messages(only),
        last => {
            let parts = parts.into_iter().chain(last).map(messages);
            let parts: Vec<String> =
                parts.map(|part| format!("SELECT * FROM (SELECT * FROM {part}) AS s")).collect();
            format!("({}) AS s ORDER BY s.seq {order}", parts.join(" UNION ALL "))
        }
    };
    let statement: Statement<DB> =
        sql(format!("SELECT {WINDOW_COLUMNS} FROM {found} LIMIT ?3")).bind::<Id, _>(room);
    let statement = match position {
        Position::Seq(seq) => statement.bind::<BigInt, _>(seq.0),
        Position::Time(at) => statement.bind::<Moment, _>(at),
    };
    statement
        .bind::<BigInt, _>(i64::from(query.limit) + 1)
        .bind::<Nullable<Id>, _>(query.sender)
        .bind::<Nullable<Id>, _>(query.thread())
        .typed()
}

/// Selects windows of several rooms, each beside the message of its seq and one row longer than asked, in no order: the place of a
/// window from 1, and a message. `older` is on which side of the message they lie.
#[must_use]
pub fn windows(older: bool, asked: &[(RoomId, Seq, u32)]) -> Typed<Pg, (BigInt, PackedWindowTypes)> {
    let (beyond, order) = if older { ("<", SortOrder::Descending) } else { (">", SortOrder::Ascending) };
    let (columns, order) = (packed_window_columns(), direction(order));
    sql(format!(
        "SELECT asked.place, {columns}
        FROM unnest(?1, ?2, ?3) WITH ORDINALITY AS asked (room_id, seq, size, place)
        CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.room_id = asked.room_id AND m.seq {beyond} asked.seq
            ORDER BY m.seq {order} LIMIT asked.size) AS s"
    ))
    .bind::<Array<Id>, _>(asked.iter().map(|(room, ..)| *room).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(asked.iter().map(|(_, seq, _)| seq.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(asked.iter().map(|(.., limit)| i64::from(*limit) + 1).collect::<Vec<_>>())
    .typed()
}

/// Returns the position of an anchor, which is `?2`, the condition that a message lies beyond it, and the direction from there.
/// Times rise with seq, so a time becomes the seq at that time, and every index that ends in seq serves both.
fn bounds(anchor: Anchor) -> (Position, String, &'static str) {
    let (down, up) = (direction(SortOrder::Descending), direction(SortOrder::Ascending));
    match anchor {
        Anchor::Newest => (Position::Seq(Seq(i64::MAX)), "s.seq <= ?2".to_owned(), down),
        Anchor::Before(position @ Position::Seq(_)) => (position, "s.seq < ?2".to_owned(), down),
        Anchor::After(position @ Position::Seq(_)) => (position, "s.seq > ?2".to_owned(), up),
        Anchor::Before(position) => {
            (position, format!("s.seq <= {}", last_seq_where("e.created_at < ?2")), down)
        }
        Anchor::After(position) => {
            (position, format!("s.seq > {}", last_seq_where("e.created_at <= ?2")), up)
        }
    }
}

/// Returns the conditions of the messages of a query, of which each has its index and none includes a message of another.
/// `?4` is the sender, `?5` the message that begins a thread.
fn parts_of(query: &HistoryQuery) -> Vec<String> {
    let room = "s.room_id = ?1";
    let of_kind = |kind: MessageKind| format!("s.kind = {} AND {LIVING}", kind.code());
    let every_kind = || MessageKind::ALL.into_iter().map(of_kind);
    let of_sender = |more: String| format!("{room} AND s.sender_id = ?4 AND {more}");
    match (query.threads, query.kind, query.sender) {
        (Threads::Of(_), kind, sender) => {
            // No index serves this comparison of rooms: the thread's is the one to use, whatever a planner expects.
            let mut thread = format!("({room}) IS TRUE AND s.thread_id = ?5 AND {LIVING}");
            thread.extend(kind.map(|kind| format!(" AND s.kind = {}", kind.code())));
            thread.extend(sender.map(|_| " AND s.sender_id = ?4".to_owned()));
            vec![thread]
        }
        (threads, Some(kind), Some(_)) => vec![of_sender(of_kind(kind)) + outside(threads)],
        (threads, None, Some(_)) => {
            let parts = every_kind().chain([DELETED.to_owned()]);
            parts.map(|part| of_sender(part) + outside(threads)).collect()
        }
        (Threads::Outside, Some(kind), None) => vec![format!("{room} AND {} AND {OUTSIDE}", of_kind(kind))],
        (Threads::All, Some(kind), None) => {
            [OUTSIDE, IN_THREADS].map(|part| format!("{room} AND {} AND {part}", of_kind(kind))).to_vec()
        }
        (Threads::Outside, None, None) => {
            let parts = every_kind().chain([DELETED.to_owned()]);
            parts.map(|part| format!("{room} AND {part} AND {OUTSIDE}")).collect()
        }
        (Threads::All, None, None) => vec![room.to_owned()],
    }
}

/// Returns the condition that leaves out the replies in threads, where they are to be left out.
fn outside(threads: Threads) -> &'static str {
    match threads {
        Threads::Outside => " AND s.thread_id IS NULL",
        Threads::All | Threads::Of(_) => "",
    }
}
