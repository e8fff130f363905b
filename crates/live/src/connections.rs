//! The connections of this process: their users, and the share of the caps that each user takes up.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{SessionId, UserId};
use uuid::Uuid;

use crate::metrics::{METRICS, Transport};
use crate::outbox::Outbox;

/// A connection as the hub knows it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) outbox: Arc<Outbox>,
}

struct Entry {
    connection: Connection,
    transport: Transport,
    rooms: usize,
}

/// The number of a user's connections, and of the rooms that they are in, each room once for every connection in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct UserLoad {
    pub(crate) connections: usize,
    pub(crate) rooms: usize,
}

/// All connections, by their ids.
#[derive(Default)]
pub(crate) struct Connections {
    by_id: HashMap<Uuid, Entry>,
    loads: HashMap<UserId, UserLoad>,
}

impl Connections {
    pub(crate) fn insert(&mut self, id: Uuid, connection: Connection, transport: Transport) {
        METRICS.open(transport).increment(1);
        self.loads.entry(connection.user).or_default().connections += 1;
        self.by_id.insert(id, Entry { connection, transport, rooms: 0 });
    }

    pub(crate) fn remove(&mut self, id: Uuid) {
        let Some(entry) = self.by_id.remove(&id) else { return };
        METRICS.open(entry.transport).decrement(1);
        let user = entry.connection.user;
        let load = self.loads.entry(user).or_default();
        load.connections = load.connections.saturating_sub(1);
        load.rooms = load.rooms.saturating_sub(entry.rooms);
        if load.connections == 0 {
            self.loads.remove(&user);
        }
    }

    /// Assigns the connection to another session of the same user.
    pub(crate) fn renew(&mut self, id: Uuid, session: SessionId) {
        if let Some(entry) = self.by_id.get_mut(&id) {
            entry.connection.session = session;
        }
    }

    /// Counts one room more for the connection.
    pub(crate) fn add_room(&mut self, id: Uuid) {
        if let Some(entry) = self.by_id.get_mut(&id) {
            entry.rooms += 1;
            self.loads.entry(entry.connection.user).or_default().rooms += 1;
        }
    }

    /// Counts one room less for the connection.
    pub(crate) fn remove_room(&mut self, id: Uuid) {
        if let Some(entry) = self.by_id.get_mut(&id).filter(|entry| entry.rooms > 0) {
            entry.rooms -= 1;
            let load = self.loads.entry(entry.connection.user).or_default();
            load.rooms = load.rooms.saturating_sub(1);
        }
    }

    pub(crate) fn load(&self, user: UserId) -> UserLoad {
        self.loads.get(&user).copied().unwrap_or_default()
    }

    /// Returns every session that has a connection, once.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<SessionId> = self.all().map(|connection| connection.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Connection> {
        self.by_id.values().map(|entry| &entry.connection)
    }

    /// Returns every connection, by its id.
    pub(crate) fn open_ones(&self) -> Vec<(Uuid, Connection)> {
        self.by_id.iter().map(|(id, entry)| (*id, entry.connection.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(user: u128, session: u128) -> Connection {
        let (user, session) = (UserId(Uuid::from_u128(user)), SessionId(Uuid::from_u128(session)));
        Connection { user, session, outbox: Outbox::new() }
    }

    #[test]
    fn a_users_connections_and_their_rooms_are_counted_until_they_close() {
        let mut all = Connections::default();
        let [one, two, other] = [1, 2, 3].map(Uuid::from_u128);
        let (alice, bob) = (UserId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
        all.insert(one, connection(7, 1), Transport::WebSocket);
        all.insert(two, connection(7, 1), Transport::Sse);
        all.insert(other, connection(8, 2), Transport::WebSocket);
        for id in [one, one, two, other] {
            all.add_room(id);
        }
        assert_eq!(all.load(alice), UserLoad { connections: 2, rooms: 3 });
        assert_eq!(all.sessions().len(), 2);
        all.remove_room(one);
        all.remove_room(two);
        all.remove_room(two);
        assert_eq!(all.load(alice), UserLoad { connections: 2, rooms: 1 });
        all.remove(one);
        all.remove(one);
        assert_eq!(all.load(alice), UserLoad { connections: 1, rooms: 0 });
        all.remove(two);
        assert_eq!(all.load(alice), UserLoad::default());
        assert_eq!(all.load(bob), UserLoad { connections: 1, rooms: 1 });
    }
}
