//! Creating a group: a private room of named members.

use std::sync::Arc;

use super::{GroupMembers, Roster};
use crate::account::{AccountReader, Identity, UserRef, Username};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::{Membership, Role};
use crate::quota::OwnershipQuotas;
use crate::room::{Access, PrivateKind, Room, RoomName};
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, RoomId, UserId};

/// Creates a private room with several members at once; the creator is one of them, and its admin.
pub struct CreateGroup {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) quotas: OwnershipQuotas,
    pub(crate) audit: AuditTrail,
}

impl CreateGroup {
    /// Returns the new group, which is named after its members. Rejects a name without an account with
    /// [`Refusal::UserNotFound`] and creates nothing. Two calls create two groups: a second one of the same members is
    /// legitimate. The quotas hold for each member.
    pub async fn execute(&self, caller: Identity, members: GroupMembers) -> Result<Roster> {
        let names = members.without(&caller.user.username);
        let named = names.len();
        let mut others = if names.is_empty() { vec![] } else { self.accounts.named(names).await? };
        if others.len() != named {
            return Err(Refusal::UserNotFound.into());
        }
        others.sort_by_key(|user| user.username.key());
        let (room, memberships) = self.build(&caller.user, &others);
        let members: Vec<UserId> = memberships.iter().map(|membership| membership.user).collect();
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        self.quotas.hold(&mut *work, members.clone()).await?;
        self.quotas.another_room(&mut *work, caller.user.id).await?;
        self.quotas.another_membership(&mut *work, members).await?;
        work.insert_room(room.clone()).await?;
        work.insert_memberships(memberships.clone()).await?;
        self.audit.record(&mut *work, &caller, Act::in_room(AuditKind::RoomCreated, room.id)).await?;
        for user in &others {
            let added = Act::in_room(AuditKind::MemberAdded, room.id).to(user.id);
            self.audit.record(&mut *work, &caller, added).await?;
        }
        work.commit().await?;
        self.events.publish(Event::Own(caller.user.id, room.id));
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
        let name = RoomName::of_members(&usernames(creator, others));
        let mut room = Room::starting(id, name, Access::Private(PrivateKind::Group), creator.clone(), now);
        let others = others.iter().map(|user| (user.id, Role::Member));
        let members = std::iter::once((creator.id, Role::Admin)).chain(others);
        let memberships = Membership::of_new_room(&mut room, members);
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
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockAccountReader;
    use crate::event::MockEventBus;
    use crate::room::Revision;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{
        at, at_quotas_of_a_user, caller, expect_record_by, refusal, room_id, store_in, trail, user, user_id,
    };
    use crate::{Error, MockClock, MockIdSource};
    use uuid::Uuid;

    fn names(users: &[u128]) -> Vec<Username> {
        users.iter().map(|n| user(*n).username).collect()
    }

    fn create(store: Arc<MockStore>, found: Vec<UserRef>, events: MockEventBus) -> CreateGroup {
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
            store,
            accounts: Arc::new(accounts),
            clock: Arc::new(clock),
            ids: Arc::new(ids),
            events: Arc::new(events),
            quotas: OwnershipQuotas::default(),
            audit: trail(),
        }
    }

    #[tokio::test]
    async fn each_member_joins_at_a_revision_of_their_own_and_the_group_is_named_after_all() {
        let mut work = MockUnitOfWork::new();
        work.expect_insert_room()
            .withf(|room| {
                room.name.as_str() == "@user-1, @user-2, @user-3"
                    && room.access == Access::Private(PrivateKind::Group)
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
        expect_record_by(&mut work, 2, Act::in_room(AuditKind::RoomCreated, room_id(9)));
        for added in [1, 3] {
            let act = Act::in_room(AuditKind::MemberAdded, room_id(9)).to(user_id(added));
            expect_record_by(&mut work, 2, act);
        }
        work.expect_commit().times(1).returning(|| Ok(()));
        let mut events = MockEventBus::new();
        let own = Event::Own(user_id(2), room_id(9));
        events.expect_publish().withf(move |event| *event == own).times(1).return_const(());
        for (n, revision) in [(1, 2), (3, 3)] {
            let kind = ChangeKind::MemberAdded(user(n), Role::Member);
            let published = Event::Changed(Change { room: room_id(9), revision: Revision(revision), kind });
            events.expect_publish().withf(move |event| *event == published).times(1).return_const(());
        }
        let members = GroupMembers::new(names(&[3, 1, 2])).unwrap();
        let create = create(store_in(2, 5, work), vec![user(3), user(1)], events);
        let roster = create.execute(caller(2), members).await.unwrap();
        assert_eq!(roster.members, names(&[1, 2, 3]));
        assert_eq!(roster.user_count(), 3);
    }

    #[tokio::test]
    async fn no_group_is_made_where_its_creator_or_any_member_is_at_a_quota() {
        for (quotas, kind) in at_quotas_of_a_user() {
            let mut work = MockUnitOfWork::new();
            let everybody = [2, 1, 3].map(user_id).to_vec();
            work.expect_lock_owners().with(eq(everybody.clone())).times(1).returning(|_| Ok(()));
            if let Some(most) = quotas.rooms {
                work.expect_room_count().with(eq(user_id(2)), eq(most)).returning(|_, most| Ok(most));
            }
            if let Some(most) = quotas.memberships {
                work.expect_most_memberships().with(eq(everybody), eq(most)).returning(|_, most| Ok(most));
            }
            let (store, found) = (store_in(2, 5, work), vec![user(3), user(1)]);
            let create = CreateGroup { quotas, ..create(store, found, MockEventBus::new()) };
            let result = create.execute(caller(2), GroupMembers::new(names(&[3, 1, 2])).unwrap()).await;
            assert_eq!(refusal(result), Refusal::QuotaExceeded(kind));
        }
    }

    #[tokio::test]
    async fn a_name_without_an_account_is_rejected_before_a_unit_of_work_begins() {
        let members = GroupMembers::new(names(&[3, 1])).unwrap();
        let create = create(Arc::new(MockStore::new()), vec![user(3)], MockEventBus::new());
        let refused = create.execute(caller(2), members).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::UserNotFound))));
    }
}
