//! Who said that they are where, within one process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::account::UserRef;
use domain::compat::ryos::PresenceMarks;
use domain::{RoomId, Timestamp, UserId};

/// Marks, and which of them lapses next: each new one sweeps away those that have lapsed.
#[derive(Default)]
struct Kept {
    rooms: HashMap<RoomId, HashMap<UserId, (UserRef, Timestamp)>>,
    by_end: BTreeSet<(Timestamp, RoomId, UserId)>,
}

impl Kept {
    fn remove(&mut self, room: RoomId, user: UserId) {
        let Some(marks) = self.rooms.get_mut(&room) else { return };
        if let Some((_, until)) = marks.remove(&user) {
            self.by_end.remove(&(until, room, user));
        }
        if marks.is_empty() {
            self.rooms.remove(&room);
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        while let Some((until, room, user)) = self.by_end.first().copied()
            && until <= now
        {
            self.remove(room, user);
        }
    }
}

/// Marks of this process's visitors.
#[derive(Default)]
pub struct MemoryPresenceMarks {
    kept: Mutex<Kept>,
}

impl MemoryPresenceMarks {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PresenceMarks for MemoryPresenceMarks {
    async fn mark(&self, room: RoomId, user: UserRef, now: Timestamp, until: Timestamp) {
        let mut kept = self.kept();
        kept.sweep(now);
        kept.remove(room, user.id);
        kept.by_end.insert((until, room, user.id));
        kept.rooms.entry(room).or_default().insert(user.id, (user, until));
    }

    async fn unmark(&self, room: RoomId, user: UserId) {
        self.kept().remove(room, user);
    }

    async fn marked(&self, rooms: Vec<RoomId>, now: Timestamp) -> Vec<(RoomId, UserRef)> {
        let kept = self.kept();
        let mut found = vec![];
        for room in rooms {
            let marks = kept.rooms.get(&room).into_iter().flat_map(HashMap::values);
            let holding = marks.filter(|(_, until)| *until > now);
            found.extend(holding.map(|(user, _)| (room, user.clone())));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::Username;
    use uuid::Uuid;

    const HERE: RoomId = RoomId(Uuid::from_u128(1));
    const THERE: RoomId = RoomId(Uuid::from_u128(2));

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    fn user(n: u128) -> UserRef {
        let username = Username::parse(&format!("user-{n}")).unwrap();
        UserRef { id: UserId(Uuid::from_u128(n)), username }
    }

    #[tokio::test]
    async fn what_has_lapsed_takes_no_memory_once_somebody_comes() {
        let marks = MemoryPresenceMarks::default();
        for n in 1..=50 {
            marks.mark(HERE, user(n), at(0), at(10)).await;
        }
        marks.mark(THERE, user(1), at(10), at(20)).await;
        let kept = marks.kept();
        assert_eq!((kept.rooms.len(), kept.by_end.len()), (1, 1));
    }
}
