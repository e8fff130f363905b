//! Who is where, at any replica.
//!
//! A replica holds a lease for each user in each room whose connections it has, and renews it; what was held by one that
//! died lapses, and whichever renews next tells the room who went. Each also knows by itself what it holds: from that
//! Redis is filled again when it comes back empty, and that is answered while it is away.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::account::UserRef;
use domain::event::{EphemeralEvent, EphemeralKind};
use domain::presence::{Presence, Present};
use domain::{RoomId, Timestamp, UserId};
use futures_util::future::join_all;
use redis::{Script, ScriptInvocation};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::connection::{Redis, script};
use crate::marks::user;

/// How many parts the rooms are held in: what happens in a room waits for Redis in turn, other rooms do not wait.
const PARTS: usize = 64;
/// How many leases one script renews, and how many scripts are under way at a time: Redis does one thing after another.
const FEW: usize = 500;
const AT_ONCE: usize = 16;

/// Somebody's place in a room, by way of this replica.
struct Place {
    present: Present,
    connections: HashSet<Uuid>,
    /// Whether Redis has it, so that other replicas know.
    known: bool,
}

type Rooms = HashMap<RoomId, HashMap<UserId, Place>>;

/// Presence that all replicas share.
pub struct RedisPresence {
    redis: Arc<Redis>,
    replica: Uuid,
    lease: Duration,
    parts: [Mutex<Rooms>; PARTS],
    enter: Script,
    leave: Script,
    renew: Script,
    present: Script,
}

impl RedisPresence {
    /// Presence by way of the replica of that name, which no other may have. What it holds lapses after `lease`, unless
    /// it is renewed.
    #[must_use]
    pub fn new(redis: Arc<Redis>, replica: Uuid, lease: Duration) -> Self {
        let script = |own| script(include_str!("lua/presence.lua"), own);
        Self {
            redis,
            replica,
            lease,
            parts: std::array::from_fn(|_| Mutex::default()),
            enter: script(include_str!("lua/enter.lua")),
            leave: script(include_str!("lua/leave.lua")),
            renew: script(include_str!("lua/renew.lua")),
            present: script(include_str!("lua/present.lua")),
        }
    }

    fn part(&self, room: RoomId) -> &Mutex<Rooms> {
        &self.parts[usize::from(room.0.as_bytes()[15]) % PARTS]
    }

    fn lease(&self) -> u64 {
        u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX)
    }

    /// Who is in the room, as Redis knows it.
    async fn shared(&self, room: RoomId) -> Option<Vec<Present>> {
        let flat: Vec<String> = self.redis.run(&about(&self.present, room)).await?;
        let read = |three: &[String]| {
            let since = Timestamp::from_unix_micros(three[2].parse().ok()?)?;
            Some(Present { user: user(&three[0], &three[1])?, since })
        };
        Some(flat.chunks_exact(3).filter_map(read).collect())
    }

    /// Who is in the room by way of this replica.
    async fn here(&self, room: RoomId) -> Vec<Present> {
        let part = self.part(room).lock().await;
        let places = part.get(&room).into_iter().flat_map(HashMap::values);
        places.map(|place| place.present.clone()).collect()
    }

    /// Renews a few leases of a room; answers whom the room must be told of, or `None` where Redis is away.
    async fn renew_few(&self, room: RoomId, few: &[&Place]) -> Option<Vec<EphemeralEvent>> {
        let mut call = about(&self.renew, room);
        call.arg(self.replica.to_string()).arg(self.lease());
        for Place { present, known, .. } in few {
            call.arg(present.user.id.to_string()).arg(present.user.username.as_str());
            call.arg(present.since.unix_micros()).arg(i32::from(*known));
        }
        let flat: Vec<String> = self.redis.run(&call).await?;
        let read = |three: &[String]| {
            let kind = if three[2] == "1" { EphemeralKind::Joined } else { EphemeralKind::Left };
            Some(EphemeralEvent { room, user: user(&three[0], &three[1])?, kind })
        };
        Some(flat.chunks_exact(3).filter_map(read).collect())
    }
}

/// A script about a room.
fn about(script: &Script, room: RoomId) -> ScriptInvocation<'_> {
    let mut call = script.key(format!("parlor:{{{room}}}:present"));
    call.key(format!("parlor:{{{room}}}:leases"));
    call
}

#[async_trait]
impl Presence for RedisPresence {
    async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid, at: Timestamp) -> bool {
        let mut part = self.part(room).lock().await;
        let place = part.entry(room).or_default().entry(user.id).or_insert_with(|| Place {
            present: Present { user, since: at },
            connections: HashSet::new(),
            known: false,
        });
        let first = place.connections.is_empty();
        place.connections.insert(connection);
        if !first {
            return false;
        }
        let user = &place.present.user;
        let mut call = about(&self.enter, room);
        call.arg(user.id.to_string()).arg(user.username.as_str()).arg(at.unix_micros());
        let answer: Option<bool> = self.redis.run(call.arg(self.replica.to_string()).arg(self.lease())).await;
        place.known = answer.is_some();
        answer.unwrap_or(true)
    }

    async fn leave(&self, room: RoomId, user: UserId, connection: Uuid) -> bool {
        let mut part = self.part(room).lock().await;
        let Some(places) = part.get_mut(&room) else { return false };
        let Some(place) = places.get_mut(&user) else { return false };
        if !place.connections.remove(&connection) || !place.connections.is_empty() {
            return false;
        }
        places.remove(&user);
        if places.is_empty() {
            part.remove(&room);
        }
        let mut call = about(&self.leave, room);
        let answer: Option<bool> =
            self.redis.run(call.arg(user.to_string()).arg(self.replica.to_string())).await;
        answer.unwrap_or(true)
    }

    async fn present(&self, room: RoomId) -> Vec<Present> {
        let mut present = match self.shared(room).await {
            Some(present) => present,
            None => self.here(room).await,
        };
        present.sort_by_key(|present| (present.since, present.user.id));
        present
    }

    async fn present_in(&self, rooms: Vec<RoomId>) -> Vec<(RoomId, UserRef)> {
        // All at once on one connection: they wait together.
        let asked = join_all(rooms.iter().map(|room| self.shared(*room))).await;
        let found = match asked.into_iter().collect::<Option<Vec<_>>>() {
            Some(found) => found,
            None => join_all(rooms.iter().map(|room| self.here(*room))).await,
        };
        let each = rooms.into_iter().zip(found);
        each.flat_map(|(room, present)| present.into_iter().map(move |one| (room, one.user))).collect()
    }

    async fn renew(&self) -> Vec<EphemeralEvent> {
        let mut told = vec![];
        for part in &self.parts {
            // Held meanwhile: a lease of somebody who is just leaving must not be put back.
            let mut part = part.lock().await;
            let few: Vec<(RoomId, Vec<&Place>)> = part
                .iter()
                .flat_map(|(room, places)| {
                    let places: Vec<&Place> = places.values().collect();
                    places.chunks(FEW).map(|few| (*room, few.to_vec())).collect::<Vec<_>>()
                })
                .collect();
            for some in few.chunks(AT_ONCE) {
                let renewed = join_all(some.iter().map(|(room, few)| self.renew_few(*room, few))).await;
                // Nothing that Redis answered may get lost, even where it went away half way through.
                let away = renewed.iter().any(Option::is_none);
                told.extend(renewed.into_iter().flatten().flatten());
                if away {
                    return told;
                }
            }
            part.values_mut().flat_map(HashMap::values_mut).for_each(|place| place.known = true);
        }
        told
    }
}
