//! Units of work over all concepts, and the housekeeping of a store.
//!
//! Reads go through the reader ports of each concept; [`MessageLog`](crate::message::MessageLog) appends messages, of
//! which many share a commit. Every other change is a unit of work, which unites the `…Writes` ports of all concepts.

#[cfg(any(test, feature = "mocks"))]
mod mock;

use std::sync::Arc;

use async_trait::async_trait;

use crate::account::{AccountReader, AccountWrites, Identity, SessionReader, SessionWrites};
use crate::admin::{AdminReader, AdminWrites};
use crate::audit::{AuditReader, AuditWrites};
use crate::compat::ryos::RosterReader;
use crate::event::ChangeReader;
use crate::file::{FileReader, FileWrites};
use crate::idempotency::IdempotencyWrites;
use crate::invitation::{InvitationReader, InvitationWrites};
use crate::membership::{MemberReader, Membership, MembershipWrites, Standing};
use crate::message::{MessageLog, MessageReader, MessageWrites, ReadMarks};
use crate::quota::QuotaWrites;
use crate::room::{Room, RoomReader, RoomWrites};
use crate::search::{SearchIndexer, SearchReader};
use crate::sync::SyncReader;
use crate::{Refusal, RoomId, SessionId, StoreError, Timestamp};

#[cfg(any(test, feature = "mocks"))]
pub use mock::MockUnitOfWork;

/// Declares [`StorePorts`] and [`SharedStore`] from the one list of the ports.
macro_rules! store_ports {
    ($($field:ident: $port:ident),+ $(,)?) => {
        /// Every port of a store, on one type.
        pub trait StorePorts: $($port +)+ {}

        impl<S: $($port +)+> StorePorts for S {}

        /// The ports of a store, one field each, as use cases share them.
        #[derive(Clone)]
        #[expect(missing_docs, reason = "each field is named after its port, which is documented")]
        pub struct SharedStore {
            $(pub $field: Arc<dyn $port>),+
        }

        impl SharedStore {
            /// Shares a store.
            #[must_use]
            pub fn of(store: &Arc<dyn StorePorts>) -> Self {
                Self { $($field: store.clone()),+ }
            }
        }
    };
}

store_ports! {
    store: Store,
    accounts: AccountReader,
    sessions: SessionReader,
    rooms: RoomReader,
    rosters: RosterReader,
    members: MemberReader,
    invitations: InvitationReader,
    log: MessageLog,
    messages: MessageReader,
    marks: ReadMarks,
    changes: ChangeReader,
    sync: SyncReader,
    search: SearchReader,
    indexer: SearchIndexer,
    files: FileReader,
    housekeeping: Housekeeping,
    audit: AuditReader,
    admin: AdminReader,
}

/// Begins units of work.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a unit of work of no session, as of a login, an operator or background work. MUST return
    /// [`StoreError::Unavailable`] within two seconds where the database cannot be reached.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;

    /// Begins a unit of work in a session, with the same obligation. MUST reject it with [`Refusal::Unauthenticated`] where
    /// the session has ended by then, though it may have stood when the request began, or has expired at `now`.
    async fn begin_in(&self, session: SessionId, now: Timestamp) -> crate::Result<Box<dyn UnitOfWork>>;

    /// Runs a trivial query; `Err` where the database does not answer.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// One change, all or nothing, over every concept. Dropped without [`commit`](Self::commit) it MUST leave no trace.
///
/// A caller that changes a room calls [`lock_room`](RoomWrites::lock_room) first; from then to the end of the unit no
/// other unit changes that room, its members, its invitations or its messages. A caller that locks several rooms MUST
/// lock them in the order of their ids, and before [users](QuotaWrites::lock_owners).
#[async_trait]
pub trait UnitOfWork:
    AccountWrites
    + SessionWrites
    + RoomWrites
    + MembershipWrites
    + InvitationWrites
    + MessageWrites
    + FileWrites
    + IdempotencyWrites
    + QuotaWrites
    + AuditWrites
    + AdminWrites
    + Send
{
    /// Makes the change durable: once this returns, it survives `kill -9` of this program and of the database.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Background work of a store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Removes at most `batch` unreachable rows of each kind: sessions and tickets that ended or expired before `before`,
    /// answers that [lapsed](crate::idempotency::KEPT_FOR) before it, and the rows of rooms deleted before it. [Folds](crate::fold())
    /// the texts of as many rooms that another release wrote, and marks as many memberships of a room whose visibility changed. MUST
    /// be short, so that sends are hardly delayed.
    async fn sweep(&self, before: Timestamp, batch: u32) -> Result<Swept, StoreError>;

    /// Removes at most `batch` audit events from before `before`, the oldest first; and at most as many of those that
    /// [strangers cause](crate::audit::AuditKind::is_by_strangers), of which the newest `most_by_strangers` stay. Returns
    /// the number of removed events.
    async fn sweep_audit(
        &self,
        before: Timestamp,
        most_by_strangers: u32,
        batch: u32,
    ) -> Result<u64, StoreError>;
}

/// The number of rows that a sweep removed, or repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Sessions that had ended or expired.
    pub sessions: u64,
    /// Tickets that had expired.
    pub tickets: u64,
    /// Answers that were kept for repeats.
    pub answers: u64,
    /// Messages of deleted rooms, with their former contents.
    pub messages: u64,
    /// Entries of the index of words, of deleted rooms.
    pub words: u64,
    /// Memberships of deleted rooms.
    pub memberships: u64,
    /// Deleted rooms without any remaining rows.
    pub rooms: u64,
    /// Rooms whose texts were folded.
    pub folded: u64,
    /// Rooms whose memberships were marked by their visibility, some or all.
    pub marked: u64,
}

impl Swept {
    /// Returns whether more rows probably remain.
    #[must_use]
    pub fn found_work(self) -> bool {
        self != Self::default()
    }
}

/// A locked room with the caller's membership or invitation.
pub(crate) struct LockedRoom {
    pub room: Room,
    pub mine: Option<Membership>,
    pub invited: bool,
}

/// Locks the room for a change by `caller`; [`Refusal::RoomNotFound`] where it does not exist for them.
pub(crate) async fn lock_for_caller(
    work: &mut dyn UnitOfWork,
    room: RoomId,
    caller: &Identity,
) -> crate::Result<LockedRoom> {
    let room = work.lock_room(room).await?.ok_or(Refusal::RoomNotFound)?;
    let mine = work.membership(room.id, caller.user.id).await?;
    let invited = mine.is_none() && work.invitation(room.id, caller.user.id).await?.is_some();
    let open = LockedRoom { room, mine, invited };
    if open.room.visible_to(open.standing()) { Ok(open) } else { Err(Refusal::RoomNotFound.into()) }
}

impl LockedRoom {
    pub(crate) fn standing(&self) -> Standing {
        Standing::of(self.mine.as_ref().map(|mine| mine.role), self.invited)
    }

    /// Returns the room and the caller's membership; rejects non-members.
    pub(crate) fn require_member(self) -> Result<(Room, Membership), Refusal> {
        let mine = self.mine.ok_or(Refusal::NotAMember)?;
        Ok((self.room, mine))
    }

    /// Returns the room; rejects direct rooms, which have no admins, and callers who are not its admins.
    pub(crate) fn require_admin(self) -> Result<Room, Refusal> {
        let (room, mine) = self.require_member()?;
        room.require_changeable()?;
        mine.role.require_admin()?;
        Ok(room)
    }
}
