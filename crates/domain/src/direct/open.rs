//! Opening the direct room of some people.

use std::sync::Arc;

use super::{DirectKey, NamedPeople, OtherPeople};
use crate::account::{AccountReader, Identity, SessionReader, UserRef, Username};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::idempotency::{Call, Idempotent, Outcome, earlier_answer, keep_answer};
use crate::membership::{Membership, MyMembership, Role};
use crate::quota::OwnershipQuotas;
use crate::room::{Access, PrivateKind, Room, RoomName, RoomReader, RoomView};
use crate::store::{Store, UnitOfWork};
use crate::{Clock, IdSource, Refusal, Result, RoomId, StoreError, Timestamp};

/// The most attempts: the first may lose to a request for the same room, the second to a repeat under the same key.
const ATTEMPTS: usize = 3;

/// The direct room, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// A new room.
    New(RoomView),
    /// The room that these people had already.
    Existing(RoomView),
}

/// Opens the direct room of the caller and others, and creates it where they have none.
pub struct OpenDirect {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) sessions: Arc<dyn SessionReader>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) quotas: OwnershipQuotas,
    pub(crate) audit: AuditTrail,
}

/// The way to keep an answer.
type Encode = fn(&Opened) -> std::result::Result<Vec<u8>, StoreError>;

/// A request with all that it names looked up.
struct Request<'a> {
    caller: &'a Identity,
    /// In the order of their names, the caller among them.
    participants: Vec<UserRef>,
    key: DirectKey,
    /// The call, and the way to keep its answer, where it can be repeated.
    call: Option<(Call, Encode)>,
}

impl OpenDirect {
    /// Returns the one direct room of these people, also where several ask at once; the first answer where the caller
    /// repeats the request under its key. Rejects people without an account with [`Refusal::UserNotFound`], and a creator
    /// who has as many rooms as the quota allows; nothing is created then.
    pub async fn execute(
        &self,
        caller: Identity,
        others: OtherPeople,
        idempotent: Option<Idempotent<Opened>>,
    ) -> Result<Outcome<Opened>> {
        let call = idempotent.map(|idempotent| (others.call(&caller, &idempotent.key), idempotent.encode));
        self.sessions.require(&caller, self.clock.now()).await?;
        let participants = self.participants(caller.user.clone(), others).await?;
        let key = DirectKey::of(&participants);
        let request = Request { caller: &caller, participants, key, call };
        for _ in 0..ATTEMPTS {
            let existing = self.rooms.direct(key, caller.user.id).await?;
            let outcome = match existing {
                Some(view) if request.call.is_none() => Some(Outcome::Done(Opened::Existing(view))),
                existing => self.attempt(&request, existing).await?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
        }
        Err(StoreError::Unavailable("requests for the same direct room got in the way".to_owned()).into())
    }

    async fn participants(&self, caller: UserRef, others: OtherPeople) -> Result<Vec<UserRef>> {
        let count = others.count();
        let mut participants = match others.named() {
            NamedPeople::Ids(ids) => self.accounts.with_ids(ids).await?,
            NamedPeople::Names(names) => self.accounts.named(names).await?,
        };
        if participants.len() != count {
            return Err(Refusal::UserNotFound.into());
        }
        participants.push(caller);
        participants.sort_by_key(|user| user.username.key());
        Ok(participants)
    }

    /// Creates the room where there is no `existing` one, and keeps the answer; `None` where a concurrent request was
    /// quicker with either.
    async fn attempt(
        &self,
        request: &Request<'_>,
        existing: Option<RoomView>,
    ) -> Result<Option<Outcome<Opened>>> {
        let now = self.clock.now();
        let mut work = self.store.begin_in(request.caller.session, now).await?;
        // Held before the answer is looked for: a concurrent repeat may not exceed the quota that the first has used up.
        self.quotas.hold(&mut *work, vec![request.caller.user.id]).await?;
        if let Some((call, _)) = &request.call
            && let Some(answer) = earlier_answer(&mut *work, call, now).await?
        {
            return Ok(Some(Outcome::Repeated(answer)));
        }
        let (opened, changes) = match existing {
            Some(view) => (Opened::Existing(view), vec![]),
            None => match self.create(&mut *work, request, now).await? {
                Some((view, changes)) => (Opened::New(view), changes),
                None => return Ok(None),
            },
        };
        if let Some((call, encode)) = &request.call
            && !keep_answer(&mut *work, call, encode(&opened)?, now).await?
        {
            return Ok(None);
        }
        work.commit().await?;
        for change in changes {
            self.events.publish(Event::Changed(change));
        }
        Ok(Some(Outcome::Done(opened)))
    }

    /// Stores the room with its participants; `None` where there is one already.
    async fn create(
        &self,
        work: &mut dyn UnitOfWork,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Option<(RoomView, Vec<Change>)>> {
        let Request { caller, participants, key, .. } = request;
        let names: Vec<Username> = participants.iter().map(|user| user.username.clone()).collect();
        let (id, access) = (RoomId(self.ids.next()), Access::Private(PrivateKind::Direct));
        let mut room = Room::starting(id, RoomName::of_members(&names), access, caller.user.clone(), now);
        let members = participants.iter().map(|user| (user.id, Role::Member));
        let memberships = Membership::of_new_room(&mut room, members);
        if !work.insert_direct(room.clone(), *key).await? {
            return Ok(None);
        }
        self.quotas.stored_room(&mut *work, caller.user.id).await?;
        work.insert_memberships(memberships.clone()).await?;
        self.audit.record(&mut *work, caller, Act::in_room(AuditKind::RoomCreated, id)).await?;
        for user in participants.iter().filter(|user| user.id != caller.user.id) {
            let added = Act::in_room(AuditKind::MemberAdded, id).to(user.id);
            self.audit.record(&mut *work, caller, added).await?;
        }
        let mine = memberships.iter().find(|membership| membership.user == caller.user.id);
        let mine = mine.map(MyMembership::read_up);
        let added = participants.iter().zip(&memberships).map(|(user, membership)| Change {
            room: id,
            revision: membership.revision,
            kind: ChangeKind::MemberAdded(user.clone(), membership.role),
        });
        Ok(Some((RoomView { room, mine, invited: false }, added.collect())))
    }
}

#[cfg(test)]
mod tests;
