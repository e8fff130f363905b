//! Presence within one process.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::account::UserRef;
use domain::event::EphemeralEvent;
use domain::presence::{Presence, Present};
use domain::{RoomId, Timestamp, UserId};
use uuid::Uuid;

/// A user in a room, with their connections.
struct Occupant {
    present: Present,
    connections: HashSet<Uuid>,
}

/// Presence through the connections of this process.
#[derive(Default)]
pub struct MemoryPresence {
    rooms: Mutex<HashMap<RoomId, HashMap<UserId, Occupant>>>,
}

impl MemoryPresence {
    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<RoomId, HashMap<UserId, Occupant>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid, at: Timestamp) -> bool {
        let mut rooms = self.rooms();
        let occupant = rooms.entry(room).or_default().entry(user.id).or_insert_with(|| Occupant {
            present: Present { user, since: at },
            connections: HashSet::new(),
        });
        let first = occupant.connections.is_empty();
        occupant.connections.insert(connection);
        first
    }

    async fn leave(&self, room: RoomId, user: UserId, connection: Uuid) -> bool {
        let mut rooms = self.rooms();
        let Some(occupants) = rooms.get_mut(&room) else { return false };
        let Some(occupant) = occupants.get_mut(&user) else { return false };
        let last = occupant.connections.remove(&connection) && occupant.connections.is_empty();
        if last {
            occupants.remove(&user);
        }
        if occupants.is_empty() {
            rooms.remove(&room);
        }
        last
    }

    async fn present(&self, room: RoomId) -> Vec<Present> {
        let rooms = self.rooms();
        let occupants = rooms.get(&room).into_iter().flat_map(HashMap::values);
        let mut present: Vec<Present> = occupants.map(|occupant| occupant.present.clone()).collect();
        present.sort_by_key(|present| (present.since, present.user.id));
        present
    }

    async fn present_in(&self, rooms_wanted: Vec<RoomId>) -> Vec<(RoomId, UserRef)> {
        let rooms = self.rooms();
        let mut users = vec![];
        for room in rooms_wanted {
            let occupants = rooms.get(&room).into_iter().flat_map(HashMap::values);
            users.extend(occupants.map(|occupant| (room, occupant.present.user.clone())));
        }
        users
    }

    async fn renew(&self) -> Vec<EphemeralEvent> {
        // No user leaves unnoticed: connections end before this process does.
        vec![]
    }
}
