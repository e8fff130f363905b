//! Units of work: a transaction on one connection, a verb at a time. What each verb writes stands beside its concept
//! in the modules below.

mod accounts;
mod members;
mod messages;
mod rooms;

use async_trait::async_trait;
use domain::account::{AccountWrites, NewUser, PasswordHash, Session, SessionWrites, UserRef};
use domain::file::{File, FileRemoval, FileWrites};
use domain::invitation::{Invitation, InvitationWrites, NewInvitation};
use domain::membership::{Membership, MembershipWrites};
use domain::message::{Deletion, Edit, Message, MessageWrites};
use domain::room::{Revision, Room, RoomWrites, Slug};
use domain::store::{Store, UnitOfWork};
use domain::{FileId, MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};

use crate::PostgresStore;
use crate::pool::Link;
use crate::rows::MessageRow;
use crate::statement::sql;

/// A unit of work over PostgreSQL. Dropped, its [`Link`] rolls back.
struct PostgresUnitOfWork {
    link: Link,
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let mut link = self.database.link().await?;
        link.begin().await?;
        Ok(Box::new(PostgresUnitOfWork { link }))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.execute(sql("SELECT 1 FROM rooms LIMIT 1")).await.map(drop)
    }
}

#[async_trait]
impl AccountWrites for PostgresUnitOfWork {
    async fn insert_user(&mut self, user: NewUser) -> Result<(), StoreError> {
        accounts::insert_user(&mut self.link, user).await
    }

    async fn set_password(
        &mut self,
        user: UserId,
        password: PasswordHash,
        expected: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        accounts::set_password(&mut self.link, user, password, expected).await
    }

    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Result<(), StoreError> {
        accounts::set_server_admin(&mut self.link, user, admin).await
    }
}

#[async_trait]
impl SessionWrites for PostgresUnitOfWork {
    async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Result<bool, StoreError> {
        accounts::insert_session(&mut self.link, session, password).await
    }

    async fn extend_session(
        &mut self,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        accounts::extend_session(&mut self.link, session, expires_at).await
    }

    async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
        accounts::end_session(&mut self.link, session, at).await
    }

    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        accounts::end_sessions(&mut self.link, user, except, at).await
    }
}

#[async_trait]
impl RoomWrites for PostgresUnitOfWork {
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
        rooms::free_slug(&mut self.link, candidates).await
    }

    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError> {
        rooms::claim_slug(&mut self.link, slug).await
    }

    async fn insert_room(&mut self, room: Room) -> Result<(), StoreError> {
        rooms::insert_room(&mut self.link, room).await
    }

    async fn lock_room(&mut self, room: RoomId) -> Result<Option<Room>, StoreError> {
        rooms::lock_room(&mut self.link, room).await
    }

    async fn save_room(&mut self, room: Room) -> Result<(), StoreError> {
        rooms::save_room(&mut self.link, room).await
    }

    async fn delete_room(
        &mut self,
        room: RoomId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        rooms::delete_room(&mut self.link, room, revision, at).await
    }
}

#[async_trait]
impl MembershipWrites for PostgresUnitOfWork {
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError> {
        members::membership(&mut self.link, room, user).await
    }

    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError> {
        members::admin_count(&mut self.link, room).await
    }

    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError> {
        members::save_membership(&mut self.link, membership).await
    }

    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError> {
        members::insert_memberships(&mut self.link, memberships).await
    }

    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError> {
        members::longest_standing(&mut self.link, room, except).await
    }

    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        members::end_membership(&mut self.link, room, user, revision, at).await
    }
}

#[async_trait]
impl InvitationWrites for PostgresUnitOfWork {
    async fn invitation(&mut self, room: RoomId, user: UserId) -> Result<Option<Invitation>, StoreError> {
        rooms::invitation(&mut self.link, room, user).await
    }

    async fn insert_invitation(&mut self, invitation: NewInvitation) -> Result<(), StoreError> {
        rooms::insert_invitation(&mut self.link, invitation).await
    }

    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError> {
        rooms::delete_invitation(&mut self.link, room, user).await
    }
}

#[async_trait]
impl MessageWrites for PostgresUnitOfWork {
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        let row: Option<MessageRow> = self.link.row(crate::messages::one(room, message)).await?;
        row.map(MessageRow::message).transpose()
    }

    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError> {
        messages::edit(&mut self.link, edit).await
    }

    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError> {
        messages::delete(&mut self.link, deletion).await
    }
}

#[async_trait]
impl FileWrites for PostgresUnitOfWork {
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError> {
        crate::files::insert(&mut self.link, file).await
    }

    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
        crate::files::delete(&mut self.link, file, by).await
    }
}

#[async_trait]
impl UnitOfWork for PostgresUnitOfWork {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.link.commit().await
    }
}
