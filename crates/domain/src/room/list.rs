//! Listing rooms.

use std::sync::Arc;

use super::{RoomReader, RoomView, Search, Visibility};
use crate::{Page, PageRequest, Refusal, Result, SortOrder, UserId};

/// The key by which rooms are ordered; the id decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RoomSort {
    /// The time of creation.
    #[default]
    CreatedAt,
    /// The name, regardless of case.
    Name,
    /// The number of members.
    MemberCount,
    /// The time of the newest message; rooms without messages come last, ascending or descending.
    LastMessageAt,
}

/// The selection and order of a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RoomQuery {
    /// Only rooms with this text in their name or description.
    pub search: Option<Search>,
    /// Only rooms of this visibility.
    pub visibility: Option<Visibility>,
    /// Only rooms that the caller is a member of (`true`) or not (`false`).
    pub joined: Option<bool>,
    /// The sort key.
    pub sort: RoomSort,
    /// The direction.
    pub order: SortOrder,
}

impl RoomQuery {
    /// Returns the folded search text; `None` where every room has it.
    #[must_use]
    pub fn folded_search(&self) -> Option<String> {
        self.search.as_ref().and_then(Search::folded)
    }
}

/// Lists the public rooms, and the caller's private ones.
pub struct ListRooms {
    pub(crate) rooms: Arc<dyn RoomReader>,
}

impl ListRooms {
    /// Returns one page. Rejects an anonymous caller who selects the rooms they joined with [`Refusal::Unauthenticated`].
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
    async fn the_query_of_the_caller_is_read_as_it_is() {
        let page = Page { items: vec![view(room(1))], total: 11 };
        for (caller, joined) in
            [(Some(user_id(1)), Some(true)), (Some(user_id(1)), None), (None, Some(false)), (None, None)]
        {
            let (mut rooms, found) = (MockRoomReader::new(), page.clone());
            rooms
                .expect_list()
                .with(eq(query(joined)), eq(SECOND_PAGE), eq(caller))
                .times(1)
                .return_once(|_, _, _| Ok(found));
            let list = ListRooms { rooms: Arc::new(rooms) };
            assert_eq!(list.execute(caller, query(joined), SECOND_PAGE).await.unwrap(), page);
        }
    }

    #[tokio::test]
    async fn an_anonymous_caller_must_sign_in_to_select_joined_rooms() {
        let list = ListRooms { rooms: Arc::new(MockRoomReader::new()) };
        let result = list.execute(None, query(Some(true)), SECOND_PAGE).await;
        assert_eq!(refusal(result), Refusal::Unauthenticated);
    }
}
