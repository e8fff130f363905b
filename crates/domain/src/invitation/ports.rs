//! Ports for invitations.

use async_trait::async_trait;

use super::{Invitation, NewInvitation};
use crate::{Page, PageRequest, RoomId, StoreError, UserId};

/// Reads open invitations, newest first, then by the id of the room or user. Invitations into deleted rooms MUST NOT
/// appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait InvitationReader: Send + Sync {
    /// Returns one page of the invitations into a room.
    async fn for_room(&self, room: RoomId, page: PageRequest) -> Result<Page<Invitation>, StoreError>;

    /// Returns one page of a user's own invitations.
    async fn for_user(&self, user: UserId, page: PageRequest) -> Result<Page<Invitation>, StoreError>;
}

/// Changes invitations in a unit of work.
#[async_trait]
pub trait InvitationWrites: Send {
    /// Returns the user's open invitation; `None` where there is none.
    async fn invitation(&mut self, room: RoomId, user: UserId) -> Result<Option<Invitation>, StoreError>;

    /// Stores an invitation; the caller has checked that there is none for that room and user yet.
    async fn insert_invitation(&mut self, invitation: NewInvitation) -> Result<(), StoreError>;

    /// Removes an invitation; returns `false` where there was none.
    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError>;
}
