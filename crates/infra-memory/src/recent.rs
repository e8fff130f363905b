//! Sessions and memberships as they were a moment ago: what is read with every request is remembered for a few seconds,
//! and forgotten at once where an event says that it changed.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::account::{Identity, SessionReader};
use domain::event::{ChangeKind, Event, EventSink, Revocation};
use domain::membership::{Member, MemberReader, Role, RoomStanding, Standing};
use domain::message::ReadMarks;
use domain::room::Seq;
use domain::{Page, PageRequest, RoomId, SessionId, StoreError, Timestamp, UserId};
use metrics::Counter;
use moka::sync::Cache;

/// How long something is believed of which no event tells: while the bus is away, or when an operator changes the
/// database from outside. The contract allows five seconds.
const BELIEVED: Duration = Duration::from_secs(4);
/// The most sessions, and the most memberships, that are remembered.
const REMEMBERED: u64 = 100_000;
/// Into how many groups keys are sorted by what makes them outdated.
const GROUPS: usize = 1_024;

/// Counts, for each group of keys, how often something about it has changed. What was read while the count stood
/// elsewhere is not believed; so a change that comes between a look at the store and its being remembered is not missed.
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

    fn now(&self, key: impl Hash) -> (u64, u64) {
        (self.group(key).load(Ordering::SeqCst), self.all.load(Ordering::SeqCst))
    }

    fn changed(&self, key: impl Hash) {
        self.group(key).fetch_add(1, Ordering::SeqCst);
    }

    fn all_changed(&self) {
        self.all.fetch_add(1, Ordering::SeqCst);
    }
}

/// How often something was remembered, and how often not. The handles are kept: every request asks, and a macro of
/// `metrics` looks its metric up by name.
struct Tally {
    hits: Counter,
    misses: Counter,
}

impl Tally {
    fn new(of: &'static str) -> Self {
        Self {
            hits: metrics::counter!("parlor_remembered_total", "of" => of, "result" => "hit"),
            misses: metrics::counter!("parlor_remembered_total", "of" => of, "result" => "miss"),
        }
    }
}

/// What was read, and the epoch in which.
#[derive(Clone)]
struct Read<T> {
    found: T,
    epoch: (u64, u64),
}

/// Remembers who sessions belong to, and who is a member where. Nothing but finds are remembered: that there is no
/// session or membership is looked up every time. An [`EventSink`] itself, it must hear of every event before whoever
/// reads because of it.
pub struct Recent {
    sessions: Arc<dyn SessionReader>,
    members: Arc<dyn MemberReader>,
    marks: Arc<dyn ReadMarks>,
    session_epochs: Epochs,
    room_epochs: Epochs,
    known_sessions: Cache<SessionId, Read<Identity>>,
    known_members: Cache<(RoomId, UserId), Read<RoomStanding>>,
    session_tally: Tally,
    member_tally: Tally,
}

impl Recent {
    /// Remembers what these answer.
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
            known_sessions: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build(),
            known_members: Cache::builder().max_capacity(REMEMBERED).time_to_live(BELIEVED).build(),
            session_tally: Tally::new("session"),
            member_tally: Tally::new("membership"),
        }
    }
}

impl EventSink for Recent {
    fn deliver(&self, event: Event) {
        match event {
            Event::Revoked(Revocation::Session(session)) => self.session_epochs.changed(session),
            // Whose each remembered session is, is not known by user; new passwords are rare.
            Event::Revoked(Revocation::Sessions { .. }) => self.session_epochs.all_changed(),
            Event::Changed(change) => match change.kind {
                ChangeKind::Sent(_) | ChangeKind::Edited(_) | ChangeKind::Deleted(_) => {}
                ChangeKind::MemberAdded(..)
                | ChangeKind::MemberRemoved(..)
                | ChangeKind::RoleChanged(..)
                | ChangeKind::RoomUpdated(_)
                | ChangeKind::RoomDeleted => self.room_epochs.changed(change.room),
            },
            Event::Ephemeral(_) => {}
        }
    }

    fn resync(&self) {
        self.session_epochs.all_changed();
        self.room_epochs.all_changed();
    }
}

#[async_trait]
impl SessionReader for Recent {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Identity>, StoreError> {
        let epoch = self.session_epochs.now(id);
        if let Some(known) = self.known_sessions.get(&id).filter(|known| known.epoch == epoch) {
            self.session_tally.hits.increment(1);
            return Ok(Some(known.found));
        }
        self.session_tally.misses.increment(1);
        let found = self.sessions.session(id, now).await?;
        if let Some(found) = found.clone() {
            self.known_sessions.insert(id, Read { found, epoch });
        }
        Ok(found)
    }
}

#[async_trait]
impl MemberReader for Recent {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        let epoch = self.room_epochs.now(room);
        if let Some(known) = self.known_members.get(&(room, user)).filter(|known| known.epoch == epoch) {
            self.member_tally.hits.increment(1);
            return Ok(Some(known.found));
        }
        self.member_tally.misses.increment(1);
        let found = self.members.standing(room, user).await?;
        if let Some(found) = found.filter(|found| matches!(found.standing, Standing::Member(_))) {
            self.known_members.insert((room, user), Read { found, epoch });
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

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        self.members.member(room, user).await
    }
}

#[async_trait]
impl ReadMarks for Recent {
    /// A membership's reading mark is part of what is remembered.
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError> {
        let advanced = self.marks.advance(room, user, seq).await;
        self.known_members.invalidate(&(room, user));
        advanced
    }
}

#[cfg(test)]
mod tests;
