//! Recording acts in the unit of work that carries them out.

use std::net::IpAddr;
use std::sync::Arc;

use super::{AuditDetail, AuditEntry, AuditKind, AuditWrites};
use crate::account::Identity;
use crate::store::Store;
use crate::{AuditEventId, Clock, IdSource, MessageId, RoomId, StoreError, Timestamp, UserId};

/// An act, as a use case describes it; the trail adds who did it, when and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) kind: AuditKind,
    pub(crate) room: Option<RoomId>,
    pub(crate) target: Option<UserId>,
    pub(crate) message: Option<MessageId>,
    pub(crate) detail: Option<AuditDetail>,
}

impl Act {
    /// An act upon no room.
    pub(crate) fn of(kind: AuditKind) -> Self {
        Self { kind, room: None, target: None, message: None, detail: None }
    }

    /// An act in a room.
    pub(crate) fn in_room(kind: AuditKind, room: RoomId) -> Self {
        Self { room: Some(room), ..Self::of(kind) }
    }

    /// The same act, done to that user.
    pub(crate) fn to(self, target: UserId) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same act, done to that message.
    pub(crate) fn on(self, message: MessageId) -> Self {
        Self { message: Some(message), ..self }
    }

    /// Returns the entry of the act.
    pub(crate) fn entry(
        self,
        id: AuditEventId,
        at: Timestamp,
        actor: Option<UserId>,
        address: Option<IpAddr>,
    ) -> AuditEntry {
        let Self { kind, room, target, message, detail } = self;
        AuditEntry { id, kind, detail, room, actor, target, message, address, at }
    }

    /// The same act with a detail.
    pub(crate) fn with(self, detail: impl Into<Option<AuditDetail>>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}

/// Records acts. Each use case that changes something of interest has one.
#[derive(Clone)]
pub(crate) struct AuditTrail {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl AuditTrail {
    /// Records an act of a signed-in caller.
    pub(crate) async fn record(
        &self,
        work: &mut dyn AuditWrites,
        caller: &Identity,
        act: Act,
    ) -> Result<(), StoreError> {
        self.record_from(work, Some(caller.user.id), caller.address, act).await
    }

    /// Records an act of a stranger that changes nothing, in a unit of work of its own.
    pub(crate) async fn record_alone(
        &self,
        store: &dyn Store,
        address: IpAddr,
        act: Act,
    ) -> Result<(), StoreError> {
        let mut work = store.begin().await?;
        self.record_from(&mut *work, None, Some(address), act).await?;
        work.commit().await
    }

    /// Records an act of `actor` (`None` if unknown), from that address (`None` at the command line).
    pub(crate) async fn record_from(
        &self,
        work: &mut dyn AuditWrites,
        actor: Option<UserId>,
        address: Option<IpAddr>,
        act: Act,
    ) -> Result<(), StoreError> {
        let (id, at) = (AuditEventId(self.ids.next()), self.clock.now());
        work.record(act.entry(id, at, actor, address)).await
    }
}
