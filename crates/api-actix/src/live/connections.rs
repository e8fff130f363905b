//! The sockets of this process: whose they are, and how much of the hub each user takes up.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{SessionId, UserId};
use uuid::Uuid;

use super::connection::{Connection, Outbox};
use super::figures::{FIGURES, Transport};

/// A socket that is known.
struct Known {
    connection: Connection,
    transport: Transport,
    rooms: usize,
}

/// How many sockets a user has, and in how many rooms they are, each room once for every socket in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) rooms: usize,
}

/// All of them.
#[derive(Default)]
pub(super) struct Connections {
    by_id: HashMap<Uuid, Known>,
    loads: HashMap<UserId, Load>,
}

impl Connections {
    pub(super) fn insert(&mut self, id: Uuid, connection: Connection, transport: Transport) {
        FIGURES.open(transport).increment(1);
        self.loads.entry(connection.user).or_default().connections += 1;
        self.by_id.insert(id, Known { connection, transport, rooms: 0 });
    }

    pub(super) fn remove(&mut self, id: Uuid) {
        let Some(known) = self.by_id.remove(&id) else { return };
        FIGURES.open(known.transport).decrement(1);
        let user = known.connection.user;
        let load = self.loads.entry(user).or_default();
        load.connections = load.connections.saturating_sub(1);
        load.rooms = load.rooms.saturating_sub(known.rooms);
        if load.connections == 0 {
            self.loads.remove(&user);
        }
    }

    /// The socket stands for another session of the same user from now on.
    pub(super) fn renew(&mut self, id: Uuid, session: SessionId) {
        if let Some(known) = self.by_id.get_mut(&id) {
            known.connection.session = session;
        }
    }

    /// The socket is in one room more.
    pub(super) fn enter(&mut self, id: Uuid) {
        if let Some(known) = self.by_id.get_mut(&id) {
            known.rooms += 1;
            self.loads.entry(known.connection.user).or_default().rooms += 1;
        }
    }

    /// The socket is in one room less.
    pub(super) fn leave(&mut self, id: Uuid) {
        if let Some(known) = self.by_id.get_mut(&id).filter(|known| known.rooms > 0) {
            known.rooms -= 1;
            let load = self.loads.entry(known.connection.user).or_default();
            load.rooms = load.rooms.saturating_sub(1);
        }
    }

    pub(super) fn load(&self, user: UserId) -> Load {
        self.loads.get(&user).copied().unwrap_or_default()
    }

    /// Every session that a socket stands for, once.
    pub(super) fn sessions(&self) -> Vec<SessionId> {
        let mut sessions: Vec<SessionId> = self.all().map(|connection| connection.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Connection> {
        self.by_id.values().map(|known| &known.connection)
    }

    /// What leads to each socket.
    pub(super) fn outboxes(&self) -> Vec<Arc<Outbox>> {
        self.all().map(|connection| connection.outbox.clone()).collect()
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
    fn a_users_sockets_and_their_rooms_are_counted_until_they_go() {
        let mut all = Connections::default();
        let [one, two, other] = [1, 2, 3].map(Uuid::from_u128);
        let (alice, bob) = (UserId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
        all.insert(one, connection(7, 1), Transport::WebSocket);
        all.insert(two, connection(7, 1), Transport::Sse);
        all.insert(other, connection(8, 2), Transport::WebSocket);
        for id in [one, one, two, other] {
            all.enter(id);
        }
        assert_eq!(all.load(alice), Load { connections: 2, rooms: 3 });
        assert_eq!(all.sessions().len(), 2);
        all.leave(one);
        all.leave(two);
        all.leave(two);
        assert_eq!(all.load(alice), Load { connections: 2, rooms: 1 });
        all.remove(one);
        all.remove(one);
        assert_eq!(all.load(alice), Load { connections: 1, rooms: 0 });
        all.remove(two);
        assert_eq!(all.load(alice), Load::default());
        assert_eq!(all.load(bob), Load { connections: 1, rooms: 1 });
    }
}
