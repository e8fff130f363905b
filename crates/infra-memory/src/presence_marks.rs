//! Presence marks within one process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::account::UserRef;
use domain::compat::ryos::PresenceMarks;
use domain::{RoomId, Timestamp, UserId};

/// Marks by room and by expiry. Adding one removes those that have expired.
#[derive(Default)]
struct Marks {
    rooms: HashMap<RoomId, HashMap<UserId, (UserRef, Timestamp)>>,
    by_expiry: BTreeSet<(Timestamp, RoomId, UserId)>,
}

impl Marks {
    fn remove(&mut self, room: RoomId, user: UserId) {
        let Some(marks) = self.rooms.get_mut(&room) else { return };
        if let Some((_, until)) = marks.remove(&user) {
            self.by_expiry.remove(&(until, room, user));
        }
        if marks.is_empty() {
            self.rooms.remove(&room);
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        while let Some((until, room, user)) = self.by_expiry.first().copied()
            && until <= now
        {
            self.remove(room, user);
        }
    }
}

/// Presence marks of the users of this process.
#[derive(Default)]
pub struct MemoryPresenceMarks {
    marks: Mutex<Marks>,
}

impl MemoryPresenceMarks {
    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PresenceMarks for MemoryPresenceMarks {
    async fn mark(&self, room: RoomId, user: UserRef, now: Timestamp, until: Timestamp) {
        let mut marks = self.lock();
        marks.sweep(now);
        marks.remove(room, user.id);
        marks.by_expiry.insert((until, room, user.id));
        marks.rooms.entry(room).or_default().insert(user.id, (user, until));
    }

    async fn unmark(&self, room: RoomId, user: UserId) {
        self.lock().remove(room, user);
    }

    async fn marked(&self, rooms: Vec<RoomId>, now: Timestamp) -> Vec<(RoomId, UserRef)> {
        let marks = self.lock();
        let mut users = vec![];
        for room in rooms {
            let all = marks.rooms.get(&room).into_iter().flat_map(HashMap::values);
            let valid = all.filter(|(_, until)| *until > now);
            users.extend(valid.map(|(user, _)| (room, user.clone())));
        }
        users
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::Username;
    use uuid::Uuid;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));
    const OTHER_ROOM: RoomId = RoomId(Uuid::from_u128(2));

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    fn user(n: u128) -> UserRef {
        let username = Username::parse(&format!("user-{n}")).unwrap();
        UserRef { id: UserId(Uuid::from_u128(n)), username }
    }

    #[tokio::test]
    async fn a_new_mark_removes_expired_ones_from_memory() {
        let marks = MemoryPresenceMarks::default();
        for n in 1..=50 {
            marks.mark(ROOM, user(n), at(0), at(10)).await;
        }
        marks.mark(OTHER_ROOM, user(1), at(10), at(20)).await;
        let marks = marks.lock();
        assert_eq!((marks.rooms.len(), marks.by_expiry.len()), (1, 1));
    }
}
