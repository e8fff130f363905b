//! The rooms of a user that a sync lists.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use domain::message::Message;
use domain::room::RoomView;
use domain::sync::RoomSummary;
use domain::{RoomId, StoreError};

use super::Row;
use crate::sql_types::Id;

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
