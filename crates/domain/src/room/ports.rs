//! Ports for rooms.

use async_trait::async_trait;

use super::{Revision, Room, RoomQuery, RoomView, Slug};
use crate::direct::DirectKey;
use crate::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};

/// Reads rooms. Deleted rooms MUST NOT appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait RoomReader: Send + Sync {
    /// Returns the room with the caller's standing, whether or not the caller may see it; `None` where there is none.
    /// MUST use one query.
    async fn room(&self, id: RoomId, caller: Option<UserId>) -> Result<Option<RoomView>, StoreError>;

    /// Returns the direct room of that key with the caller's standing; `None` where there is none. MUST use one query.
    async fn direct(&self, key: DirectKey, caller: UserId) -> Result<Option<RoomView>, StoreError>;

    /// Returns one page of the rooms that the query selects, among those the caller sees in lists: public ones, and
    /// private ones they are a member of. Every order MUST end in the id; rooms without messages come last when
    /// ordered by the latest message, ascending or descending. MUST NOT query once per room. The views leave out whether the
    /// caller is invited.
    ///
    /// Without a search the total MUST be exact. With one it MUST be exact on the last page, and may be less than the number of
    /// matches on others, where counting them all would read too many rooms; but it is more than those up to the page.
    async fn list(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError>;
}

/// Changes rooms in a unit of work.
#[async_trait]
pub trait RoomWrites: Send {
    /// Returns the first of the candidates that no existing room has; [`StoreError::Unavailable`] where all are
    /// taken. May skip one that another unit of work reserves. MUST reserve it against every other unit of work until this one ends.
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError>;

    /// Returns `true` where no existing room has that slug. MUST wait for a unit of work that reserves it, and
    /// reserve it against every other until this one ends.
    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError>;

    /// Stores a direct room; returns `false` where an existing one has the key. Of concurrent units that store a room
    /// of one key, one alone MUST get `true` and commit; the others MUST wait for its end.
    async fn insert_direct(&mut self, room: Room, key: DirectKey) -> Result<bool, StoreError>;

    /// Stores any other room.
    async fn insert_room(&mut self, room: Room) -> Result<(), StoreError>;

    /// Locks the room for this unit of work and returns it; `None` where there is no such room, or it was deleted.
    async fn lock_room(&mut self, room: RoomId) -> Result<Option<Room>, StoreError>;

    /// Replaces the mutable part of a locked room: all but its id, its creator and when it was created.
    async fn save_room(&mut self, room: Room) -> Result<(), StoreError>;

    /// Marks a locked room as deleted at that revision and drops its invitations, in a time that does not grow with
    /// its members: their memberships end with the room, and [`Housekeeping`](crate::store::Housekeeping) removes the
    /// rows. Its slug is free from then on.
    async fn delete_room(
        &mut self,
        room: RoomId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
