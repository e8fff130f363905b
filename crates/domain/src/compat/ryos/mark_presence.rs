//! Marking users as present in a room, or no longer.

use std::sync::Arc;

use time::Duration;

use super::{PresenceMarks, RoomKey, RoomWithMembers, RosterReader};
use crate::account::{AccountReader, Identity, Username};
use crate::invitation::Invitee;
use crate::room::Visibility;
use crate::{Clock, Refusal, Result};

/// The time after which a mark expires unless it is renewed.
pub const MARK_TTL: Duration = Duration::hours(24);

/// The change to a user's mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Sets or renews the mark.
    Join,
    /// Removes the mark.
    Leave,
}

/// Sets or removes a user's presence mark. In a public room any caller may mark any user: a mark grants no access. A
/// private room exists for its members only, and only they can be marked in it.
pub struct MarkPresence {
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) marks: Arc<dyn PresenceMarks>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Accepts a username without a token as proof of identity.
    pub(crate) trust_usernames: bool,
}

impl MarkPresence {
    /// Applies `mark` to the user of that name; a repeated join renews the mark.
    pub async fn execute(
        &self,
        caller: Option<Identity>,
        room: RoomKey,
        name: Username,
        mark: Mark,
    ) -> Result<()> {
        let user = self.accounts.find(Invitee::Name(name)).await?;
        let viewer = if self.trust_usernames { user.clone() } else { caller.map(|caller| caller.user) };
        let found = self.rosters.roster(room, viewer.map(|viewer| viewer.id)).await?;
        let found = found.filter(RoomWithMembers::visible).ok_or(Refusal::RoomNotFound)?;
        let user = user.ok_or(Refusal::UserNotFound)?;
        let private = found.view.room.access.visibility() == Visibility::Private;
        if private && !found.members.contains(&user.username) {
            return Err(Refusal::UserNotFound.into());
        }
        let (room, now) = (found.view.room.id, self.clock.now());
        match mark {
            Mark::Join => self.marks.mark(room, user, now, now.plus(MARK_TTL)).await,
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
    use crate::compat::ryos::{MockPresenceMarks, MockRosterReader};
    use crate::membership::{Membership, MyMembership, Role};
    use crate::room::{Access, PrivateKind, Revision, Room, RoomName, RoomView, Slug};
    use crate::testing::{at, caller, clock, refusal, room_id, user, user_id};

    fn public() -> Access {
        Access::Public { slug: Slug::stored("here".into()) }
    }

    /// Room 1 as `viewer` gets it; where it is private, users 1 and 2 are its members.
    fn roster(access: Access, viewer: Option<UserId>) -> RoomWithMembers {
        let name = RoomName::parse("Here").unwrap();
        let private = access != public();
        let room = Room::starting(room_id(1), name, access, user(1), at(1));
        let mine = viewer.filter(|id| private && [user_id(1), user_id(2)].contains(id)).map(|id| {
            MyMembership::read_up(&Membership::starting(&room, id, Role::Member, at(1), Revision(1)))
        });
        let members = if private { vec![user(1).username, user(2).username] } else { vec![] };
        RoomWithMembers { view: RoomView { room, mine, invited: false }, members }
    }

    /// Applies `mark` to user `named` (user 99, who does not exist, for `None`). Without an expected refusal the mark must
    /// be set for a day, or removed; with one it must not be touched.
    async fn run(
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
        let find = accounts.expect_find().with(eq(Invitee::Name(name.clone()))).times(1);
        find.return_once({
            let found = named.clone();
            move |_| Ok(found)
        });
        let mut rosters = MockRosterReader::new();
        let read = rosters.expect_roster().with(eq(RoomKey::Id(room_id(1))), eq(viewer)).times(1);
        read.return_once(move |_, viewer| Ok(Some(roster(access, viewer))));
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
        let use_case = MarkPresence {
            rosters: Arc::new(rosters),
            accounts: Arc::new(accounts),
            marks: Arc::new(marks),
            clock: clock(5),
            trust_usernames: trust,
        };
        let result = use_case.execute(by, RoomKey::Id(room_id(1)), name, mark).await;
        match refused {
            None => result.unwrap(),
            Some(wanted) => assert_eq!(refusal(result), wanted),
        }
    }

    const BOTH: [Mark; 2] = [Mark::Join, Mark::Leave];

    #[tokio::test]
    async fn any_existing_user_may_be_marked_in_a_public_room() {
        for mark in BOTH {
            run(mark, public(), None, Some(user(3)), false, None).await;
            run(mark, public(), None, None, false, Some(Refusal::UserNotFound)).await;
        }
    }

    #[tokio::test]
    async fn members_alone_may_mark_members_alone_in_a_private_room() {
        let private = || Access::Private(PrivateKind::Group);
        let (no_room, no_user) = (Some(Refusal::RoomNotFound), Some(Refusal::UserNotFound));
        for mark in BOTH {
            run(mark, private(), Some(caller(1)), Some(user(2)), false, None).await;
            run(mark, private(), Some(caller(3)), Some(user(1)), false, no_room).await;
            run(mark, private(), None, Some(user(1)), false, no_room).await;
            run(mark, private(), Some(caller(1)), Some(user(3)), false, no_user).await;
        }
    }

    #[tokio::test]
    async fn a_trusted_username_of_a_member_may_mark_in_a_private_room() {
        let private = || Access::Private(PrivateKind::Group);
        for mark in BOTH {
            run(mark, private(), None, Some(user(1)), true, None).await;
            run(mark, private(), None, Some(user(3)), true, Some(Refusal::RoomNotFound)).await;
        }
    }
}
