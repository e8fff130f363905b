//! What memberships need from outside.

use async_trait::async_trait;

use super::{Member, Role, Standing};
use crate::room::{Seq, Visibility};
use crate::{Page, PageRequest, RoomId, StoreError, UserId};

/// The answer to a membership check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomStanding {
    /// Who sees the room.
    pub visibility: Visibility,
    /// How the user stands to it.
    pub standing: Standing,
    /// How far a member has read; 0 for anybody else. May lag behind, never ahead.
    pub last_read_seq: Seq,
}

/// Reads memberships. Ended ones, and those of deleted rooms, MUST NOT appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MemberReader: Send + Sync {
    /// The membership check, in one query; `None` where there is no such room.
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError>;

    /// One page of a room's members, those of one role where asked, in the order in which they came in; the id
    /// decides between equals.
    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError>;

    /// One member.
    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError>;
}
