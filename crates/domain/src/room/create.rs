//! Creating a room.

use std::sync::Arc;

use super::{
    Access, Description, PrivateKind, Revision, Room, RoomLog, RoomName, RoomView, Slug, Visibility,
};
use crate::account::Identity;
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus};
use crate::idempotency::{Call, Idempotent, Outcome, earlier_answer, keep_answer};
use crate::membership::{Membership, MyMembership, Role};
use crate::metadata::SentMetadata;
use crate::quota::OwnershipQuotas;
use crate::store::{Store, UnitOfWork};
use crate::{Clock, IdSource, Result, RoomId, StoreError, Timestamp};

/// The data of a new room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoomCommand {
    /// The name.
    pub name: RoomName,
    /// The description.
    pub description: Option<Description>,
    /// The visibility.
    pub visibility: Visibility,
    /// JSON for the client's own use.
    pub metadata: SentMetadata,
}

impl CreateRoomCommand {
    fn call(&self, caller: &Identity, idempotent: &Idempotent<RoomView>) -> Call {
        let visibility = match self.visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
        };
        let description = self.description.as_ref().map(Description::as_str);
        let mut body = vec![Some(self.name.as_str()), description, Some(visibility)];
        // Without metadata the body is what it was before there were any.
        body.extend(self.metadata.canonical().map(Some));
        Call::new(caller.user.id, "rooms", &idempotent.key, &body)
    }
}

/// Creates a room, whose creator becomes its first member and admin.
pub struct CreateRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) quotas: OwnershipQuotas,
    pub(crate) audit: AuditTrail,
}

impl CreateRoom {
    /// Returns the new room as its creator sees it. Rejects a creator who has as many rooms or memberships as the quotas
    /// allow.
    pub async fn execute(&self, caller: Identity, command: CreateRoomCommand) -> Result<RoomView> {
        let now = self.clock.now();
        let mut work = self.store.begin_in(caller.session, now).await?;
        self.quotas.hold(&mut *work, vec![caller.user.id]).await?;
        let view = self.create(&mut *work, caller, command, now).await?;
        work.commit().await?;
        self.publish(&view);
        Ok(view)
    }

    /// Returns the new room; the first answer where the caller repeats the request under its key.
    pub async fn execute_once(
        &self,
        caller: Identity,
        command: CreateRoomCommand,
        idempotent: Idempotent<RoomView>,
    ) -> Result<Outcome<RoomView>> {
        let (call, now) = (command.call(&caller, &idempotent), self.clock.now());
        let session = caller.session;
        let mut work = self.store.begin_in(session, now).await?;
        // Held before the answer is looked for: a concurrent repeat may not exceed the quota that the first has used up.
        self.quotas.hold(&mut *work, vec![caller.user.id]).await?;
        if let Some(answer) = earlier_answer(&mut *work, &call, now).await? {
            return Ok(Outcome::Repeated(answer));
        }
        let view = self.create(&mut *work, caller, command, now).await?;
        if keep_answer(&mut *work, &call, (idempotent.encode)(&view)?, now).await? {
            work.commit().await?;
            self.publish(&view);
            return Ok(Outcome::Done(view));
        }
        // A concurrent request with the same key has committed meanwhile.
        drop(work);
        let mut work = self.store.begin_in(session, now).await?;
        let answer = earlier_answer(&mut *work, &call, now).await?;
        let gone = || StoreError::Unavailable("the answer to a concurrent repeat can't be read".to_owned());
        Ok(Outcome::Repeated(answer.ok_or_else(gone)?))
    }

    /// Publishes that the creator has a room more. Others can't know of it yet.
    fn publish(&self, view: &RoomView) {
        self.events.publish(Event::Own(view.room.created_by.id, view.room.id));
    }

    async fn create(
        &self,
        work: &mut dyn UnitOfWork,
        caller: Identity,
        command: CreateRoomCommand,
        now: Timestamp,
    ) -> Result<RoomView> {
        let (id, creator) = (RoomId(self.ids.next()), caller.user.id);
        self.quotas.another_room(&mut *work, creator).await?;
        self.quotas.another_membership(&mut *work, vec![creator]).await?;
        let access = match command.visibility {
            Visibility::Private => Access::Private(PrivateKind::ByInvitation),
            Visibility::Public => {
                Access::Public { slug: work.free_slug(Slug::candidates(&command.name, id)).await? }
            }
        };
        // The creator's membership is the room's first change.
        let revision = Revision::default().next();
        let room = Room {
            description: command.description,
            metadata: command.metadata.kept,
            member_count: 1,
            log: RoomLog { revision, ..RoomLog::default() },
            ..Room::starting(id, command.name, access, caller.user.clone(), now)
        };
        let creator = Membership::starting(&room, caller.user.id, Role::Admin, now, revision);
        work.insert_room(room.clone()).await?;
        work.save_membership(creator.clone()).await?;
        self.audit.record(&mut *work, &caller, Act::in_room(AuditKind::RoomCreated, id)).await?;
        Ok(RoomView { mine: Some(MyMembership::read_up(&creator)), room, invited: false })
    }
}

#[cfg(test)]
mod tests;
