//! The port that counts what is owned.

use async_trait::async_trait;

use crate::{RoomId, StoreError, UserId};

/// Counts what users and rooms own, in a unit of work. Every count ends at `most`, the quota: it MUST read no more rows
/// than that of what counts, whatever is stored.
#[async_trait]
pub trait QuotaWrites: Send {
    /// Holds these users for this unit of work: until it ends, another unit that holds one of them MUST wait here. MUST
    /// lock them in the order of their ids; the caller locks no room afterwards.
    async fn lock_owners(&mut self, users: Vec<UserId>) -> Result<(), StoreError>;

    /// Counts the rooms that the user created. Deleted ones MUST NOT count.
    async fn room_count(&mut self, creator: UserId, most: u32) -> Result<u32, StoreError>;

    /// Returns the largest number of present memberships that one of these users has, at most `most`; 0 for none. MUST
    /// return `most` only for a user with so many in living rooms that are not direct; in a smaller number, those of other
    /// rooms may count. MUST NOT make a round trip for each user.
    async fn most_memberships(&mut self, users: Vec<UserId>, most: u32) -> Result<u32, StoreError>;

    /// Counts the open invitations into a locked room.
    async fn invitation_count(&mut self, room: RoomId, most: u32) -> Result<u32, StoreError>;
}
