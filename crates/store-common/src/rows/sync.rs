//! The rooms of a user that a sync lists.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool};
use domain::message::Message;
use domain::room::{Revision, RoomView, Seq};
use domain::sync::{RoomSummary, Seat};
use domain::{RoomId, StoreError, Timestamp, UserId};

use super::Row;
use crate::sql_types::{Id, Moment};

/// A room to list, or one that the user is no longer a member of.
#[derive(QueryableByName)]
pub struct ListedRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Bool)]
    gone: bool,
}

impl Row for ListedRow {
    type Value = (RoomId, bool);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, self.gone))
    }
}

/// Parts listed rooms into those of the user, and those that the user is no longer a member of.
#[must_use]
pub fn part(listed: Vec<(RoomId, bool)>) -> (Vec<RoomId>, Vec<RoomId>) {
    let (left, rooms): (Vec<_>, Vec<_>) = listed.into_iter().partition(|(_, gone)| *gone);
    let [rooms, left] = [rooms, left].map(|rooms| rooms.into_iter().map(|(room, _)| room).collect());
    (rooms, left)
}

/// A room of a user.
#[derive(QueryableByName)]
pub struct SeatRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl SeatRow {
    /// The rooms of the user `?1`.
    pub const SELECT: &str = "SELECT r.id AS room_id, r.revision, m.last_read_seq
        FROM memberships m JOIN rooms r ON r.id = m.room_id
        WHERE m.user_id = ?1 AND m.left_at IS NULL AND r.deleted_at IS NULL";
}

impl Row for SeatRow {
    type Value = Seat;

    fn value(self) -> Result<Seat, StoreError> {
        let (revision, last_read_seq) = (Revision(self.revision), Seq(self.last_read_seq));
        Ok(Seat { room: self.room_id, revision, last_read_seq })
    }
}

/// A membership that moved.
#[derive(QueryableByName)]
pub struct MovedRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl Row for MovedRow {
    type Value = (UserId, RoomId, Seq);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.user_id, self.room_id, Seq(self.last_read_seq)))
    }
}

/// An open invitation without its names.
#[derive(QueryableByName)]
pub struct InvitedRow {
    #[diesel(sql_type = Id)]
    user_id: UserId,
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = Moment)]
    created_at: Timestamp,
}

impl Row for InvitedRow {
    type Value = (UserId, RoomId, Timestamp);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.user_id, self.room_id, self.created_at))
    }
}

/// Returns the rooms of these ids in their order, each with its newest message.
#[must_use]
pub fn summaries(rooms: &[RoomId], views: Vec<RoomView>, newest: Vec<Message>) -> Vec<RoomSummary> {
    let mut views: HashMap<RoomId, RoomView> = views.into_iter().map(|view| (view.room.id, view)).collect();
    let mut newest: HashMap<RoomId, Message> =
        newest.into_iter().map(|message| (message.room, message)).collect();
    let summary = |room: &RoomId| {
        let view = views.remove(room)?;
        Some(RoomSummary { view, last_message: newest.remove(room) })
    };
    rooms.iter().filter_map(summary).collect()
}
