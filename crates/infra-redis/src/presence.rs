//! Presence that all replicas share.
//!
//! For each user in a room a replica holds a lease, as long as it has connections of the user there, and renews it. Leases
//! of a crashed replica expire, and the next replica that renews announces who left. Each replica also keeps its own leases
//! in memory: with these it restores a Redis that lost its data, and answers while Redis is down.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
use crate::presence_marks::user;

/// Shards of the rooms. Within a shard, changes wait for each other's round trip to Redis.
const SHARDS: usize = 64;
/// Leases that one script renews: Redis runs nothing else meanwhile.
const RENEW_BATCH: usize = 500;
/// Scripts that are sent at a time.
const RENEW_CONCURRENCY: usize = 16;

/// A user in a room, with their connections to this replica.
struct Occupant {
    present: Present,
    connections: HashSet<Uuid>,
    /// Set once the lease is in Redis, where other replicas see it.
    shared: bool,
}

type Rooms = HashMap<RoomId, HashMap<UserId, Occupant>>;

/// Presence through the connections of all replicas.
pub struct RedisPresence {
    redis: Arc<Redis>,
    replica: Uuid,
    lease: Duration,
    /// The start of the clock by which the replica notices that Redis's has stepped.
    started: Instant,
    shards: [Mutex<Rooms>; SHARDS],
    enter: Script,
    leave: Script,
    renew: Script,
    present: Script,
}

impl RedisPresence {
    /// Creates the presence of a replica, whose id must be unique. Its leases expire after `lease` unless they are renewed.
    #[must_use]
    pub fn new(redis: Arc<Redis>, replica: Uuid, lease: Duration) -> Self {
        let script = |own| script(include_str!("lua/presence.lua"), own);
        Self {
            redis,
            replica,
            lease,
            started: Instant::now(),
            shards: std::array::from_fn(|_| Mutex::default()),
            enter: script(include_str!("lua/enter.lua")),
            leave: script(include_str!("lua/leave.lua")),
            renew: script(include_str!("lua/renew.lua")),
            present: script(include_str!("lua/present.lua")),
        }
    }

    fn shard(&self, room: RoomId) -> &Mutex<Rooms> {
        &self.shards[usize::from(room.0.as_bytes()[15]) % SHARDS]
    }

    fn lease_millis(&self) -> u64 {
        u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX)
    }

    fn running_millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Returns the users in a room, as Redis has them; `None` while it is down.
    async fn global(&self, room: RoomId) -> Option<Vec<Present>> {
        let flat: Vec<String> = self.redis.run(&prepare(&self.present, room)).await?;
        let parse = |three: &[String]| {
            let since = Timestamp::from_unix_micros(three[2].parse().ok()?)?;
            Some(Present { user: user(&three[0], &three[1])?, since })
        };
        Some(flat.chunks_exact(3).filter_map(parse).collect())
    }

    /// Returns the users in a room who are connected to this replica.
    async fn local(&self, room: RoomId) -> Vec<Present> {
        let shard = self.shard(room).lock().await;
        let occupants = shard.get(&room).into_iter().flat_map(HashMap::values);
        occupants.map(|occupant| occupant.present.clone()).collect()
    }

    /// Renews leases of one room. Returns the events to broadcast in the room, `None` while Redis is down.
    async fn renew_batch(&self, room: RoomId, batch: &[&Occupant]) -> Option<Vec<EphemeralEvent>> {
        let mut call = prepare(&self.renew, room);
        call.arg(self.replica.to_string()).arg(self.lease_millis()).arg(self.running_millis());
        for Occupant { present, shared, .. } in batch {
            call.arg(present.user.id.to_string()).arg(present.user.username.as_str());
            call.arg(present.since.unix_micros()).arg(i32::from(*shared));
        }
        let flat: Vec<String> = self.redis.run(&call).await?;
        let parse = |three: &[String]| {
            let kind = if three[2] == "1" { EphemeralKind::Joined } else { EphemeralKind::Left };
            Some(EphemeralEvent { room, user: user(&three[0], &three[1])?, kind })
        };
        Some(flat.chunks_exact(3).filter_map(parse).collect())
    }
}

/// Prepares a script with the keys of a room.
fn prepare(script: &Script, room: RoomId) -> ScriptInvocation<'_> {
    let mut call = script.key(format!("parlor:{{{room}}}:present"));
    call.key(format!("parlor:{{{room}}}:leases"));
    call.key(format!("parlor:{{{room}}}:clocks"));
    call
}

#[async_trait]
impl Presence for RedisPresence {
    async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid, at: Timestamp) -> bool {
        let mut shard = self.shard(room).lock().await;
        let occupant = shard.entry(room).or_default().entry(user.id).or_insert_with(|| Occupant {
            present: Present { user, since: at },
            connections: HashSet::new(),
            shared: false,
        });
        let first = occupant.connections.is_empty();
        occupant.connections.insert(connection);
        if !first {
            return false;
        }
        let user = &occupant.present.user;
        let mut call = prepare(&self.enter, room);
        call.arg(user.id.to_string()).arg(user.username.as_str()).arg(at.unix_micros());
        let answer: Option<bool> =
            self.redis.run(call.arg(self.replica.to_string()).arg(self.lease_millis())).await;
        occupant.shared = answer.is_some();
        answer.unwrap_or(true)
    }

    async fn leave(&self, room: RoomId, user: UserId, connection: Uuid) -> bool {
        let mut shard = self.shard(room).lock().await;
        let Some(occupants) = shard.get_mut(&room) else { return false };
        let Some(occupant) = occupants.get_mut(&user) else { return false };
        if !occupant.connections.remove(&connection) || !occupant.connections.is_empty() {
            return false;
        }
        occupants.remove(&user);
        if occupants.is_empty() {
            shard.remove(&room);
        }
        let mut call = prepare(&self.leave, room);
        let answer: Option<bool> =
            self.redis.run(call.arg(user.to_string()).arg(self.replica.to_string())).await;
        answer.unwrap_or(true)
    }

    async fn present(&self, room: RoomId) -> Vec<Present> {
        let mut present = match self.global(room).await {
            Some(present) => present,
            None => self.local(room).await,
        };
        present.sort_by_key(|present| (present.since, present.user.id));
        present
    }

    async fn present_in(&self, rooms: Vec<RoomId>) -> Vec<(RoomId, UserRef)> {
        // All requests share one round trip on the connection.
        let answers = join_all(rooms.iter().map(|room| self.global(*room))).await;
        let found = match answers.into_iter().collect::<Option<Vec<_>>>() {
            Some(found) => found,
            None => join_all(rooms.iter().map(|room| self.local(*room))).await,
        };
        let each = rooms.into_iter().zip(found);
        each.flat_map(|(room, present)| present.into_iter().map(move |one| (room, one.user))).collect()
    }

    async fn renew(&self) -> Vec<EphemeralEvent> {
        let mut events = vec![];
        for shard in &self.shards {
            // Locked until the end: the lease of a user who is leaving must not be renewed.
            let mut shard = shard.lock().await;
            let batches: Vec<(RoomId, Vec<&Occupant>)> = shard
                .iter()
                .flat_map(|(room, occupants)| {
                    let occupants: Vec<&Occupant> = occupants.values().collect();
                    occupants.chunks(RENEW_BATCH).map(|batch| (*room, batch.to_vec())).collect::<Vec<_>>()
                })
                .collect();
            for batches in batches.chunks(RENEW_CONCURRENCY) {
                let renewed =
                    join_all(batches.iter().map(|(room, batch)| self.renew_batch(*room, batch))).await;
                // The events of scripts that did run must not get lost if Redis fails halfway.
                let down = renewed.iter().any(Option::is_none);
                events.extend(renewed.into_iter().flatten().flatten());
                if down {
                    return events;
                }
            }
            shard.values_mut().flat_map(HashMap::values_mut).for_each(|occupant| occupant.shared = true);
        }
        events
    }
}
