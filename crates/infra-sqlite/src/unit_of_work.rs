//! Units of work: a transaction of the one writer, a verb at a time. What each verb writes stands beside its concept in
//! the modules below.

mod accounts;
mod members;
mod messages;
mod rooms;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use domain::account::{AccountWrites, NewUser, PasswordHash, Session, SessionWrites, UserRef};
use domain::file::{File, FileRemoval, FileWrites};
use domain::invitation::{Invitation, InvitationWrites, NewInvitation};
use domain::membership::{Membership, MembershipWrites};
use domain::message::{Deletion, Edit, Message, MessageWrites};
use domain::room::{Revision, Room, RoomWrites, Slug};
use domain::store::{Store, UnitOfWork};
use domain::{FileId, MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pool::Link;

/// The writer inside a transaction. However this ends without a commit, it rolls back before the pool has the
/// connection again: it is held by the work itself while a verb runs, so that not even a caller who goes away in the
/// middle of one leaves a transaction behind.
struct Transaction {
    link: Option<Link>,
}

impl Transaction {
    fn begin(mut link: Link) -> Result<Self, StoreError> {
        link.batch_execute("BEGIN IMMEDIATE").map_err(store_error)?;
        Ok(Self { link: Some(link) })
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.link.as_deref_mut().ok_or_else(|| StoreError::Corrupt("the unit of work is over".into()))
    }

    fn commit(mut self) -> Result<(), StoreError> {
        self.connection()?.batch_execute("COMMIT").map_err(store_error)?;
        self.link = None;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(mut link) = self.link.take()
            && let Err(error) = link.batch_execute("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction could not be rolled back; its connection is closed");
            drop(Link::take(link));
        }
    }
}

/// A unit of work over SQLite.
struct SqliteUnitOfWork {
    transaction: Option<Transaction>,
}

impl SqliteUnitOfWork {
    /// Runs one verb on a thread for blocking work.
    async fn run<T: Send + 'static>(
        &mut self,
        verb: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let over = || StoreError::Corrupt("the unit of work is over".into());
        let mut transaction = self.transaction.take().ok_or_else(over)?;
        let done = tokio::task::spawn_blocking(move || {
            let result = transaction.connection().and_then(verb);
            (transaction, result)
        });
        let (transaction, result) =
            done.await.map_err(|error| StoreError::Corrupt(format!("database work broke off: {error}")))?;
        self.transaction = Some(transaction);
        result
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let link = self.database.writer().await?;
        let begun = tokio::task::spawn_blocking(move || Transaction::begin(link)).await;
        let transaction =
            begun.map_err(|error| StoreError::Corrupt(format!("database work broke off: {error}")))??;
        Ok(Box::new(SqliteUnitOfWork { transaction: Some(transaction) }))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.read(|c| c.batch_execute("SELECT 1 FROM rooms LIMIT 1").map_err(store_error)).await
    }
}

#[async_trait]
impl AccountWrites for SqliteUnitOfWork {
    async fn insert_user(&mut self, user: NewUser) -> Result<(), StoreError> {
        self.run(move |c| accounts::insert_user(c, &user)).await
    }

    async fn set_password(
        &mut self,
        user: UserId,
        password: PasswordHash,
        expected: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        self.run(move |c| accounts::set_password(c, user, &password, expected.as_ref())).await
    }

    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Result<(), StoreError> {
        self.run(move |c| accounts::set_server_admin(c, user, admin)).await
    }
}

#[async_trait]
impl SessionWrites for SqliteUnitOfWork {
    async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Result<bool, StoreError> {
        self.run(move |c| accounts::insert_session(c, &session, &password)).await
    }

    async fn extend_session(
        &mut self,
        session: SessionId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.run(move |c| accounts::extend_session(c, session, expires_at)).await
    }

    async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.run(move |c| accounts::end_session(c, session, at)).await
    }

    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(move |c| accounts::end_sessions(c, user, except, at)).await
    }
}

#[async_trait]
impl RoomWrites for SqliteUnitOfWork {
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
        self.run(move |c| rooms::free_slug(c, candidates)).await
    }

    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError> {
        self.run(move |c| rooms::claim_slug(c, &slug)).await
    }

    async fn insert_room(&mut self, room: Room) -> Result<(), StoreError> {
        self.run(move |c| rooms::insert_room(c, &room)).await
    }

    async fn lock_room(&mut self, room: RoomId) -> Result<Option<Room>, StoreError> {
        self.run(move |c| rooms::room(c, room)).await
    }

    async fn save_room(&mut self, room: Room) -> Result<(), StoreError> {
        self.run(move |c| rooms::save_room(c, &room)).await
    }

    async fn delete_room(
        &mut self,
        room: RoomId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(move |c| rooms::delete_room(c, room, revision, at)).await
    }
}

#[async_trait]
impl MembershipWrites for SqliteUnitOfWork {
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError> {
        self.run(move |c| members::membership(c, room, user)).await
    }

    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError> {
        self.run(move |c| members::admin_count(c, room)).await
    }

    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError> {
        self.run(move |c| members::save_membership(c, &membership)).await
    }

    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError> {
        self.run(move |c| members::insert_memberships(c, &memberships)).await
    }

    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError> {
        self.run(move |c| members::longest_standing(c, room, except)).await
    }

    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(move |c| members::end_membership(c, room, user, revision, at)).await
    }
}

#[async_trait]
impl InvitationWrites for SqliteUnitOfWork {
    async fn invitation(&mut self, room: RoomId, user: UserId) -> Result<Option<Invitation>, StoreError> {
        self.run(move |c| rooms::invitation(c, room, user)).await
    }

    async fn insert_invitation(&mut self, invitation: NewInvitation) -> Result<(), StoreError> {
        self.run(move |c| rooms::insert_invitation(c, invitation)).await
    }

    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError> {
        self.run(move |c| rooms::delete_invitation(c, room, user)).await
    }
}

#[async_trait]
impl MessageWrites for SqliteUnitOfWork {
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError> {
        self.run(move |c| crate::messages::one(c, room, message)).await
    }

    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError> {
        self.run(move |c| messages::edit(c, &edit)).await
    }

    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError> {
        self.run(move |c| messages::delete(c, deletion)).await
    }
}

#[async_trait]
impl FileWrites for SqliteUnitOfWork {
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError> {
        self.run(move |c| crate::files::insert(c, &file)).await
    }

    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError> {
        self.run(move |c| crate::files::delete(c, file, by)).await
    }
}

#[async_trait]
impl UnitOfWork for SqliteUnitOfWork {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let transaction = self.transaction.take();
        let transaction =
            transaction.ok_or_else(|| StoreError::Corrupt("the unit of work is over".into()))?;
        tokio::task::spawn_blocking(move || transaction.commit())
            .await
            .map_err(|error| StoreError::Corrupt(format!("database work broke off: {error}")))?
    }
}
