//! Changing the name, description, visibility or metadata of a room.

use std::sync::Arc;

use super::{
    Access, Description, PrivateKind, Room, RoomName, RoomReader, RoomView, RoomWrites, Slug, Visibility,
};
use crate::account::Identity;
use crate::audit::{Act, AuditDetail, AuditKind, AuditTrail, RoomFields};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::metadata::Metadata;
use crate::store::{Store, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId};

/// The changes to make; a field that is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomChange {
    /// The new name.
    pub name: Option<RoomName>,
    /// The new description; `Some(None)` clears it.
    pub description: Option<Option<Description>>,
    /// The new visibility.
    pub visibility: Option<Visibility>,
    /// The new metadata, in the place of all former ones.
    pub metadata: Option<Metadata>,
}

/// Changes a room; for its admins.
pub struct UpdateRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) audit: AuditTrail,
}

impl UpdateRoom {
    /// Returns the changed room. A change without an effect leaves `revision` and `updatedAt` alone. Groups stay
    /// private, and direct rooms as they are: rejected with [`Refusal::NotAllowed`].
    pub async fn execute(&self, caller: Identity, room: RoomId, change: RoomChange) -> Result<RoomView> {
        let mut work = self.store.begin_in(caller.session, self.clock.now()).await?;
        let before = lock_for_caller(&mut *work, room, &caller).await?.require_admin()?;
        let mut after = before.clone();
        apply(&mut *work, &mut after, change).await?;
        if after == before {
            // The reader uses another connection: waiting for one while holding one can deadlock the pool.
            drop(work);
        } else {
            after.updated_at = self.clock.now();
            after.log.revision = after.log.revision.next();
            after.changed_revision = after.log.revision;
            work.save_room(after.clone()).await?;
            let fields = AuditDetail::Fields(changed_fields(&before, &after));
            let act = Act::in_room(AuditKind::RoomUpdated, room).with(fields);
            self.audit.record(&mut *work, &caller, act).await?;
            work.commit().await?;
            let revision = after.log.revision;
            let kind = ChangeKind::RoomUpdated(Box::new(after));
            self.events.publish(Event::Changed(Change { room, revision, kind }));
        }
        Ok(self.rooms.room(room, Some(caller.user.id)).await?.ok_or(Refusal::RoomNotFound)?)
    }
}

async fn apply(work: &mut dyn RoomWrites, room: &mut Room, change: RoomChange) -> Result<()> {
    if let Some(name) = change.name {
        room.name = name;
    }
    if let Some(description) = change.description {
        room.description = description;
    }
    if let Some(metadata) = change.metadata {
        room.metadata = metadata;
    }
    match (change.visibility, &room.access) {
        (Some(Visibility::Public), Access::Private(PrivateKind::Group | PrivateKind::Direct)) => {
            return Err(Refusal::NotAllowed.into());
        }
        (Some(Visibility::Public), Access::Private(PrivateKind::ByInvitation)) => {
            let slug = work.free_slug(Slug::candidates(&room.name, room.id)).await?;
            room.access = Access::Public { slug };
        }
        (Some(Visibility::Private), Access::Public { .. }) => {
            room.access = Access::Private(PrivateKind::ByInvitation);
        }
        _ => {}
    }
    Ok(())
}

fn changed_fields(before: &Room, after: &Room) -> RoomFields {
    RoomFields {
        name: before.name != after.name,
        description: before.description != after.description,
        visibility: before.access.visibility() != after.access.visibility(),
        metadata: before.metadata != after.metadata,
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::event::MockEventBus;
    use crate::membership::{Role, Standing};
    use crate::room::{MockRoomReader, Revision};
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, change_event, changed, clock, committing, expect_record, invisible_rooms, lifetime,
        locked_room, private_room, refusal, room, room_id, store, trail, user_id, view,
    };

    const ADMIN: Standing = Standing::Member(Role::Admin);

    fn visibility(visibility: Visibility) -> RoomChange {
        RoomChange { visibility: Some(visibility), ..RoomChange::default() }
    }

    fn renaming(name: &str) -> RoomChange {
        RoomChange { name: Some(RoomName::parse(name).unwrap()), ..RoomChange::default() }
    }

    fn group() -> Room {
        Room { access: Access::Private(PrivateKind::Group), ..room(1) }
    }

    /// The room after its name, description or visibility changed at time 5.
    fn updated(room: Room) -> Room {
        Room { updated_at: at(5), changed_revision: Revision(10), ..changed(room) }
    }

    fn expect_saved(work: &mut MockUnitOfWork, room: &Room, fields: RoomFields) -> MockEventBus {
        let act = Act::in_room(AuditKind::RoomUpdated, room_id(1));
        expect_record(work, act.with(AuditDetail::Fields(fields)));
        work.expect_save_room().with(eq(room.clone())).times(1).returning(|_| Ok(()));
        committing(work, change_event(ChangeKind::RoomUpdated(Box::new(room.clone()))))
    }

    fn reader(found: Option<RoomView>) -> MockRoomReader {
        let mut rooms = MockRoomReader::new();
        let read = rooms.expect_room().with(eq(room_id(1)), eq(Some(user_id(1)))).times(1);
        read.return_once(|_, _| Ok(found));
        rooms
    }

    /// Reads no room and publishes no event.
    async fn refused(work: MockUnitOfWork, change: RoomChange) -> Refusal {
        refusal(update(work, MockRoomReader::new(), MockEventBus::new(), change).await)
    }

    async fn update(
        work: MockUnitOfWork,
        rooms: MockRoomReader,
        events: MockEventBus,
        change: RoomChange,
    ) -> Result<RoomView> {
        let (rooms, events) = (Arc::new(rooms), Arc::new(events));
        let update = UpdateRoom { store: store(work), rooms, clock: clock(5), events, audit: trail() };
        update.execute(caller(1), room_id(1), change).await
    }

    #[tokio::test]
    async fn metadata_are_replaced_as_a_whole_and_recorded_as_changed() {
        let metadata = Metadata::stored(Some(r#"{"a":1}"#.to_owned()));
        let mut work = locked_room(room(1), ADMIN);
        let after = updated(Room { metadata: metadata.clone(), ..room(1) });
        let fields = RoomFields { metadata: true, ..RoomFields::default() };
        let events = expect_saved(&mut work, &after, fields);
        let change = RoomChange { metadata: Some(metadata), ..RoomChange::default() };
        update(work, reader(Some(view(after))), events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_new_name_and_description_keep_the_slug() {
        let change = RoomChange { description: Some(Description::parse("New").ok()), ..renaming("New name") };
        let (name, description) = (RoomName::parse("New name").unwrap(), Description::parse("New").ok());
        let after = updated(Room { name, description, ..room(1) });
        let mut work = locked_room(room(1), ADMIN);
        let fields = RoomFields { name: true, description: true, ..RoomFields::default() };
        let events = expect_saved(&mut work, &after, fields);
        let shown = view(after);
        assert_eq!(update(work, reader(Some(shown.clone())), events, change).await.unwrap(), shown);
    }

    #[tokio::test]
    async fn a_description_can_be_cleared() {
        let before = Room { description: Description::parse("Old").ok(), ..room(1) };
        let mut work = locked_room(before, ADMIN);
        let fields = RoomFields { description: true, ..RoomFields::default() };
        let events = expect_saved(&mut work, &updated(room(1)), fields);
        let change = RoomChange { description: Some(None), ..RoomChange::default() };
        update(work, reader(Some(view(room(1)))), events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_room_that_becomes_public_gets_a_slug_for_its_new_name() {
        let name = RoomName::parse("New name").unwrap();
        let slug = Slug::stored("new-name-2".to_owned());
        let mut work = locked_room(private_room(1), ADMIN);
        let candidates = Slug::candidates(&name, room_id(1));
        let after = updated(Room { name, access: Access::Public { slug: slug.clone() }, ..room(1) });
        work.expect_free_slug().with(eq(candidates)).times(1).return_once(|_| Ok(slug));
        let fields = RoomFields { name: true, visibility: true, ..RoomFields::default() };
        let events = expect_saved(&mut work, &after, fields);
        let change = RoomChange { visibility: Some(Visibility::Public), ..renaming("New name") };
        update(work, reader(Some(view(after))), events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_room_that_becomes_private_loses_its_slug_and_is_no_group() {
        let mut work = locked_room(room(1), ADMIN);
        let fields = RoomFields { visibility: true, ..RoomFields::default() };
        let events = expect_saved(&mut work, &updated(private_room(1)), fields);
        let (rooms, change) = (reader(Some(view(private_room(1)))), visibility(Visibility::Private));
        update(work, rooms, events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_change_without_effect_is_not_saved_and_reserves_no_slug() {
        for (before, change) in [
            (room(1), RoomChange::default()),
            (room(1), renaming("Room 1")),
            (room(1), visibility(Visibility::Public)),
            (private_room(1), visibility(Visibility::Private)),
            (group(), visibility(Visibility::Private)),
        ] {
            let shown = view(before.clone());
            let (work, rooms) = (locked_room(before, ADMIN), reader(Some(shown.clone())));
            assert_eq!(update(work, rooms, MockEventBus::new(), change).await.unwrap(), shown);
        }
    }

    #[tokio::test]
    async fn the_unit_of_work_ends_before_an_unchanged_room_is_read() {
        let mut work = locked_room(room(1), ADMIN);
        let lifetime = lifetime(&mut work);
        let mut rooms = MockRoomReader::new();
        rooms.expect_room().times(1).returning(move |_, _| {
            assert!(lifetime.upgrade().is_none());
            Ok(Some(view(room(1))))
        });
        update(work, rooms, MockEventBus::new(), RoomChange::default()).await.unwrap();
    }

    #[tokio::test]
    async fn a_group_stays_private() {
        let (work, change) = (locked_room(group(), ADMIN), visibility(Visibility::Public));
        assert_eq!(refused(work, change).await, Refusal::NotAllowed);
    }

    #[tokio::test]
    async fn a_room_deleted_before_it_is_read_is_not_found() {
        let (work, change) = (locked_room(room(1), ADMIN), RoomChange::default());
        let result = update(work, reader(None), MockEventBus::new(), change).await;
        assert_eq!(refusal(result), Refusal::RoomNotFound);
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_not_change_the_room() {
        let work = locked_room(room(1), Standing::Member(Role::Member));
        assert_eq!(refused(work, renaming("New name")).await, Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            assert_eq!(refused(locked_room(room, standing), renaming("New name")).await, Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refused(work, renaming("New name")).await, Refusal::RoomNotFound);
        }
    }
}
