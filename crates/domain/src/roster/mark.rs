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
        let roll = roll.filter(super::Roll::visible).ok_or(Refusal::RoomNotFound)?;
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
    use super::*;
    use crate::account::{MockAccountReader, UserRef};
    use crate::membership::{Membership, MyMembership, Role};
    use crate::room::{Access, Revision, Room, RoomName, RoomView, Slug};
    use crate::roster::{MockPresenceMarks, MockRosterReader, Roll};
    use crate::testing::{at, caller, room_id, user, user_id};
    use crate::{Error, MockClock, UserId};

    fn public() -> Access {
        Access::Public { slug: Slug::stored("here".into()) }
    }

    /// Room 1 as `viewer` gets it; users 1 and 2 are in it, if it is private.
    fn roll(access: Access, viewer: Option<UserId>) -> Roll {
        let name = RoomName::parse("Here").unwrap();
        let private = access != public();
        let room = Room::starting(room_id(1), name, access, user(1), at(1));
        let mine = viewer.filter(|id| private && [user_id(1), user_id(2)].contains(id)).map(|id| {
            MyMembership::read_up(&Membership::starting(&room, id, Role::Member, at(1), Revision(1)))
        });
        let members = if private { vec![user(1).username, user(2).username] } else { vec![] };
        Roll { view: RoomView { room, mine, invited: false }, members }
    }

    /// Joins user `named`; answers what was refused. Otherwise their mark must have been set until a day later.
    async fn join(
        access: Access,
        by: Option<Identity>,
        named: Option<UserRef>,
        trust: bool,
    ) -> Option<Refusal> {
        let name = named.as_ref().map_or_else(|| user(99).username, |user| user.username.clone());
        let mut accounts = MockAccountReader::new();
        let found = named.clone();
        accounts.expect_find().times(1).return_once(move |_| Ok(found));
        let mut rosters = MockRosterReader::new();
        rosters.expect_roster().times(1).returning(move |_, viewer| Ok(Some(roll(access.clone(), viewer))));
        let mut clock = MockClock::new();
        clock.expect_now().return_const(at(5));
        let mut marks = MockPresenceMarks::new();
        marks
            .expect_mark()
            .withf(move |room, user, now, until| {
                *room == room_id(1)
                    && Some(user) == named.as_ref()
                    && *now == at(5)
                    && *until == at(24 * 3_600 * 1_000_000 + 5)
            })
            .times(0..=1)
            .return_const(());
        let mark = MarkPresence {
            rosters: Arc::new(rosters),
            accounts: Arc::new(accounts),
            marks: Arc::new(marks),
            clock: Arc::new(clock),
            trust_usernames: trust,
        };
        match mark.execute(by, RoomKey::Id(room_id(1)), name, Mark::Join).await {
            Ok(()) => None,
            Err(Error::Refused(refusal)) => Some(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn in_a_public_room_anybody_may_be_marked_who_exists() {
        assert_eq!(join(public(), None, Some(user(3)), false).await, None);
        assert_eq!(join(public(), None, None, false).await, Some(Refusal::UserNotFound));
    }

    #[tokio::test]
    async fn a_private_room_takes_marks_of_its_members_from_its_members() {
        let private = Access::Private { group: true };
        assert_eq!(join(private.clone(), Some(caller(1)), Some(user(2)), false).await, None);
        let stranger = join(private.clone(), Some(caller(3)), Some(user(1)), false).await;
        assert_eq!(stranger, Some(Refusal::RoomNotFound));
        let anonymous = join(private.clone(), None, Some(user(1)), false).await;
        assert_eq!(anonymous, Some(Refusal::RoomNotFound));
        let guest = join(private, Some(caller(1)), Some(user(3)), false).await;
        assert_eq!(guest, Some(Refusal::UserNotFound));
    }

    #[tokio::test]
    async fn where_names_are_believed_a_members_name_opens_a_private_room() {
        let private = Access::Private { group: true };
        assert_eq!(join(private.clone(), None, Some(user(1)), true).await, None);
        assert_eq!(join(private, None, Some(user(3)), true).await, Some(Refusal::RoomNotFound));
    }
}
