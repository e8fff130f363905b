//! A cache of sessions and memberships, which every request reads. Entries expire after a few seconds, and events
//! invalidate them at once.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::account::{Identity, SessionReader};
use domain::event::{ChangeKind, EphemeralKind, Event, EventSink, Revocation};
use domain::membership::{Member, MemberReader, Reader, Role, RoomStanding, Standing};
use domain::message::{MarkMove, ReadMarks};
use domain::room::{Seq, Visibility};
use domain::{Page, PageRequest, RoomId, SessionId, StoreError, Timestamp, UserId};
use metrics::Counter;
use moka::sync::Cache;

/// Time for which an entry is valid without an event: the bus may be down, or an operator may change the database
/// directly. The contract allows five seconds.
const TTL: Duration = Duration::from_secs(4);
/// Time for which a refusal is valid without an event.
const REFUSAL_TTL: Duration = Duration::from_secs(1);
/// Sessions that are cached at most, and memberships.
const CAPACITY: u64 = 100_000;
/// Groups of keys that are invalidated together.
const GROUPS: usize = 1_024;

/// Counts the invalidations of each group of keys. An entry is valid only while the count is the one from before its read;
/// so an invalidation between the read of the store and the insertion of the entry is not lost.
struct Epochs {
    hasher: RandomState,
    groups: Vec<AtomicU64>,
    all: AtomicU64,
}

impl Epochs {
    fn new() -> Self {
        let groups = std::iter::repeat_with(AtomicU64::default).take(GROUPS).collect();
        Self { hasher: RandomState::new(), groups, all: AtomicU64::default() }
    }

    fn group(&self, key: impl Hash) -> &AtomicU64 {
        let hash = self.hasher.hash_one(key);
        &self.groups[usize::try_from(hash % GROUPS as u64).unwrap_or_default()]
    }

    fn current(&self, key: impl Hash) -> (u64, u64) {
        (self.group(key).load(Ordering::SeqCst), self.all.load(Ordering::SeqCst))
    }

    fn invalidate(&self, key: impl Hash) {
        self.group(key).fetch_add(1, Ordering::SeqCst);
    }

    fn invalidate_all(&self) {
        self.all.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counters of hits and misses. The handles are kept because a macro of `metrics` looks its metric up by name, and every
/// request counts.
struct HitCounters {
    hits: Counter,
    misses: Counter,
}

impl HitCounters {
    fn new(of: &'static str) -> Self {
        Self {
            hits: metrics::counter!("parlor_remembered_total", "of" => of, "result" => "hit"),
            misses: metrics::counter!("parlor_remembered_total", "of" => of, "result" => "miss"),
        }
    }
}

/// A value, and the epoch before its read.
#[derive(Clone)]
struct Cached<T> {
    value: T,
    epoch: (u64, u64),
}

/// Caches the users of sessions, and memberships in rooms. Absent sessions are not cached, and absent memberships only in a process
/// that is [alone](Self::alone). It is an [`EventSink`], and must receive every event before the subscribers that may read because
/// of it.
pub struct ReadCache {
    sessions: Arc<dyn SessionReader>,
    members: Arc<dyn MemberReader>,
    marks: Arc<dyn ReadMarks>,
    session_epochs: Epochs,
    room_epochs: Epochs,
    cached_sessions: Cache<SessionId, Cached<Identity>>,
    cached_members: Cache<(RoomId, UserId), Cached<RoomStanding>>,
    /// Of strangers to public rooms.
    cached_refusals: Option<Cache<(RoomId, UserId), Cached<RoomStanding>>>,
    session_hits: HitCounters,
    member_hits: HitCounters,
}

impl ReadCache {
    /// Creates an empty cache of what these readers return.
    #[must_use]
    pub fn new(
        sessions: Arc<dyn SessionReader>,
        members: Arc<dyn MemberReader>,
        marks: Arc<dyn ReadMarks>,
    ) -> Self {
        Self {
            sessions,
            members,
            marks,
            session_epochs: Epochs::new(),
            room_epochs: Epochs::new(),
            cached_sessions: Cache::builder().max_capacity(CAPACITY).time_to_live(TTL).build(),
            cached_members: Cache::builder().max_capacity(CAPACITY).time_to_live(TTL).build(),
            cached_refusals: None,
            session_hits: HitCounters::new("session"),
            member_hits: HitCounters::new("membership"),
        }
    }

    /// Caches that a user is no member of a public room, too. Only for the one process that changes the store: its events precede
    /// its answers, so who has just been let in is let in. Elsewhere an event of another process could come after the user.
    #[must_use]
    pub fn alone(mut self) -> Self {
        let refusals = Cache::builder().max_capacity(CAPACITY).time_to_live(REFUSAL_TTL).build();
        self.cached_refusals = Some(refusals);
        self
    }

    /// Returns the cache for a standing, if it is one to be cached. Invitations to private rooms change the standing of strangers
    /// without an event.
    fn cache_for(&self, found: &RoomStanding) -> Option<&Cache<(RoomId, UserId), Cached<RoomStanding>>> {
        match found.standing {
            Standing::Member(_) => Some(&self.cached_members),
            Standing::Stranger if found.visibility == Visibility::Public => self.cached_refusals.as_ref(),
            Standing::Stranger | Standing::Invited => None,
        }
    }
}

impl EventSink for ReadCache {
    fn deliver(&self, event: Event) {
        match event {
            Event::Revoked(Revocation::Session(session)) => self.session_epochs.invalidate(session),
            // Sessions are not indexed by user, and new passwords are rare.
            Event::Revoked(Revocation::Sessions { .. }) => self.session_epochs.invalidate_all(),
            Event::Changed(change) => match change.kind {
                ChangeKind::Sent(_)
                | ChangeKind::Edited(_)
                | ChangeKind::Deleted(_)
                | ChangeKind::ReactionAdded(_)
                | ChangeKind::ReactionRemoved(_)
                | ChangeKind::MessagePinned(_)
                | ChangeKind::MessageUnpinned(_) => {}
                ChangeKind::MemberAdded(..)
                | ChangeKind::MemberRemoved(..)
                | ChangeKind::RoleChanged(..)
                | ChangeKind::RoomUpdated(_)
                | ChangeKind::RoomDeleted => self.room_epochs.invalidate(change.room),
            },
            // The mark may have moved back: what is cached would be ahead.
            Event::Ephemeral(event) => match event.kind {
                EphemeralKind::Unread(_) => self.room_epochs.invalidate(event.room),
                EphemeralKind::Joined
                | EphemeralKind::Left
                | EphemeralKind::Typing
                | EphemeralKind::Read(_) => {}
            },
            Event::Own(..) => {}
        }
    }

    fn resync(&self) {
        self.session_epochs.invalidate_all();
        self.room_epochs.invalidate_all();
    }
}

#[async_trait]
impl SessionReader for ReadCache {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let epoch = self.session_epochs.current(id);
        if let Some(cached) = self.cached_sessions.get(&id).filter(|cached| cached.epoch == epoch) {
            self.session_hits.hits.increment(1);
            return Ok(Some(cached.value));
        }
        self.session_hits.misses.increment(1);
        let found = self.sessions.session(id, now).await?;
        if let Some(value) = found.clone() {
            self.cached_sessions.insert(id, Cached { value, epoch });
        }
        Ok(found)
    }
}

#[async_trait]
impl MemberReader for ReadCache {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        let epoch = self.room_epochs.current(room);
        for cache in std::iter::once(&self.cached_members).chain(&self.cached_refusals) {
            if let Some(cached) = cache.get(&(room, user)).filter(|cached| cached.epoch == epoch) {
                self.member_hits.hits.increment(1);
                return Ok(Some(cached.value));
            }
        }
        self.member_hits.misses.increment(1);
        let found = self.members.standing(room, user).await?;
        if let Some(value) = found
            && let Some(cache) = self.cache_for(&value)
        {
            cache.insert((room, user), Cached { value, epoch });
        }
        Ok(found)
    }

    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        self.members.list(room, role, page).await
    }

    async fn readers(
        &self,
        room: RoomId,
        seq: Seq,
        except: UserId,
        page: PageRequest,
    ) -> Result<Page<Reader>, StoreError> {
        self.members.readers(room, seq, except, page).await
    }

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        self.members.member(room, user).await
    }
}

#[async_trait]
impl ReadMarks for ReadCache {
    /// Invalidates the membership, which includes the read mark.
    async fn move_mark(&self, room: RoomId, user: UserId, by: MarkMove) -> Result<Option<Seq>, StoreError> {
        let moved = self.marks.move_mark(room, user, by).await;
        self.cached_members.invalidate(&(room, user));
        moved
    }
}

#[cfg(test)]
mod tests;
