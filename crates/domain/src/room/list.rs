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

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::room::MockRoomReader;
    use crate::testing::{refusal, room, user_id, view};

    const SECOND_PAGE: PageRequest = PageRequest { page: 2, limit: 10 };

    fn query(joined: Option<bool>) -> RoomQuery {
        let search = Some(Search::parse("room").unwrap());
        RoomQuery {
            search,
            joined,
            sort: RoomSort::Name,
            order: SortOrder::Ascending,
            ..RoomQuery::default()
        }
    }

    #[tokio::test]
    async fn the_reader_is_asked_for_exactly_what_the_caller_asks_for() {
        let page = Page { items: vec![view(room(1))], total: 11 };
        for (caller, joined) in
            [(Some(user_id(1)), Some(true)), (Some(user_id(1)), None), (None, Some(false)), (None, None)]
        {
            let (mut rooms, answer) = (MockRoomReader::new(), page.clone());
            rooms
                .expect_list()
                .with(eq(query(joined)), eq(SECOND_PAGE), eq(caller))
                .times(1)
                .return_once(|_, _, _| Ok(answer));
            let list = ListRooms { rooms: Arc::new(rooms) };
            assert_eq!(list.execute(caller, query(joined), SECOND_PAGE).await.unwrap(), page);
        }
    }

    #[tokio::test]
    async fn the_anonymous_are_asked_to_sign_in_for_rooms_of_their_own() {
        let list = ListRooms { rooms: Arc::new(MockRoomReader::new()) };
        let result = list.execute(None, query(Some(true)), SECOND_PAGE).await;
        assert_eq!(refusal(result), Refusal::Unauthenticated);
    }
}
