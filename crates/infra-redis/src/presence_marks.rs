//! Presence marks that all replicas share.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::{UserRef, Username};
use domain::compat::ryos::{MARK_TTL, PresenceMarks};
use domain::{RoomId, Timestamp, UserId};
use futures_util::future::join_all;
use redis::Script;
use uuid::Uuid;

use crate::connection::{Redis, script};

/// Presence marks of all replicas in Redis. Those set at this replica are also kept in memory, for while Redis is down.
pub struct RedisPresenceMarks {
    redis: Arc<Redis>,
    local: Arc<dyn PresenceMarks>,
    mark: Script,
    unmark: Script,
    marked: Script,
}

impl RedisPresenceMarks {
    /// Creates presence marks; `local` holds those of this replica.
    #[must_use]
    pub fn new(redis: Arc<Redis>, local: Arc<dyn PresenceMarks>) -> Self {
        let mark = script("", include_str!("lua/mark.lua"));
        let unmark = script("", include_str!("lua/unmark.lua"));
        let marked = script("", include_str!("lua/marked.lua"));
        Self { redis, local, mark, unmark, marked }
    }

    /// Returns the marked users of a room; `None` while Redis is down.
    async fn of_room(&self, room: RoomId, now: Timestamp) -> Option<Vec<(RoomId, UserRef)>> {
        let mut call = self.marked.prepare_invoke();
        for key in keys(room) {
            call.key(key);
        }
        let flat: Vec<String> =
            self.redis.run(call.arg(now.unix_micros()).arg(now.plus(MARK_TTL).unix_micros())).await?;
        Some(flat.chunks_exact(2).filter_map(|pair| Some((room, user(&pair[0], &pair[1])?))).collect())
    }
}

/// Returns the keys of a room: the expiry of each mark, and the names of the marked users.
fn keys(room: RoomId) -> [String; 2] {
    [format!("parlor:{{{room}}}:marks"), format!("parlor:{{{room}}}:marked")]
}

/// Parses a user that a script returned.
pub(crate) fn user(id: &str, name: &str) -> Option<UserRef> {
    Some(UserRef { id: UserId(Uuid::parse_str(id).ok()?), username: Username::stored(name.to_owned()) })
}

#[async_trait]
impl PresenceMarks for RedisPresenceMarks {
    async fn mark(&self, room: RoomId, user: UserRef, now: Timestamp, until: Timestamp) {
        let mut call = self.mark.prepare_invoke();
        for key in keys(room) {
            call.key(key);
        }
        call.arg(user.id.to_string()).arg(user.username.as_str());
        call.arg(now.unix_micros()).arg(until.unix_micros());
        let _done: Option<()> = self.redis.run(&call).await;
        self.local.mark(room, user, now, until).await;
    }

    async fn unmark(&self, room: RoomId, user: UserId) {
        let mut call = self.unmark.prepare_invoke();
        for key in keys(room) {
            call.key(key);
        }
        let _done: Option<()> = self.redis.run(call.arg(user.to_string())).await;
        self.local.unmark(room, user).await;
    }

    async fn marked(&self, rooms: Vec<RoomId>, now: Timestamp) -> Vec<(RoomId, UserRef)> {
        // All requests share one round trip on the connection.
        let answers = join_all(rooms.iter().map(|room| self.of_room(*room, now))).await;
        match answers.into_iter().collect::<Option<Vec<_>>>() {
            Some(found) => found.into_iter().flatten().collect(),
            None => self.local.marked(rooms, now).await,
        }
    }
}
