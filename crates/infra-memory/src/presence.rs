//! Who is where, within one process.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::account::UserRef;
use domain::event::EphemeralEvent;
use domain::presence::{Presence, Present};
use domain::{RoomId, Timestamp, UserId};
use uuid::Uuid;

/// Somebody's place in a room.
struct Place {
    present: Present,
    connections: HashSet<Uuid>,
}

/// Presence of this process's connections.
#[derive(Default)]
pub struct MemoryPresence {
    rooms: Mutex<HashMap<RoomId, HashMap<UserId, Place>>>,
}

impl MemoryPresence {
    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<RoomId, HashMap<UserId, Place>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid, at: Timestamp) -> bool {
        let mut rooms = self.rooms();
        let place = rooms
            .entry(room)
            .or_default()
            .entry(user.id)
            .or_insert_with(|| Place { present: Present { user, since: at }, connections: HashSet::new() });
        let first = place.connections.is_empty();
        place.connections.insert(connection);
        first
    }

    async fn leave(&self, room: RoomId, user: UserId, connection: Uuid) -> bool {
        let mut rooms = self.rooms();
        let Some(places) = rooms.get_mut(&room) else { return false };
        let Some(place) = places.get_mut(&user) else { return false };
        let last = place.connections.remove(&connection) && place.connections.is_empty();
        if last {
            places.remove(&user);
        }
        if places.is_empty() {
            rooms.remove(&room);
        }
        last
    }

    async fn present(&self, room: RoomId) -> Vec<Present> {
        let rooms = self.rooms();
        let places = rooms.get(&room).into_iter().flat_map(HashMap::values);
        let mut present: Vec<Present> = places.map(|place| place.present.clone()).collect();
        present.sort_by_key(|present| (present.since, present.user.id));
        present
    }

    async fn present_in(&self, wanted: Vec<RoomId>) -> Vec<(RoomId, UserRef)> {
        let rooms = self.rooms();
        let mut found = vec![];
        for room in wanted {
            let places = rooms.get(&room).into_iter().flat_map(HashMap::values);
            found.extend(places.map(|place| (room, place.present.user.clone())));
        }
        found
    }

    async fn renew(&self) -> Vec<EphemeralEvent> {
        // Who goes, says so: connections end before this process does.
        vec![]
    }
}
