//! Creating a public room under exactly the slug of its name.

use std::sync::Arc;

use crate::account::Identity;
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus};
use crate::membership::{Membership, Role};
use crate::quota::OwnershipQuotas;
use crate::room::{Access, Revision, Room, RoomName, Slug};
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, RoomId};

/// Creates a public room whose slug is that of its name, without a number; server admins only. Where people spell out
/// addresses, a second `general` must not silently become `general-2`.
pub struct CreatePublicRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) quotas: OwnershipQuotas,
    pub(crate) audit: AuditTrail,
}

impl CreatePublicRoom {
    /// Returns the new room, of which the caller is the only member and admin; rejects a name whose slug is taken with
    /// [`Refusal::SlugTaken`], and a caller at a quota before that.
    pub async fn execute(&self, caller: Identity, name: RoomName) -> Result<Room> {
        if !caller.server_admin {
            return Err(Refusal::NotAllowed.into());
        }
        let (id, now) = (RoomId(self.ids.next()), self.clock.now());
        let slug = Slug::of(&name);
        let mut work = self.store.begin_in(caller.session, now).await?;
        self.quotas.hold(&mut *work, vec![caller.user.id]).await?;
        self.quotas.another_room(&mut *work, caller.user.id).await?;
        self.quotas.another_membership(&mut *work, vec![caller.user.id]).await?;
        if !work.claim_slug(slug.clone()).await? {
            return Err(Refusal::SlugTaken.into());
        }
        let user = caller.user.id;
        let mut room = Room::starting(id, name, Access::Public { slug }, caller.user.clone(), now);
        // The creator's membership is the room's first change.
        let revision = Revision::default().next();
        let creator = Membership::starting(&room, user, Role::Admin, now, revision);
        room.member_count = 1;
        room.log.revision = revision;
        work.insert_room(room.clone()).await?;
        work.save_membership(creator).await?;
        self.audit.record(&mut *work, &caller, Act::in_room(AuditKind::RoomCreated, id)).await?;
        work.commit().await?;
        self.events.publish(Event::Own(user, id));
        Ok(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, at_quotas_of_a_user, caller, expect_record, own_events, owner_at_quota, refusal, room_id,
        store_of, trail, user_id,
    };
    use crate::{Error, MockClock, MockIdSource};
    use uuid::Uuid;

    async fn create(work: Option<MockUnitOfWork>, server_admin: bool) -> Result<Room> {
        create_within(OwnershipQuotas::default(), work, server_admin).await
    }

    async fn create_within(
        quotas: OwnershipQuotas,
        work: Option<MockUnitOfWork>,
        server_admin: bool,
    ) -> Result<Room> {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(at(5));
        let mut ids = MockIdSource::new();
        ids.expect_next().return_const(Uuid::from_u128(9));
        let (store, clock, ids) = (store_of(work), Arc::new(clock), Arc::new(ids));
        let create = CreatePublicRoom { store, clock, ids, events: own_events(), quotas, audit: trail() };
        let name = RoomName::parse("General Chat").unwrap();
        create.execute(Identity { server_admin, ..caller(1) }, name).await
    }

    fn claims(free: bool) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        work.expect_claim_slug()
            .withf(|slug| slug.as_str() == "general-chat")
            .times(1)
            .returning(move |_| Ok(free));
        work
    }

    #[tokio::test]
    async fn the_room_gets_the_slug_of_its_name() {
        let mut work = claims(true);
        work.expect_insert_room()
            .withf(|room| (room.member_count, room.log.revision) == (1, Revision(1)))
            .times(1)
            .returning(|_| Ok(()));
        work.expect_save_membership()
            .withf(|creator| (creator.user, creator.role) == (user_id(1), Role::Admin))
            .times(1)
            .returning(|_| Ok(()));
        expect_record(&mut work, Act::in_room(AuditKind::RoomCreated, room_id(9)));
        work.expect_commit().times(1).returning(|| Ok(()));
        let room = create(Some(work), true).await.unwrap();
        assert!(matches!(room.access, Access::Public { slug } if slug.as_str() == "general-chat"));
    }

    #[tokio::test]
    async fn a_taken_slug_is_rejected() {
        let refused = create(Some(claims(false)), true).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::SlugTaken))));
    }

    #[tokio::test]
    async fn no_slug_is_claimed_for_a_creator_at_a_quota() {
        for (quotas, kind) in at_quotas_of_a_user() {
            let work = owner_at_quota(&quotas, 1);
            let result = create_within(quotas, Some(work), true).await;
            assert_eq!(refusal(result), Refusal::QuotaExceeded(kind));
        }
    }

    #[tokio::test]
    async fn a_caller_who_is_not_a_server_admin_is_rejected() {
        let refused = create(None, false).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))));
    }
}
