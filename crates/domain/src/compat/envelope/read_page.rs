//! Reading a room's history in numbered pages: `seq` has no gaps, so a page is a window between two of them.

use std::sync::Arc;

use crate::account::Identity;
use crate::message::{Anchor, HistoryQuery, Message, MessageReader, Position, PublishedMarks};
use crate::room::{RoomReader, Seq};
use crate::{Page, PageRequest, Refusal, Result, RoomId, SortOrder};

/// Reads history page by page; members only.
pub struct ReadPage {
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
    pub(crate) marks: PublishedMarks,
}

impl ReadPage {
    /// Returns one page, tombstones included; with `mark_read`, moves the caller's read mark to its newest message.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        order: SortOrder,
        page: PageRequest,
        mark_read: bool,
    ) -> Result<Page<Message>> {
        let user = caller.user.id;
        let view = self.rooms.room(room, Some(user)).await?.ok_or(Refusal::RoomNotFound)?;
        view.standing().require_member(view.room.access.visibility())?;
        let newest = view.room.log.last_seq.0;
        let edge = match order {
            SortOrder::Ascending => Anchor::After(Position::Seq(Seq(page.offset()))),
            SortOrder::Descending => {
                Anchor::Before(Position::Seq(Seq(newest.saturating_add(1).saturating_sub(page.offset()))))
            }
        };
        let query = HistoryQuery::unfiltered(edge, page.limit, order);
        let mut items = self.messages.window(room, query).await?.messages;
        let read = view.mine.map(|mine| mine.last_read_seq).filter(|_| mark_read);
        let last = items.last().map(|message| message.seq);
        if let Some(seq) = last.filter(|&seq| read.is_some_and(|read| seq > read)) {
            self.marks.advance(&caller, room, seq, None).await?;
        }
        if order == SortOrder::Descending {
            items.reverse();
        }
        Ok(Page { items, total: newest.unsigned_abs() })
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MyMembership, Role};
    use crate::message::{MockMessageReader, Window};
    use crate::room::{MockRoomReader, RoomView};
    use crate::testing::{at, caller, marks, message, private_room, refusal, room, room_id, user_id, view};

    /// Room 1 with its seven messages, of which the caller has read five.
    fn mine() -> RoomView {
        let mine = MyMembership {
            role: Role::Member,
            joined_at: at(2),
            last_read_seq: Seq(5),
            unread_count: 2,
            mention_count: 0,
        };
        RoomView { mine: Some(mine), ..view(private_room(1)) }
    }

    fn rooms(found: Option<RoomView>) -> Arc<MockRoomReader> {
        let mut rooms = MockRoomReader::new();
        rooms.expect_room().with(eq(room_id(1)), eq(Some(user_id(1)))).times(1).return_once(|_, _| Ok(found));
        Arc::new(rooms)
    }

    /// Returns the `seq`s on a page of three, read as the window at `anchor`; expects the read mark to move to `marked`.
    async fn page(
        order: SortOrder,
        page: u64,
        anchor: Anchor,
        found: &[i64],
        marked: Option<i64>,
    ) -> Vec<i64> {
        let query = HistoryQuery::unfiltered(anchor, 3, order);
        let window = found.iter().map(|&seq| Message { seq: Seq(seq), ..message(2) }).collect();
        let mut messages = MockMessageReader::new();
        messages
            .expect_window()
            .with(eq(room_id(1)), eq(query))
            .times(1)
            .return_once(|_, _| Ok(Window { messages: window, has_more: false }));
        let read =
            ReadPage { rooms: rooms(Some(mine())), messages: Arc::new(messages), marks: marks(marked) };
        let request = PageRequest { page, limit: 3 };
        let found = read.execute(caller(1), room_id(1), order, request, true).await.unwrap();
        assert_eq!(found.total, 7);
        found.items.iter().map(|message| message.seq.0).collect()
    }

    fn before(seq: i64) -> Anchor {
        Anchor::Before(Position::Seq(Seq(seq)))
    }

    fn after(seq: i64) -> Anchor {
        Anchor::After(Position::Seq(Seq(seq)))
    }

    #[tokio::test]
    async fn descending_pages_are_windows_before_a_seq() {
        use SortOrder::Descending;
        assert_eq!(page(Descending, 1, before(8), &[5, 6, 7], Some(7)).await, [7, 6, 5]);
        assert_eq!(page(Descending, 3, before(2), &[1], None).await, [1]);
        assert!(page(Descending, u64::MAX, before(8 - i64::MAX), &[], None).await.is_empty());
    }

    #[tokio::test]
    async fn ascending_pages_are_windows_after_a_seq() {
        use SortOrder::Ascending;
        assert_eq!(page(Ascending, 1, after(0), &[1, 2, 3], None).await, [1, 2, 3]);
        assert_eq!(page(Ascending, 3, after(6), &[7], Some(7)).await, [7]);
        assert!(page(Ascending, u64::MAX, after(i64::MAX), &[], None).await.is_empty());
    }

    #[tokio::test]
    async fn a_page_can_be_read_without_marking() {
        let mut messages = MockMessageReader::new();
        let window = Window { messages: vec![Message { seq: Seq(7), ..message(2) }], has_more: false };
        messages.expect_window().withf(|room, _| *room == room_id(1)).times(1).return_once(|_, _| Ok(window));
        let read = ReadPage { rooms: rooms(Some(mine())), messages: Arc::new(messages), marks: marks(None) };
        let request = PageRequest { page: 1, limit: 3 };
        let found = read.execute(caller(1), room_id(1), SortOrder::Descending, request, false).await.unwrap();
        assert_eq!(found.items.len(), 1);
    }

    /// Reads no messages and moves no mark.
    async fn refused(found: Option<RoomView>) -> Refusal {
        let messages = Arc::new(MockMessageReader::new());
        let read = ReadPage { rooms: rooms(found), messages, marks: marks(None) };
        let request = PageRequest { page: 1, limit: 3 };
        refusal(read.execute(caller(1), room_id(1), SortOrder::Descending, request, true).await)
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        let invited = RoomView { invited: true, ..view(private_room(1)) };
        for found in [view(room(1)), invited] {
            assert_eq!(refused(Some(found)).await, Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for found in [None, Some(view(private_room(1)))] {
            assert_eq!(refused(found).await, Refusal::RoomNotFound);
        }
    }
}
