//! Creating a room.

use std::sync::Arc;

use super::{Access, Description, Revision, Room, RoomLog, RoomName, RoomView, Slug, Visibility};
use crate::account::Identity;
use crate::membership::{Membership, MyMembership, Role};
use crate::store::Store;
use crate::{Clock, IdSource, Result, RoomId};

/// The data of a new room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoomCommand {
    /// The name.
    pub name: RoomName,
    /// The description.
    pub description: Option<Description>,
    /// The visibility.
    pub visibility: Visibility,
}

/// Creates a room, whose creator becomes its first member and admin.
pub struct CreateRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl CreateRoom {
    /// Returns the new room as its creator sees it.
    pub async fn execute(&self, caller: Identity, command: CreateRoomCommand) -> Result<RoomView> {
        let (id, now) = (RoomId(self.ids.next()), self.clock.now());
        let mut work = self.store.begin().await?;
        let access = match command.visibility {
            Visibility::Private => Access::Private { group: false },
            Visibility::Public => {
                Access::Public { slug: work.free_slug(Slug::candidates(&command.name, id)).await? }
            }
        };
        // The creator's membership is the room's first change.
        let revision = Revision::default().next();
        let room = Room {
            description: command.description,
            member_count: 1,
            log: RoomLog { revision, ..RoomLog::default() },
            ..Room::starting(id, command.name, access, caller.user.clone(), now)
        };
        let creator = Membership::starting(&room, caller.user.id, Role::Admin, now, revision);
        work.insert_room(room.clone()).await?;
        work.save_membership(creator.clone()).await?;
        work.commit().await?;
        Ok(RoomView { mine: Some(MyMembership::read_up(&creator)), room, invited: false })
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::StoreError;
    use crate::room::Seq;
    use crate::store::MockUnitOfWork;
    use crate::testing::{at, caller, clock, ids, room_id, store, user, user_id};

    fn command(visibility: Visibility) -> CreateRoomCommand {
        let name = RoomName::parse("General Chat").unwrap();
        CreateRoomCommand { name, description: Some(Description::parse("All sorts").unwrap()), visibility }
    }

    /// The room created by the command.
    fn created(access: Access) -> Room {
        let CreateRoomCommand { name, description, .. } = command(access.visibility());
        Room {
            id: room_id(42),
            name,
            description,
            access,
            created_by: user(1),
            created_at: at(5),
            updated_at: at(5),
            member_count: 1,
            log: RoomLog { last_seq: Seq(0), revision: Revision(1), last_message_at: None },
            changed_revision: Revision(0),
        }
    }

    /// Expects that room to be stored, with its creator as admin and first member.
    fn making(work: &mut MockUnitOfWork, room: Room) {
        let creator = Membership {
            room: room_id(42),
            user: user_id(1),
            role: Role::Admin,
            joined_at: at(5),
            last_read_seq: Seq(0),
            revision: Revision(1),
            joined_revision: Revision(1),
        };
        work.expect_insert_room().with(eq(room)).times(1).returning(|_| Ok(()));
        work.expect_save_membership().with(eq(creator)).times(1).returning(|_| Ok(()));
        work.expect_commit().times(1).returning(|| Ok(()));
    }

    async fn create(work: MockUnitOfWork, visibility: Visibility) -> Result<RoomView> {
        let create = CreateRoom { store: store(work), clock: clock(5), ids: ids(42) };
        create.execute(caller(1), command(visibility)).await
    }

    /// The room as its creator sees it.
    fn shown(room: Room) -> RoomView {
        let mine =
            MyMembership { role: Role::Admin, joined_at: at(5), last_read_seq: Seq(0), unread_count: 0 };
        RoomView { room, mine: Some(mine), invited: false }
    }

    /// A unit of work that reserves a slug for the name, once.
    fn reserving_a_slug(outcome: std::result::Result<Slug, StoreError>) -> MockUnitOfWork {
        let mut work = MockUnitOfWork::new();
        let candidates = Slug::candidates(&command(Visibility::Public).name, room_id(42));
        work.expect_free_slug().with(eq(candidates)).times(1).return_once(|_| outcome);
        work
    }

    #[tokio::test]
    async fn a_public_room_gets_the_free_slug_and_its_creator_as_admin() {
        let slug = Slug::stored("general-chat-2".to_owned());
        let room = created(Access::Public { slug: slug.clone() });
        let mut work = reserving_a_slug(Ok(slug));
        making(&mut work, room.clone());
        assert_eq!(create(work, Visibility::Public).await.unwrap(), shown(room));
    }

    #[tokio::test]
    async fn a_private_room_is_no_group_and_takes_no_slug() {
        let room = created(Access::Private { group: false });
        let mut work = MockUnitOfWork::new();
        making(&mut work, room.clone());
        assert_eq!(create(work, Visibility::Private).await.unwrap(), shown(room));
    }

    #[tokio::test]
    async fn no_room_is_created_without_a_free_slug() {
        let work = reserving_a_slug(Err(StoreError::Unavailable("all taken".to_owned())));
        assert!(create(work, Visibility::Public).await.is_err());
    }
}
