//! Showing a room with who is in it.

use std::sync::Arc;

use super::{PresenceLookup, RoomKey, Roster, RosterReader};
use crate::{Refusal, Result, UserId};

/// Shows a public room to everybody, a private one to its members.
pub struct ShowRoster {
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) around: PresenceLookup,
}

impl ShowRoster {
    /// The room, who belongs to it, and who is there.
    pub async fn execute(&self, caller: Option<UserId>, room: RoomKey) -> Result<Roster> {
        let roll = self.rosters.roster(room, caller).await?.filter(super::RoomWithMembers::visible);
        let shown = self.around.complete(vec![roll.ok_or(Refusal::RoomNotFound)?]).await;
        Ok(shown.into_iter().next().ok_or(Refusal::RoomNotFound)?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{Membership, MyMembership, Role};
    use crate::presence::MockPresence;
    use crate::room::Room;
    use crate::roster::{MockPresenceMarks, MockRosterReader, RoomWithMembers};
    use crate::testing::{at, clock, membership, private_room, refusal, room, room_id, user, user_id, view};

    /// The room is read for user 1, who is in it where `mine` says so; and who is there is asked for as often.
    async fn show(found: Option<Room>, mine: Option<Membership>, asked: usize) -> Result<Roster> {
        let mine = mine.as_ref().map(MyMembership::read_up);
        let members = vec![user(1).username, user(2).username];
        let roll =
            found.map(|room| RoomWithMembers { view: crate::room::RoomView { mine, ..view(room) }, members });
        let mut rosters = MockRosterReader::new();
        let read = rosters.expect_roster().with(eq(RoomKey::Id(room_id(1))), eq(Some(user_id(1)))).times(1);
        read.return_once(|_, _| Ok(roll));
        let mut presence = MockPresence::new();
        let there = presence.expect_present_in().with(eq(vec![room_id(1)])).times(asked);
        there.returning(|_| vec![(room_id(1), user(2))]);
        let mut marks = MockPresenceMarks::new();
        let marked = marks.expect_marked().with(eq(vec![room_id(1)]), eq(at(5))).times(asked);
        marked.returning(|_, _| vec![(room_id(1), user(1))]);
        let around = PresenceLookup { presence: Arc::new(presence), marks: Arc::new(marks), clock: clock(5) };
        let show = ShowRoster { rosters: Arc::new(rosters), around };
        show.execute(Some(user_id(1)), RoomKey::Id(room_id(1))).await
    }

    #[tokio::test]
    async fn a_room_is_shown_with_who_is_there_in_either_way() {
        let mine = membership(1, 1, Role::Member);
        for (room, mine) in [(room(1), None), (private_room(1), Some(mine))] {
            let shown = show(Some(room.clone()), mine, 1).await.unwrap();
            assert_eq!((shown.room, shown.active), (room, vec![user(1).username, user(2).username]));
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_is_not_in_or_that_is_not_there_is_not_found() {
        for found in [None, Some(private_room(1))] {
            assert_eq!(refusal(show(found, None, 0).await), Refusal::RoomNotFound);
        }
    }
}
