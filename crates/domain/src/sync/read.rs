//! Reading what changed since a cursor.

use std::sync::Arc;

use super::{Cursor, CursorSeal, Progress, RoomSummary, SyncReader, Walk, invitations_digest};
use crate::invitation::Invitation;
use crate::{Result, RoomId, UserId};

/// A page of a walk over a user's rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncPage {
    /// The rooms, as they are now.
    pub rooms: Vec<RoomSummary>,
    /// The rooms that the user is no longer a member of.
    pub left: Vec<RoomId>,
    /// All open invitations of the user, newest first.
    pub invitations: Vec<Invitation>,
    /// True if the walk is not over.
    pub has_more: bool,
    /// The cursor after this page.
    pub cursor: Cursor,
    /// True if there is a room, or an invitation was made or ended since the former cursor.
    pub has_news: bool,
}

/// Reads all rooms of the caller, or those that changed since a cursor.
pub struct ReadSync {
    pub(crate) reader: Arc<dyn SyncReader>,
    pub(crate) seal: Arc<dyn CursorSeal>,
}

impl ReadSync {
    /// Returns the first `limit` rooms after a cursor, or from the beginning.
    pub async fn execute(&self, user: UserId, since: Option<Cursor>, limit: u32) -> Result<SyncPage> {
        let (walk, known) =
            since.map_or((None, None), |cursor| (Some(cursor.walk), Some(cursor.invitations)));
        let page = self.reader.select(user, Walk::selection(walk.as_ref()), limit).await?;
        let Progress { walk, has_more } = Walk::advanced(walk, &page);
        let invitations = invitations_digest(&page.invitations);
        Ok(SyncPage {
            has_news: !page.rooms.is_empty() || !page.left.is_empty() || known != Some(invitations),
            rooms: page.rooms,
            left: page.left,
            invitations: page.invitations,
            has_more,
            cursor: Cursor { walk, invitations },
        })
    }

    /// Returns the cursor of a user as text.
    pub fn seal(&self, user: UserId, cursor: &Cursor) -> Result<String> {
        self.seal.seal(user, &cursor.encode())
    }

    /// Returns the cursor of a text; `None` where it is none of that user.
    #[must_use]
    pub fn open(&self, user: UserId, text: &str) -> Option<Cursor> {
        Cursor::decode(&self.seal.open(user, text)?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::sync::{MockCursorSeal, MockSyncReader, Seen, Selected, Selection};
    use crate::testing::{invitation, private_room, room, user_id, view};

    fn seen(below: u64) -> Seen {
        Seen { epoch: 1, below, except: vec![] }
    }

    fn page(rooms: &[u128], invitations: Vec<Invitation>) -> Selected {
        let rooms = rooms.iter().map(|n| RoomSummary { view: view(room(*n)), last_message: None }).collect();
        Selected { now: seen(9), rooms, left: vec![], invitations, has_more: false, overtaken: false }
    }

    async fn read(selection: Selection, page: Selected, since: Option<Cursor>) -> SyncPage {
        let mut reader = MockSyncReader::new();
        let select = reader.expect_select().with(eq(user_id(1)), eq(selection), eq(20)).times(1);
        select.return_once(|_, _, _| Ok(page));
        let read = ReadSync { reader: Arc::new(reader), seal: Arc::new(MockCursorSeal::new()) };
        read.execute(user_id(1), since, 20).await.unwrap()
    }

    #[tokio::test]
    async fn without_a_cursor_all_rooms_are_read() {
        let first = read(Selection::Latest { after: None }, page(&[1], vec![]), None).await;
        assert!(first.has_news && !first.has_more);
        assert_eq!(first.cursor.walk, Walk::Changed { since: seen(9), place: None });
    }

    #[tokio::test]
    async fn a_page_has_news_where_it_has_rooms_or_other_invitations_than_the_cursor() {
        let open = vec![invitation(&private_room(2), 1)];
        for (rooms, invitations, has_news) in
            [(&[1][..], vec![], true), (&[], vec![], false), (&[], open, true)]
        {
            let since = seen(5);
            let cursor = Cursor {
                walk: Walk::Changed { since: since.clone(), place: None },
                invitations: invitations_digest(&[]),
            };
            let page = page(rooms, invitations);
            let next = read(Selection::Changed { since, after: None }, page, Some(cursor)).await;
            assert_eq!(next.has_news, has_news);
        }
    }
}
