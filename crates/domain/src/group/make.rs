//! Making a group.

use std::sync::Arc;

use super::GroupMembers;
use crate::account::{AccountReader, Identity, UserRef, Username};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::{Membership, Role};
use crate::room::{Access, Revision, Room, RoomName};
use crate::roster::Roster;
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, RoomId};

/// Makes a private room of several members at once; who makes it is one of them, and its admin.
pub struct MakeGroup {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl MakeGroup {
    /// Makes the group, named after those in it. If nobody bears one of the names, there is no group. Asked twice it
    /// makes two: people may well want a second one of the same members.
    pub async fn execute(&self, caller: Identity, companions: GroupMembers) -> Result<Roster> {
        let names = companions.without(&caller.user.username);
        let asked = names.len();
        let mut others = if names.is_empty() { vec![] } else { self.accounts.named(names).await? };
        if others.len() != asked {
            return Err(Refusal::UserNotFound.into());
        }
        others.sort_by_key(|user| user.username.key());
        let (room, memberships) = self.group(&caller.user, &others);
        let mut work = self.store.begin().await?;
        work.insert_room(room.clone()).await?;
        work.insert_memberships(memberships.clone()).await?;
        work.commit().await?;
        for (user, membership) in others.iter().zip(&memberships[1..]) {
            let kind = ChangeKind::MemberAdded(user.clone(), membership.role);
            let (room, revision) = (room.id, membership.revision);
            self.events.publish(Event::Changed(Change { room, revision, kind }));
        }
        let members = usernames(&caller.user, &others);
        Ok(Roster { room, members, active: vec![] })
    }

    /// The room and its memberships, the maker's first. Everybody's coming in is a lasting change of its own.
    fn group(&self, maker: &UserRef, others: &[UserRef]) -> (Room, Vec<Membership>) {
        let (id, now) = (RoomId(self.ids.next()), self.clock.now());
        let name = RoomName::of_group(&usernames(maker, others));
        let mut room = Room::starting(id, name, Access::Private { group: true }, maker.clone(), now);
        let mut revision = Revision::default();
        let mut memberships = vec![];
        for user in std::iter::once(maker).chain(others) {
            revision = revision.next();
            let role = if user.id == maker.id { Role::Admin } else { Role::Member };
            memberships.push(Membership::starting(&room, user.id, role, now, revision));
            room.member_count = revision.0;
        }
        room.log.revision = revision;
        (room, memberships)
    }
}

/// Everybody's name, sorted.
fn usernames(maker: &UserRef, others: &[UserRef]) -> Vec<Username> {
    let mut names: Vec<Username> =
        std::iter::once(maker).chain(others).map(|user| user.username.clone()).collect();
    names.sort_by_key(Username::key);
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::MockAccountReader;
    use crate::event::MockEventBus;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, caller, room_id, user};
    use crate::{Error, MockClock, MockIdSource};
    use uuid::Uuid;

    fn names(users: &[u128]) -> Vec<Username> {
        users.iter().map(|n| user(*n).username).collect()
    }

    fn make(store: MockStore, found: Vec<UserRef>, events: MockEventBus) -> MakeGroup {
        let mut accounts = MockAccountReader::new();
        accounts
            .expect_named()
            .withf(|asked| *asked == names(&[1, 3]))
            .times(1)
            .return_once(move |_| Ok(found));
        let mut clock = MockClock::new();
        clock.expect_now().return_const(at(5));
        let mut ids = MockIdSource::new();
        ids.expect_next().return_const(Uuid::from_u128(9));
        MakeGroup {
            store: Arc::new(store),
            accounts: Arc::new(accounts),
            clock: Arc::new(clock),
            ids: Arc::new(ids),
            events: Arc::new(events),
        }
    }

    #[tokio::test]
    async fn everybody_comes_in_at_a_revision_of_their_own_and_the_name_is_made_of_theirs() {
        let mut store = MockStore::new();
        store.expect_begin().times(1).returning(|| {
            let mut work = MockUnitOfWork::new();
            work.expect_insert_room()
                .withf(|room| {
                    room.name.as_str() == "@user-1, @user-2, @user-3"
                        && room.access == Access::Private { group: true }
                        && (room.member_count, room.log.revision) == (3, Revision(3))
                })
                .times(1)
                .returning(|_| Ok(()));
            work.expect_insert_memberships()
                .withf(|all| {
                    let told: Vec<_> = all.iter().map(|m| (m.user, m.role, m.revision.0)).collect();
                    told == [
                        (user(2).id, Role::Admin, 1),
                        (user(1).id, Role::Member, 2),
                        (user(3).id, Role::Member, 3),
                    ]
                })
                .times(1)
                .returning(|_| Ok(()));
            work.expect_commit().times(1).returning(|| Ok(()));
            Ok(Box::new(work))
        });
        let mut events = MockEventBus::new();
        for (n, revision) in [(1, 2), (3, 3)] {
            let kind = ChangeKind::MemberAdded(user(n), Role::Member);
            let told = Event::Changed(Change { room: room_id(9), revision: Revision(revision), kind });
            events.expect_publish().withf(move |event| *event == told).times(1).return_const(());
        }
        let companions = GroupMembers::new(names(&[3, 1, 2])).unwrap();
        let made = make(store, vec![user(3), user(1)], events);
        let roster = made.execute(caller(2), companions).await.unwrap();
        assert_eq!(roster.members, names(&[1, 2, 3]));
        assert_eq!(roster.user_count(), 3);
    }

    #[tokio::test]
    async fn a_name_that_nobody_bears_is_refused_and_nothing_begun() {
        let companions = GroupMembers::new(names(&[3, 1])).unwrap();
        let made = make(MockStore::new(), vec![user(3)], MockEventBus::new());
        let refused = made.execute(caller(2), companions).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::UserNotFound))));
    }
}
