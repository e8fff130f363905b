//! Reading a room's history, a window at a time.

use std::sync::Arc;

use super::{Message, MessageKind, MessageReader, ReadMarks};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Refusal, Result, RoomId, SortOrder, Timestamp, UserId};

/// A place between messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Position {
    /// At that message.
    Seq(Seq),
    /// At that moment.
    Time(Timestamp),
}

/// Which end of a window is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Anchor {
    /// The newest messages.
    #[default]
    Newest,
    /// Those next older than the position, which is not included.
    Before(Position),
    /// Those next newer than the position, which is not included.
    After(Position),
}

/// Which messages of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Where the window lies.
    pub anchor: Anchor,
    /// How many messages at most: 1 to 100.
    pub limit: u32,
    /// Which end comes first.
    pub order: SortOrder,
    /// Only messages of this kind; a tombstone is of no kind.
    pub kind: Option<MessageKind>,
    /// Only messages of this sender, tombstones included.
    pub sender: Option<UserId>,
}

/// Some consecutive messages of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// At most as many as asked for.
    pub messages: Vec<Message>,
    /// Whether there are more in the direction asked for: newer ones after `After`, else older ones.
    pub has_more: bool,
}

/// Reads history; for members.
pub struct ReadHistory {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
    pub(crate) marks: Arc<dyn ReadMarks>,
}

impl ReadHistory {
    /// The window asked for. An unfiltered one is marked as read up to its newest message where `mark_read` says so.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        query: HistoryQuery,
        mark_read: bool,
    ) -> Result<Window> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        let mut window = self.messages.window(room, query).await?;
        let unfiltered = query.kind.is_none() && query.sender.is_none();
        let newest = window.messages.last().map(|message| message.seq);
        if let Some(seq) = newest.filter(|&seq| mark_read && unfiltered && seq > found.last_read_seq) {
            self.marks.advance(room, caller.user.id, seq).await?;
        }
        if query.order == SortOrder::Descending {
            window.messages.reverse();
        }
        Ok(window)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::{MockMessageReader, MockReadMarks};
    use crate::room::Visibility;
    use crate::testing::{caller, members, members_unseen, message, refusal, room_id, user_id};

    fn query(order: SortOrder) -> HistoryQuery {
        HistoryQuery { anchor: Anchor::Newest, limit: 10, order, kind: None, sender: None }
    }

    fn window(seqs: &[i64]) -> Window {
        let messages = seqs.iter().map(|&seq| Message { seq: Seq(seq), ..message(2) }).collect();
        Window { messages, has_more: true }
    }

    /// A member who has read five messages is shown those; only `marked` is expected to be marked as read.
    fn reading(query: HistoryQuery, found: &[i64], marked: Option<i64>) -> ReadHistory {
        let found = window(found);
        let mut messages = MockMessageReader::new();
        messages.expect_window().with(eq(room_id(1)), eq(query)).times(1).return_once(|_, _| Ok(found));
        let mut marks = MockReadMarks::new();
        if let Some(seq) = marked {
            marks
                .expect_advance()
                .with(eq(room_id(1)), eq(user_id(1)), eq(Seq(seq)))
                .times(1)
                .returning(|_, _, _| Ok(()));
        }
        let members = members(Visibility::Private, Standing::Member(Role::Member));
        ReadHistory { members: Arc::new(members), messages: Arc::new(messages), marks: Arc::new(marks) }
    }

    #[tokio::test]
    async fn a_member_gets_the_window_in_the_order_they_ask_for_marked_up_to_its_newest_message() {
        for (order, seqs) in [(SortOrder::Ascending, [5, 6, 7]), (SortOrder::Descending, [7, 6, 5])] {
            let history = reading(query(order), &[5, 6, 7], Some(7));
            let answer = history.execute(caller(1), room_id(1), query(order), true).await.unwrap();
            assert_eq!(answer, window(&seqs));
        }
    }

    #[tokio::test]
    async fn nothing_is_marked_where_the_caller_does_not_say_so() {
        let query = query(SortOrder::Ascending);
        let history = reading(query, &[6, 7], None);
        assert_eq!(history.execute(caller(1), room_id(1), query, false).await.unwrap(), window(&[6, 7]));
    }

    #[tokio::test]
    async fn a_filtered_window_marks_nothing_for_it_passes_over_messages() {
        let plain = query(SortOrder::Ascending);
        for query in [
            HistoryQuery { kind: Some(MessageKind::Text), ..plain },
            HistoryQuery { sender: Some(user_id(2)), ..plain },
        ] {
            let history = reading(query, &[6, 7], None);
            history.execute(caller(1), room_id(1), query, true).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_was_read_before_or_is_empty_costs_no_write() {
        let query = query(SortOrder::Ascending);
        for found in [&[][..], &[3, 4, 5]] {
            let history = reading(query, found, None);
            history.execute(caller(1), room_id(1), query, true).await.unwrap();
        }
    }

    /// Neither messages nor marks are asked for.
    async fn refused(members: MockMemberReader) -> Refusal {
        let history = ReadHistory {
            members: Arc::new(members),
            messages: Arc::new(MockMessageReader::new()),
            marks: Arc::new(MockReadMarks::new()),
        };
        refusal(history.execute(caller(1), room_id(1), query(SortOrder::Ascending), true).await)
    }

    #[tokio::test]
    async fn a_caller_who_sees_the_room_but_is_not_in_it_is_told_so() {
        assert_eq!(refused(members(Visibility::Public, Standing::Stranger)).await, Refusal::NotAMember);
        assert_eq!(refused(members(Visibility::Private, Standing::Invited)).await, Refusal::NotAMember);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_unseen() {
            assert_eq!(refused(members).await, Refusal::RoomNotFound);
        }
    }
}
