//! Changing what a room is called, what it is about, or who sees it.

use std::sync::Arc;

use super::{Access, Description, Room, RoomName, RoomReader, RoomView, RoomWrites, Slug, Visibility};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::store::{Store, open_room};
use crate::{Clock, Refusal, Result, RoomId};

/// What to change; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomChange {
    /// The new name.
    pub name: Option<RoomName>,
    /// The new description; `Some(None)` clears it.
    pub description: Option<Option<Description>>,
    /// Who sees it from now on.
    pub visibility: Option<Visibility>,
}

/// Changes a room; for its admins.
pub struct UpdateRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl UpdateRoom {
    /// Changes the room and shows it. A change that changes nothing leaves `revision` and `updatedAt` alone.
    pub async fn execute(&self, caller: Identity, room: RoomId, change: RoomChange) -> Result<RoomView> {
        let mut work = self.store.begin().await?;
        let before = open_room(&mut *work, room, &caller).await?.require_admin()?;
        let mut after = before.clone();
        apply(&mut *work, &mut after, change).await?;
        if after == before {
            // The reader takes a connection of its own; who waits for one must hold none.
            drop(work);
        } else {
            after.updated_at = self.clock.now();
            after.log.revision = after.log.revision.next();
            after.changed_revision = after.log.revision;
            work.save_room(after.clone()).await?;
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
    match (change.visibility, &room.access) {
        (Some(Visibility::Public), Access::Private { group: true }) => return Err(Refusal::NotAllowed.into()),
        (Some(Visibility::Public), Access::Private { group: false }) => {
            let slug = work.free_slug(Slug::candidates(&room.name, room.id)).await?;
            room.access = Access::Public { slug };
        }
        (Some(Visibility::Private), Access::Public { .. }) => room.access = Access::Private { group: false },
        _ => {}
    }
    Ok(())
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
        at, caller, changed, clock, committing, going_on, opened, private_room, refusal, room, room_id,
        store, told, unseen, user_id, view,
    };

    const ADMIN: Standing = Standing::Member(Role::Admin);

    fn visibility(visibility: Visibility) -> RoomChange {
        RoomChange { visibility: Some(visibility), ..RoomChange::default() }
    }

    fn renaming(name: &str) -> RoomChange {
        RoomChange { name: Some(RoomName::parse(name).unwrap()), ..RoomChange::default() }
    }

    fn group() -> Room {
        Room { access: Access::Private { group: true }, ..room(1) }
    }

    /// The room as it is after its name, description or visibility changed at moment 5.
    fn updated(room: Room) -> Room {
        Room { updated_at: at(5), changed_revision: Revision(10), ..changed(room) }
    }

    fn expect_saved(work: &mut MockUnitOfWork, room: &Room) -> MockEventBus {
        work.expect_save_room().with(eq(room.clone())).times(1).returning(|_| Ok(()));
        committing(work, told(ChangeKind::RoomUpdated(Box::new(room.clone()))))
    }

    fn reader(answer: Option<RoomView>) -> MockRoomReader {
        let mut rooms = MockRoomReader::new();
        let asked = rooms.expect_room().with(eq(room_id(1)), eq(Some(user_id(1)))).times(1);
        asked.return_once(|_, _| Ok(answer));
        rooms
    }

    /// Expects a refusal's silence: no room is shown, and no event published.
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
        let update = UpdateRoom { store: store(work), rooms, clock: clock(5), events };
        update.execute(caller(1), room_id(1), change).await
    }

    #[tokio::test]
    async fn a_new_name_and_description_keep_the_slug() {
        let change = RoomChange { description: Some(Description::parse("New").ok()), ..renaming("New name") };
        let (name, description) = (RoomName::parse("New name").unwrap(), Description::parse("New").ok());
        let after = updated(Room { name, description, ..room(1) });
        let mut work = opened(room(1), ADMIN);
        let events = expect_saved(&mut work, &after);
        let shown = view(after);
        assert_eq!(update(work, reader(Some(shown.clone())), events, change).await.unwrap(), shown);
    }

    #[tokio::test]
    async fn a_description_can_be_cleared() {
        let before = Room { description: Description::parse("Old").ok(), ..room(1) };
        let mut work = opened(before, ADMIN);
        let events = expect_saved(&mut work, &updated(room(1)));
        let change = RoomChange { description: Some(None), ..RoomChange::default() };
        update(work, reader(Some(view(room(1)))), events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_room_that_becomes_public_gets_a_slug_for_its_new_name() {
        let name = RoomName::parse("New name").unwrap();
        let slug = Slug::stored("new-name-2".to_owned());
        let mut work = opened(private_room(1), ADMIN);
        let candidates = Slug::candidates(&name, room_id(1));
        let after = updated(Room { name, access: Access::Public { slug: slug.clone() }, ..room(1) });
        work.expect_free_slug().with(eq(candidates)).times(1).return_once(|_| Ok(slug));
        let events = expect_saved(&mut work, &after);
        let change = RoomChange { visibility: Some(Visibility::Public), ..renaming("New name") };
        update(work, reader(Some(view(after))), events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_room_that_becomes_private_loses_its_slug_and_is_no_group() {
        let mut work = opened(room(1), ADMIN);
        let events = expect_saved(&mut work, &updated(private_room(1)));
        let (rooms, change) = (reader(Some(view(private_room(1)))), visibility(Visibility::Private));
        update(work, rooms, events, change).await.unwrap();
    }

    #[tokio::test]
    async fn a_change_that_changes_nothing_is_not_saved_and_takes_no_slug() {
        for (before, change) in [
            (room(1), RoomChange::default()),
            (room(1), renaming("Room 1")),
            (room(1), visibility(Visibility::Public)),
            (private_room(1), visibility(Visibility::Private)),
            (group(), visibility(Visibility::Private)),
        ] {
            let shown = view(before.clone());
            let (work, rooms) = (opened(before, ADMIN), reader(Some(shown.clone())));
            assert_eq!(update(work, rooms, MockEventBus::new(), change).await.unwrap(), shown);
        }
    }

    #[tokio::test]
    async fn where_nothing_changes_the_unit_of_work_is_over_before_the_room_is_read() {
        let mut work = opened(room(1), ADMIN);
        let going_on = going_on(&mut work);
        let mut rooms = MockRoomReader::new();
        rooms.expect_room().times(1).returning(move |_, _| {
            assert!(going_on.upgrade().is_none());
            Ok(Some(view(room(1))))
        });
        update(work, rooms, MockEventBus::new(), RoomChange::default()).await.unwrap();
    }

    #[tokio::test]
    async fn a_group_stays_private() {
        let (work, change) = (opened(group(), ADMIN), visibility(Visibility::Public));
        assert_eq!(refused(work, change).await, Refusal::NotAllowed);
    }

    #[tokio::test]
    async fn a_room_that_is_deleted_before_it_is_shown_is_not_found() {
        let (work, change) = (opened(room(1), ADMIN), RoomChange::default());
        let result = update(work, reader(None), MockEventBus::new(), change).await;
        assert_eq!(refusal(result), Refusal::RoomNotFound);
    }

    #[tokio::test]
    async fn a_plain_member_may_not_change_the_room() {
        let work = opened(room(1), Standing::Member(Role::Member));
        assert_eq!(refused(work, renaming("New name")).await, Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn a_caller_who_sees_the_room_but_is_not_in_it_is_told_so() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            assert_eq!(refused(opened(room, standing), renaming("New name")).await, Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in unseen() {
            assert_eq!(refused(work, renaming("New name")).await, Refusal::RoomNotFound);
        }
    }
}
