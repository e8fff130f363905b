//! Creating a group: a private room of named members.

use std::sync::Arc;

use super::{GroupMembers, Roster};
use crate::account::{AccountReader, Identity, UserRef, Username};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::{Membership, Role};
use crate::room::{Access, Revision, Room, RoomName};
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, RoomId};

/// Creates a private room with several members at once; the creator is one of them, and its admin.
pub struct CreateGroup {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl CreateGroup {
    /// Returns the new group, which is named after its members. Rejects a name without an account with
    /// [`Refusal::UserNotFound`] and creates nothing. Two calls create two groups: a second one of the same members is
    /// legitimate.
    pub async fn execute(&self, caller: Identity, members: GroupMembers) -> Result<Roster> {
        let names = members.without(&caller.user.username);
        let named = names.len();
        let mut others = if names.is_empty() { vec![] } else { self.accounts.named(names).await? };
        if others.len() != named {
            return Err(Refusal::UserNotFound.into());
        }
        others.sort_by_key(|user| user.username.key());
        let (room, memberships) = self.build(&caller.user, &others);
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

    /// Builds the room and its memberships, the creator's first. Each membership is a change with a revision of its own.
    fn build(&self, creator: &UserRef, others: &[UserRef]) -> (Room, Vec<Membership>) {
        let (id, now) = (RoomId(self.ids.next()), self.clock.now());
        let name = RoomName::of_group(&usernames(creator, others));
        let mut room = Room::starting(id, name, Access::Private { group: true }, creator.clone(), now);
        let mut revision = Revision::default();
        let mut memberships = vec![];
        for user in std::iter::once(creator).chain(others) {
            revision = revision.next();
            let role = if user.id == creator.id { Role::Admin } else { Role::Member };
            memberships.push(Membership::starting(&room, user.id, role, now, revision));
            room.member_count = revision.0;
        }
        room.log.revision = revision;
        (room, memberships)
    }
}

/// Returns the names of all members, sorted.
fn usernames(creator: &UserRef, others: &[UserRef]) -> Vec<Username> {
    let mut names: Vec<Username> =
        std::iter::once(creator).chain(others).map(|user| user.username.clone()).collect();
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

    fn create(store: MockStore, found: Vec<UserRef>, events: MockEventBus) -> CreateGroup {
        let mut accounts = MockAccountReader::new();
        accounts
            .expect_named()
            .withf(|named| *named == names(&[1, 3]))
            .times(1)
            .return_once(move |_| Ok(found));
        let mut clock = MockClock::new();
        clock.expect_now().return_const(at(5));
        let mut ids = MockIdSource::new();
        ids.expect_next().return_const(Uuid::from_u128(9));
        CreateGroup {
            store: Arc::new(store),
            accounts: Arc::new(accounts),
            clock: Arc::new(clock),
            ids: Arc::new(ids),
            events: Arc::new(events),
        }
    }

    #[tokio::test]
    async fn each_member_joins_at_a_revision_of_their_own_and_the_group_is_named_after_all() {
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
                    let stored: Vec<_> = all.iter().map(|m| (m.user, m.role, m.revision.0)).collect();
                    stored
                        == [
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
            let published = Event::Changed(Change { room: room_id(9), revision: Revision(revision), kind });
            events.expect_publish().withf(move |event| *event == published).times(1).return_const(());
        }
        let members = GroupMembers::new(names(&[3, 1, 2])).unwrap();
        let create = create(store, vec![user(3), user(1)], events);
        let roster = create.execute(caller(2), members).await.unwrap();
        assert_eq!(roster.members, names(&[1, 2, 3]));
        assert_eq!(roster.user_count(), 3);
    }

    #[tokio::test]
    async fn a_name_without_an_account_is_rejected_before_a_unit_of_work_begins() {
        let members = GroupMembers::new(names(&[3, 1])).unwrap();
        let create = create(MockStore::new(), vec![user(3)], MockEventBus::new());
        let refused = create.execute(caller(2), members).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::UserNotFound))));
    }
}
