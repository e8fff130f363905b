//! Listing rooms.

use std::sync::Arc;

use super::{RoomReader, RoomView, Search, Visibility};
use crate::{Page, PageRequest, Refusal, Result, SortOrder, UserId};

/// By what rooms are ordered. The id decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoomSort {
    /// When the room was made.
    #[default]
    CreatedAt,
    /// Its name, without regard to case.
    Name,
    /// How many are in it.
    MemberCount,
    /// When its newest message was sent; rooms without messages last, either way.
    LastMessageAt,
}

/// Which rooms, and in what order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomQuery {
    /// Only rooms that hold this in their name or description.
    pub search: Option<Search>,
    /// Only rooms of this kind.
    pub visibility: Option<Visibility>,
    /// Only rooms that the caller is in (`true`) or is not in (`false`).
    pub joined: Option<bool>,
    /// By what they are ordered.
    pub sort: RoomSort,
    /// Which end comes first.
    pub order: SortOrder,
}

/// Lists the public rooms, and the caller's private ones.
pub struct ListRooms {
    pub(crate) rooms: Arc<dyn RoomReader>,
}

impl ListRooms {
    /// One page. The anonymous have no rooms of their own to ask for.
    pub async fn execute(
        &self,
        caller: Option<UserId>,
        query: RoomQuery,
        page: PageRequest,
    ) -> Result<Page<RoomView>> {
        if query.joined == Some(true) && caller.is_none() {
            return Err(Refusal::Unauthenticated.into());
        }
        Ok(self.rooms.list(query, page, caller).await?)
    }
}
