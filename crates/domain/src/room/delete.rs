//! Deleting a room.

use std::sync::Arc;

use super::Visibility;
use crate::account::Identity;
use crate::audit::{Act, AuditDetail, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::membership::Role;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Result, RoomId};

/// Deletes a room; for its admins, and for server admins where it is public.
pub struct DeleteRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl DeleteRoom {
    /// Marks the room as deleted, which removes it from every surface at once. Direct rooms stay.
    /// [`Housekeeping`](crate::store::Housekeeping) removes its rows later.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<()> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let open = lock_for_caller(&mut *work, room, &caller).await?;
        let by_server_admin = caller.server_admin && open.room.access.visibility() == Visibility::Public;
        let by_room_admin = open.mine.as_ref().is_some_and(|mine| mine.role == Role::Admin);
        let room = if by_server_admin { open.room } else { open.require_admin()? };
        let revision = room.log.revision.next();
        work.delete_room(room.id, revision, self.clock.now()).await?;
        let detail = (!by_room_admin).then_some(AuditDetail::ByServerAdmin);
        let act = Act::in_room(AuditKind::RoomDeleted, room.id).with(detail);
        self.audit.record(&mut *work, &caller, act).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(Change {
            room: room.id,
            revision,
            kind: ChangeKind::RoomDeleted,
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Refusal;
    use crate::event::MockEventBus;
    use crate::membership::Standing;
    use crate::room::Revision;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, clock, committing, expect_record, invisible_rooms, locked_room,
        private_room, refusal, room, room_id, store, trail,
    };

    async fn delete(work: MockUnitOfWork, events: MockEventBus, server_admin: bool) -> Result<()> {
        let (store, events) = (store(work), Arc::new(events));
        let delete = DeleteRoom { store, clock: clock(5), events, audit: trail() };
        delete.execute(Identity { server_admin, ..caller(1) }, room_id(1)).await
    }

    fn expect_deletion(work: &mut MockUnitOfWork, detail: Option<AuditDetail>) -> MockEventBus {
        work.expect_delete_room()
            .with(eq(room_id(1)), eq(Revision(10)), eq(at(5)))
            .times(1)
            .returning(|_, _, _| Ok(()));
        expect_record(work, Act::in_room(AuditKind::RoomDeleted, room_id(1)).with(detail));
        committing(work, change_event(ChangeKind::RoomDeleted))
    }

    #[tokio::test]
    async fn an_admin_deletes_the_room_as_its_last_change() {
        for room in [room(1), private_room(1)] {
            let mut work = locked_room(room, Standing::Member(Role::Admin));
            let events = expect_deletion(&mut work, None);
            delete(work, events, false).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_server_admin_deletes_any_public_room() {
        let by_server_admin = Some(AuditDetail::ByServerAdmin);
        for (standing, detail) in [
            (Standing::Stranger, by_server_admin),
            (Standing::Invited, by_server_admin),
            (Standing::Member(Role::Member), by_server_admin),
            (Standing::Member(Role::Admin), None),
        ] {
            let mut work = locked_room(room(1), standing);
            let events = expect_deletion(&mut work, detail);
            delete(work, events, true).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_server_admin_has_no_rights_in_a_private_room() {
        for (standing, expected) in [
            (Standing::Stranger, Refusal::RoomNotFound),
            (Standing::Invited, Refusal::NotAMember),
            (Standing::Member(Role::Member), Refusal::AdminRequired),
        ] {
            let result = delete(locked_room(private_room(1), standing), MockEventBus::new(), true).await;
            assert_eq!(refusal(result), expected);
        }
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_not_delete_the_room() {
        let work = locked_room(room(1), Standing::Member(Role::Member));
        assert_eq!(refusal(delete(work, MockEventBus::new(), false).await), Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            let result = delete(locked_room(room, standing), MockEventBus::new(), false).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(delete(work, MockEventBus::new(), false).await), Refusal::RoomNotFound);
        }
    }
}
