//! Making a public room under exactly its own name.

use std::sync::Arc;

use super::{Access, Revision, Room, RoomName, Slug};
use crate::account::Identity;
use crate::membership::{Membership, Role};
use crate::store::Store;
use crate::{Clock, IdSource, Refusal, Result, RoomId};

/// Makes a public room whose slug is that of its name, without a number; for server admins. Where addresses are spelt out
/// by people, a second `general` must not quietly become `general-2`.
pub struct OpenPublicRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl OpenPublicRoom {
    /// Makes the room, whose creator becomes its first member and admin.
    pub async fn execute(&self, caller: Identity, name: RoomName) -> Result<Room> {
        if !caller.server_admin {
            return Err(Refusal::NotAllowed.into());
        }
        let (id, now) = (RoomId(self.ids.next()), self.clock.now());
        let slug = Slug::of(&name);
        let mut work = self.store.begin().await?;
        if !work.claim_slug(slug.clone()).await? {
            return Err(Refusal::SlugTaken.into());
        }
        let user = caller.user.id;
        let mut room = Room::starting(id, name, Access::Public { slug }, caller.user, now);
        // The creator's coming in is the room's first lasting change.
        let revision = Revision::default().next();
        let creator = Membership::starting(&room, user, Role::Admin, now, revision);
        room.member_count = 1;
        room.log.revision = revision;
        work.insert_room(room.clone()).await?;
        work.save_membership(creator).await?;
        work.commit().await?;
        Ok(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{MockStore, MockUnitOfWork};
    use crate::testing::{at, caller, user_id};
    use crate::{Error, MockClock, MockIdSource};
    use uuid::Uuid;

    async fn open(work: Option<MockUnitOfWork>, server_admin: bool) -> Result<Room> {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(at(5));
        let mut ids = MockIdSource::new();
        ids.expect_next().return_const(Uuid::from_u128(9));
        let mut store = MockStore::new();
        store
            .expect_begin()
            .times(usize::from(work.is_some()))
            .return_once(move || Ok(Box::new(work.unwrap_or_default())));
        let open = OpenPublicRoom { store: Arc::new(store), clock: Arc::new(clock), ids: Arc::new(ids) };
        let name = RoomName::parse("General Chat").unwrap();
        open.execute(Identity { server_admin, ..caller(1) }, name).await
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
    async fn the_room_bears_the_slug_of_its_name() {
        let mut work = claims(true);
        work.expect_insert_room()
            .withf(|room| (room.member_count, room.log.revision) == (1, Revision(1)))
            .times(1)
            .returning(|_| Ok(()));
        work.expect_save_membership()
            .withf(|creator| (creator.user, creator.role) == (user_id(1), Role::Admin))
            .times(1)
            .returning(|_| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
        let room = open(Some(work), true).await.unwrap();
        assert!(matches!(room.access, Access::Public { slug } if slug.as_str() == "general-chat"));
    }

    #[tokio::test]
    async fn a_slug_that_is_taken_is_refused() {
        let refused = open(Some(claims(false)), true).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::SlugTaken))));
    }

    #[tokio::test]
    async fn nobody_but_a_server_admin_may() {
        let refused = open(None, false).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))));
    }
}
