//! Showing a room with its members and the users present in it.

use std::sync::Arc;

use super::{PresenceLookup, RoomKey, RoomWithMembers, Roster, RosterReader};
use crate::{Refusal, Result, UserId};

/// Shows a public room to any caller, a private one to its members.
pub struct ShowRoster {
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) lookup: PresenceLookup,
}

impl ShowRoster {
    /// Returns the room with its members and the users present; [`Refusal::RoomNotFound`] where the caller cannot see it.
    pub async fn execute(&self, caller: Option<UserId>, room: RoomKey) -> Result<Roster> {
        let room = self.rosters.roster(room, caller).await?.filter(RoomWithMembers::visible);
        let shown = self.lookup.complete(vec![room.ok_or(Refusal::RoomNotFound)?]).await;
        Ok(shown.into_iter().next().ok_or(Refusal::RoomNotFound)?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::compat::ryos::{MockPresenceMarks, MockRosterReader};
    use crate::membership::{Membership, MyMembership, Role};
    use crate::presence::MockPresence;
    use crate::room::Room;
    use crate::testing::{at, clock, membership, private_room, refusal, room, room_id, user, user_id, view};

    /// Reads the room for user 1, a member where `mine` is some; presence is read `lookups` times.
    async fn show(found: Option<Room>, mine: Option<Membership>, lookups: usize) -> Result<Roster> {
        let mine = mine.as_ref().map(MyMembership::read_up);
        let members = vec![user(1).username, user(2).username];
        let roster =
            found.map(|room| RoomWithMembers { view: crate::room::RoomView { mine, ..view(room) }, members });
        let mut rosters = MockRosterReader::new();
        let read = rosters.expect_roster().with(eq(RoomKey::Id(room_id(1))), eq(Some(user_id(1)))).times(1);
        read.return_once(|_, _| Ok(roster));
        let mut presence = MockPresence::new();
        let there = presence.expect_present_in().with(eq(vec![room_id(1)])).times(lookups);
        there.returning(|_| vec![(room_id(1), user(2))]);
        let mut marks = MockPresenceMarks::new();
        let marked = marks.expect_marked().with(eq(vec![room_id(1)]), eq(at(5))).times(lookups);
        marked.returning(|_, _| vec![(room_id(1), user(1))]);
        let lookup = PresenceLookup { presence: Arc::new(presence), marks: Arc::new(marks), clock: clock(5) };
        let show = ShowRoster { rosters: Arc::new(rosters), lookup };
        show.execute(Some(user_id(1)), RoomKey::Id(room_id(1))).await
    }

    #[tokio::test]
    async fn users_present_by_connection_and_by_mark_are_shown() {
        let mine = membership(1, 1, Role::Member);
        for (room, mine) in [(room(1), None), (private_room(1), Some(mine))] {
            let shown = show(Some(room.clone()), mine, 1).await.unwrap();
            assert_eq!((shown.room, shown.active), (room, vec![user(1).username, user(2).username]));
        }
    }

    #[tokio::test]
    async fn a_missing_room_and_a_private_one_of_others_are_not_found() {
        for found in [None, Some(private_room(1))] {
            assert_eq!(refusal(show(found, None, 0).await), Refusal::RoomNotFound);
        }
    }
}
