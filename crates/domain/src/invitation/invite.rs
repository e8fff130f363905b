//! Inviting a user.

use std::sync::Arc;

use super::{Invitation, Invitee, NewInvitation};
use crate::account::{AccountReader, Identity, UserRef, Username};
use crate::audit::{Act, AuditKind, AuditTrail};
use crate::event::{Event, EventBus};
use crate::idempotency::{Call, Idempotent, Outcome, earlier_answer, keep_answer};
use crate::quota::OwnershipQuotas;
use crate::room::Room;
use crate::store::{Store, UnitOfWork, lock_for_caller};
use crate::{Clock, Refusal, Result, RoomId, Timestamp};

/// The invitation, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// A new invitation.
    New(Invitation),
    /// The invitation that was open already.
    Existing(Invitation),
}

/// Invites a user into a room; for its admins.
pub struct Invite {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) quotas: OwnershipQuotas,
    pub(crate) audit: AuditTrail,
}

impl Invite {
    /// Returns the new invitation, or the open one of an earlier call; the first answer where the caller repeats the
    /// request under its key. Rejects a room with as many open ones as the quota allows, and then members with
    /// [`Refusal::AlreadyMember`].
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        invitee: Invitee,
        idempotent: Option<Idempotent<Invited>>,
    ) -> Result<Outcome<Invited>> {
        let now = self.clock.now();
        let call = idempotent.as_ref().map(|idempotent| call(&caller, room, &invitee, idempotent));
        // Read before the room is locked: accounts do not change with it.
        let user = self.accounts.find(invitee).await?;
        let mut work = self.store.begin_in(caller.session, now).await?;
        let (room, mine) = lock_for_caller(&mut *work, room, &caller).await?.require_member()?;
        let user = user.ok_or(Refusal::UserNotFound)?;
        room.require_changeable()?;
        mine.role.require_admin()?;
        if let Some(call) = &call
            && let Some(answer) = earlier_answer(&mut *work, call, now).await?
        {
            return Ok(Outcome::Repeated(answer));
        }
        let invited = match work.invitation(room.id, user.id).await? {
            Some(open) if call.is_none() => return Ok(Outcome::Done(Invited::Existing(open))),
            Some(open) => Invited::Existing(open),
            None => {
                self.quotas.another_invitation(&mut *work, room.id).await?;
                if work.membership(room.id, user.id).await?.is_some() {
                    return Err(Refusal::AlreadyMember.into());
                }
                let made = Act::in_room(AuditKind::InvitationMade, room.id).to(user.id);
                self.audit.record(&mut *work, &caller, made).await?;
                Invited::New(insert(&mut *work, room, user, caller.user, now).await?)
            }
        };
        if let (Some(call), Some(idempotent)) = (&call, idempotent) {
            // The room's lock keeps concurrent repeats apart.
            keep_answer(&mut *work, call, (idempotent.encode)(&invited)?, now).await?;
        }
        work.commit().await?;
        if let Invited::New(new) = &invited {
            self.events.publish(Event::Own(new.user.id, new.room));
        }
        Ok(Outcome::Done(invited))
    }
}

/// Returns the call: the invited user as the caller names them, because names stay with their accounts.
fn call(caller: &Identity, room: RoomId, invitee: &Invitee, idempotent: &Idempotent<Invited>) -> Call {
    let (name, id) = match invitee {
        Invitee::Name(name) => (Some(Username::key(name)), None),
        Invitee::Id(id) => (None, Some(id.to_string())),
    };
    let target = format!("rooms/{room}/invitations");
    Call::new(caller.user.id, &target, &idempotent.key, &[name.as_deref(), id.as_deref()])
}

async fn insert(
    work: &mut dyn UnitOfWork,
    room: Room,
    user: UserRef,
    invited_by: UserRef,
    created_at: Timestamp,
) -> Result<Invitation> {
    let new = NewInvitation { room: room.id, user: user.id, invited_by: invited_by.id, created_at };
    work.insert_invitation(new).await?;
    Ok(Invitation { room: room.id, room_name: room.name, user, invited_by, created_at })
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::account::MockAccountReader;
    use crate::idempotency::{KEPT_FOR, KeptAnswer, NewAnswer};
    use crate::membership::{Role, Standing};
    use crate::message::ClientKey;
    use crate::quota::QuotaKind;
    use crate::store::MockUnitOfWork;
    use crate::testing::{
        at, caller, clock, expect_record, invisible_rooms, invitation, locked_room, membership, own_events,
        private_room, refusal, room, room_id, store, trail, user, user_id,
    };

    const ADMIN: Standing = Standing::Member(Role::Admin);

    /// The caller invites user 3 by name; `found` is the account of that name.
    async fn invite(work: MockUnitOfWork, found: Option<UserRef>) -> Result<Invited> {
        invite_within(OwnershipQuotas::default(), work, found).await
    }

    async fn invite_within(
        quotas: OwnershipQuotas,
        work: MockUnitOfWork,
        found: Option<UserRef>,
    ) -> Result<Invited> {
        let mut accounts = MockAccountReader::new();
        let invitee = Invitee::Name(user(3).username);
        accounts.expect_find().with(eq(invitee.clone())).times(1).return_once(|_| Ok(found));
        let (store, accounts) = (store(work), Arc::new(accounts));
        let invite =
            Invite { store, accounts, clock: clock(5), events: own_events(), quotas, audit: trail() };
        match invite.execute(caller(1), room_id(1), invitee, None).await? {
            Outcome::Done(invited) => Ok(invited),
            Outcome::Repeated(answer) => panic!("a repeat of a request without a key: {answer:?}"),
        }
    }

    fn idempotent() -> Idempotent<Invited> {
        let encode =
            |invited: &Invited| Ok(if matches!(invited, Invited::New(_)) { vec![1] } else { vec![0] });
        Idempotent { key: ClientKey::parse("k").unwrap(), encode }
    }

    /// The caller invites user 3 by id, under a key; `kept` is the answer that the store has for it.
    async fn invite_once(mut work: MockUnitOfWork, kept: Option<KeptAnswer>) -> Result<Outcome<Invited>> {
        let call = call(&caller(1), room_id(1), &Invitee::Id(user_id(3)), &idempotent());
        let lapsed = at(5).plus(-KEPT_FOR);
        work.expect_kept_answer().with(eq(call.id), eq(lapsed)).times(1).return_once(|_, _| Ok(kept));
        let mut accounts = MockAccountReader::new();
        let invitee = Invitee::Id(user_id(3));
        accounts.expect_find().with(eq(invitee.clone())).times(1).return_once(|_| Ok(Some(user(3))));
        let (store, accounts, quotas) = (store(work), Arc::new(accounts), OwnershipQuotas::default());
        let invite =
            Invite { store, accounts, clock: clock(5), events: own_events(), quotas, audit: trail() };
        invite.execute(caller(1), room_id(1), invitee, Some(idempotent())).await
    }

    /// Expects that encoded answer to be kept, and a commit.
    fn keeping(work: &mut MockUnitOfWork, answer: u8) {
        let call = call(&caller(1), room_id(1), &Invitee::Id(user_id(3)), &idempotent());
        let (fingerprint, answer) = (call.fingerprint, vec![answer]);
        let new = NewAnswer { id: call.id, fingerprint, answer, at: at(5) };
        let lapsed = at(5).plus(-KEPT_FOR);
        work.expect_keep_answer().with(eq(new), eq(lapsed)).times(1).returning(|_, _| Ok(true));
        work.expect_commit().times(1).returning(|| Ok(()));
    }

    #[tokio::test]
    async fn the_first_answer_to_a_key_is_kept_whether_the_invitation_is_new_or_not() {
        let mut work = locked_room_with(None);
        expect_record(&mut work, Act::in_room(AuditKind::InvitationMade, room_id(1)).to(user_id(3)));
        work.expect_insert_invitation().times(1).returning(|_| Ok(()));
        keeping(&mut work, 1);
        assert!(matches!(invite_once(work, None).await.unwrap(), Outcome::Done(Invited::New(_))));
        let mut work = locked_room_with_invitation(Some(invitation(&room(1), 3)));
        keeping(&mut work, 0);
        assert!(matches!(invite_once(work, None).await.unwrap(), Outcome::Done(Invited::Existing(_))));
    }

    #[tokio::test]
    async fn a_repeat_gets_the_first_answer_whatever_became_of_the_invitation() {
        let call = call(&caller(1), room_id(1), &Invitee::Id(user_id(3)), &idempotent());
        let kept = KeptAnswer { fingerprint: call.fingerprint, answer: b"first".to_vec() };
        let repeated = invite_once(locked_room(room(1), ADMIN), Some(kept)).await.unwrap();
        assert_eq!(repeated, Outcome::Repeated(b"first".to_vec()));
    }

    #[tokio::test]
    async fn another_invitation_under_the_same_key_is_a_conflict() {
        let other = call(&caller(1), room_id(1), &Invitee::Id(user_id(4)), &idempotent());
        let kept = KeptAnswer { fingerprint: other.fingerprint, answer: vec![] };
        let result = invite_once(locked_room(room(1), ADMIN), Some(kept)).await;
        assert_eq!(refusal(result), Refusal::IdempotencyConflict);
    }

    /// The caller is an admin of room 1; user 3 has that invitation to it, or none.
    fn locked_room_with_invitation(open: Option<Invitation>) -> MockUnitOfWork {
        let mut work = locked_room(room(1), ADMIN);
        let read = work.expect_invitation().with(eq(room_id(1)), eq(user_id(3))).times(1);
        read.return_once(|_, _| Ok(open));
        work
    }

    /// The same, where user 3 is not invited, and has that role in it, or none.
    fn locked_room_with(role: Option<Role>) -> MockUnitOfWork {
        let target = role.map(|role| membership(1, 3, role));
        let mut work = locked_room_with_invitation(None);
        let read = work.expect_membership().with(eq(room_id(1)), eq(user_id(3))).times(1);
        read.return_once(|_, _| Ok(target));
        work
    }

    #[tokio::test]
    async fn an_admin_creates_an_invitation_in_their_own_name() {
        let new =
            NewInvitation { room: room_id(1), user: user_id(3), invited_by: user_id(1), created_at: at(5) };
        let mut work = locked_room_with(None);
        work.expect_insert_invitation().with(eq(new)).times(1).returning(|_| Ok(()));
        expect_record(&mut work, Act::in_room(AuditKind::InvitationMade, room_id(1)).to(user_id(3)));
        work.expect_commit().times(1).returning(|| Ok(()));
        let made = Invitation { invited_by: user(1), created_at: at(5), ..invitation(&room(1), 3) };
        assert_eq!(invite(work, Some(user(3))).await.unwrap(), Invited::New(made));
    }

    #[tokio::test]
    async fn inviting_twice_returns_the_first_invitation_and_stores_nothing() {
        let first = invitation(&room(1), 3);
        let work = locked_room_with_invitation(Some(first.clone()));
        assert_eq!(invite(work, Some(user(3))).await.unwrap(), Invited::Existing(first));
    }

    #[tokio::test]
    async fn a_member_cannot_be_invited() {
        for role in [Role::Member, Role::Admin] {
            let result = invite(locked_room_with(Some(role)), Some(user(3))).await;
            assert_eq!(refusal(result), Refusal::AlreadyMember);
        }
    }

    /// Looks at no membership: the quota comes before the conflict.
    #[tokio::test]
    async fn a_room_at_its_quota_takes_no_new_invitation_and_returns_open_ones() {
        let quotas = OwnershipQuotas { invitations: Some(9), ..OwnershipQuotas::default() };
        let mut work = locked_room_with_invitation(None);
        work.expect_invitation_count().with(eq(room_id(1)), eq(9)).times(1).returning(|_, _| Ok(9));
        let result = invite_within(quotas.clone(), work, Some(user(3))).await;
        assert_eq!(refusal(result), Refusal::QuotaExceeded(QuotaKind::Invitations));
        let first = invitation(&room(1), 3);
        let work = locked_room_with_invitation(Some(first.clone()));
        assert_eq!(invite_within(quotas, work, Some(user(3))).await.unwrap(), Invited::Existing(first));
    }

    #[tokio::test]
    async fn an_unknown_username_cannot_be_invited() {
        assert_eq!(refusal(invite(locked_room(room(1), ADMIN), None).await), Refusal::UserNotFound);
    }

    #[tokio::test]
    async fn a_member_who_is_no_admin_may_not_invite() {
        let work = locked_room(room(1), Standing::Member(Role::Member));
        assert_eq!(refusal(invite(work, Some(user(3))).await), Refusal::AdminRequired);
    }

    #[tokio::test]
    async fn a_non_member_is_rejected_without_learning_which_accounts_exist() {
        for (room, standing) in [(room(1), Standing::Stranger), (private_room(1), Standing::Invited)] {
            for found in [None, Some(user(3))] {
                let result = invite(locked_room(room.clone(), standing), found).await;
                assert_eq!(refusal(result), Refusal::NotAMember);
            }
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for work in invisible_rooms() {
            assert_eq!(refusal(invite(work, None).await), Refusal::RoomNotFound);
        }
    }
}
