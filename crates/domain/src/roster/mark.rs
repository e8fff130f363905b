//! Saying that somebody is in a room.

use std::sync::Arc;

use time::Duration;

use super::{PresenceMarks, RoomKey, RosterReader};
use crate::account::{AccountReader, Identity, Username};
use crate::invitation::Invitee;
use crate::room::Visibility;
use crate::{Clock, Refusal, Result};

/// How long a mark holds without renewal.
const LASTS: Duration = Duration::hours(24);

/// What is said of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// They are there.
    Join,
    /// They are not.
    Leave,
}

/// Sets or takes away somebody's mark. In a public room anybody may, for anybody: a mark opens nothing to read. A private
/// room exists for its members only, and only they can be marked in it.
pub struct MarkPresence {
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) marks: Arc<dyn PresenceMarks>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether anybody is believed to be who they say.
    pub(crate) trust_usernames: bool,
}

impl MarkPresence {
    /// Marks the user of that name. Twice is no more than once, but lasts longer.
    pub async fn execute(
        &self,
        caller: Option<Identity>,
        room: RoomKey,
        name: Username,
        mark: Mark,
    ) -> Result<()> {
        let user = self.accounts.find(Invitee::Name(name)).await?;
        let viewer = if self.trust_usernames { user.clone() } else { caller.map(|caller| caller.user) };
        let roll = self.rosters.roster(room, viewer.map(|viewer| viewer.id)).await?;
        let roll = roll.filter(super::RoomWithMembers::visible).ok_or(Refusal::RoomNotFound)?;
        let user = user.ok_or(Refusal::UserNotFound)?;
        let private = roll.view.room.access.visibility() == Visibility::Private;
        if private && !roll.members.contains(&user.username) {
            return Err(Refusal::UserNotFound.into());
        }
        let (room, now) = (roll.view.room.id, self.clock.now());
        match mark {
            Mark::Join => self.marks.mark(room, user, now, now.plus(LASTS)).await,
            Mark::Leave => self.marks.unmark(room, user.id).await,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::UserId;
    use crate::account::{MockAccountReader, UserRef};
    use crate::membership::{Membership, MyMembership, Role};
    use crate::room::{Access, Revision, Room, RoomName, RoomView, Slug};
    use crate::roster::{MockPresenceMarks, MockRosterReader, RoomWithMembers};
    use crate::testing::{at, caller, clock, refusal, room_id, user, user_id};

    fn public() -> Access {
        Access::Public { slug: Slug::stored("here".into()) }
    }

    /// Room 1 as `viewer` gets it; users 1 and 2 are in it, if it is private.
    fn roll(access: Access, viewer: Option<UserId>) -> RoomWithMembers {
        let name = RoomName::parse("Here").unwrap();
        let private = access != public();
        let room = Room::starting(room_id(1), name, access, user(1), at(1));
        let mine = viewer.filter(|id| private && [user_id(1), user_id(2)].contains(id)).map(|id| {
            MyMembership::read_up(&Membership::starting(&room, id, Role::Member, at(1), Revision(1)))
        });
        let members = if private { vec![user(1).username, user(2).username] } else { vec![] };
        RoomWithMembers { view: RoomView { room, mine, invited: false }, members }
    }

    /// Says that of user `named` (99, where there is none). Where nothing is to be refused, the mark must be set until a
    /// day later, or taken away, and otherwise left alone.
    async fn say(
        mark: Mark,
        access: Access,
        by: Option<Identity>,
        named: Option<UserRef>,
        trust: bool,
        refused: Option<Refusal>,
    ) {
        let name = named.as_ref().map_or_else(|| user(99).username, |user| user.username.clone());
        let viewer = if trust { named.clone() } else { by.as_ref().map(|by| by.user.clone()) };
        let viewer = viewer.map(|viewer| viewer.id);
        let mut accounts = MockAccountReader::new();
        let asked = accounts.expect_find().with(eq(Invitee::Name(name.clone()))).times(1);
        asked.return_once({
            let found = named.clone();
            move |_| Ok(found)
        });
        let mut rosters = MockRosterReader::new();
        let asked = rosters.expect_roster().with(eq(RoomKey::Id(room_id(1))), eq(viewer)).times(1);
        asked.return_once(move |_, viewer| Ok(Some(roll(access, viewer))));
        let mut marks = MockPresenceMarks::new();
        if let Some(user) = named.filter(|_| refused.is_none()) {
            let until = at(24 * 3_600 * 1_000_000 + 5);
            match mark {
                Mark::Join => {
                    let marked = marks.expect_mark();
                    marked.with(eq(room_id(1)), eq(user), eq(at(5)), eq(until)).times(1).return_const(());
                }
                Mark::Leave => {
                    marks.expect_unmark().with(eq(room_id(1)), eq(user.id)).times(1).return_const(());
                }
            }
        }
        let say = MarkPresence {
            rosters: Arc::new(rosters),
            accounts: Arc::new(accounts),
            marks: Arc::new(marks),
            clock: clock(5),
            trust_usernames: trust,
        };
        let said = say.execute(by, RoomKey::Id(room_id(1)), name, mark).await;
        match refused {
            None => said.unwrap(),
            Some(wanted) => assert_eq!(refusal(said), wanted),
        }
    }

    const BOTH: [Mark; 2] = [Mark::Join, Mark::Leave];

    #[tokio::test]
    async fn in_a_public_room_anybody_may_be_marked_who_exists() {
        for mark in BOTH {
            say(mark, public(), None, Some(user(3)), false, None).await;
            say(mark, public(), None, None, false, Some(Refusal::UserNotFound)).await;
        }
    }

    #[tokio::test]
    async fn a_private_room_takes_marks_of_its_members_from_its_members() {
        let private = || Access::Private { group: true };
        let (unseen, nobody) = (Some(Refusal::RoomNotFound), Some(Refusal::UserNotFound));
        for mark in BOTH {
            say(mark, private(), Some(caller(1)), Some(user(2)), false, None).await;
            say(mark, private(), Some(caller(3)), Some(user(1)), false, unseen).await;
            say(mark, private(), None, Some(user(1)), false, unseen).await;
            say(mark, private(), Some(caller(1)), Some(user(3)), false, nobody).await;
        }
    }

    #[tokio::test]
    async fn where_names_are_believed_a_members_name_opens_a_private_room() {
        let private = || Access::Private { group: true };
        for mark in BOTH {
            say(mark, private(), None, Some(user(1)), true, None).await;
            say(mark, private(), None, Some(user(3)), true, Some(Refusal::RoomNotFound)).await;
        }
    }
}
