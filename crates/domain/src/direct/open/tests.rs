//! Tests of opening direct rooms: the one room of a set of people, quotas, repeats.

use mockall::Sequence;
use mockall::predicate::eq;
use uuid::Uuid;

use super::*;
use crate::MockIdSource;
use crate::account::MockAccountReader;
use crate::event::MockEventBus;
use crate::idempotency::{KEPT_FOR, KeptAnswer, NewAnswer};
use crate::message::ClientKey;
use crate::quota::QuotaKind;
use crate::room::{MockRoomReader, Revision, RoomLog};
use crate::store::MockUnitOfWork;
use crate::testing::{
    at, caller, clock, expect_record, refusal, room_id, sessions, store_of, trail, user, user_id,
};

/// The caller is user 1, the others are users 2 and 3.
fn others() -> OtherPeople {
    OtherPeople::new(NamedPeople::Ids(vec![user_id(3), user_id(2)]), &user(1)).unwrap()
}

fn key() -> DirectKey {
    DirectKey::of(&[user(1), user(2), user(3)])
}

/// The room that they get.
fn direct() -> Room {
    let name = RoomName::of_members(&[1, 2, 3].map(|n| user(n).username));
    let access = Access::Private(PrivateKind::Direct);
    Room {
        member_count: 3,
        log: RoomLog { revision: Revision(3), ..RoomLog::default() },
        ..Room::starting(room_id(42), name, access, user(1), at(5))
    }
}

fn memberships() -> Vec<Membership> {
    let member =
        |n: u8| Membership::starting(&direct(), user_id(n.into()), Role::Member, at(5), Revision(n.into()));
    [1, 2, 3].map(member).to_vec()
}

fn view() -> RoomView {
    RoomView { room: direct(), mine: Some(MyMembership::read_up(&memberships()[0])), invited: false }
}

fn idempotent() -> (Idempotent<Opened>, Call) {
    let encode = |opened: &Opened| match opened {
        Opened::New(_) => Ok(b"new".to_vec()),
        Opened::Existing(_) => Ok(b"existing".to_vec()),
    };
    let idempotent = Idempotent { key: ClientKey::parse("k").unwrap(), encode };
    let call = others().call(&caller(1), &idempotent.key);
    (idempotent, call)
}

/// Opens the room, with the accounts of these users and these rooms found in turn.
struct Opening {
    known: Vec<UserRef>,
    found: Vec<Option<RoomView>>,
    works: Vec<MockUnitOfWork>,
    events: MockEventBus,
    quotas: OwnershipQuotas,
}

impl Opening {
    fn of(found: Vec<Option<RoomView>>, works: Vec<MockUnitOfWork>) -> Self {
        let (known, quotas) = (vec![user(3), user(2)], OwnershipQuotas::default());
        Self { known, found, works, events: MockEventBus::new(), quotas }
    }

    async fn execute(self, idempotent: Option<Idempotent<Opened>>) -> Result<Outcome<Opened>> {
        let mut accounts = MockAccountReader::new();
        let named = accounts.expect_with_ids().with(eq(vec![user_id(2), user_id(3)])).times(1);
        named.return_once(move |_| Ok(self.known));
        let (mut rooms, mut order) = (MockRoomReader::new(), Sequence::new());
        for found in self.found {
            let read = rooms.expect_direct().with(eq(key()), eq(user_id(1))).times(1).in_sequence(&mut order);
            read.return_once(|_, _| Ok(found));
        }
        let mut ids = MockIdSource::new();
        ids.expect_next().return_const(Uuid::from_u128(42));
        let open = OpenDirect {
            store: store_of(self.works),
            sessions: sessions(true),
            accounts: Arc::new(accounts),
            rooms: Arc::new(rooms),
            clock: clock(5),
            ids: Arc::new(ids),
            events: Arc::new(self.events),
            quotas: self.quotas,
            audit: trail(),
        };
        open.execute(caller(1), others(), idempotent).await
    }
}

/// A unit of work that stores the room, with its members and what the audit log says.
fn storing() -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    inserting(&mut work, true);
    work.expect_insert_memberships().with(eq(memberships())).times(1).returning(|_| Ok(()));
    expect_record(&mut work, Act::in_room(AuditKind::RoomCreated, room_id(42)));
    for added in [2, 3] {
        expect_record(&mut work, Act::in_room(AuditKind::MemberAdded, room_id(42)).to(user_id(added)));
    }
    work
}

fn inserting(work: &mut MockUnitOfWork, inserted: bool) {
    // The members are counted when the room is inserted.
    let insert = work.expect_insert_direct().with(eq(direct()), eq(key())).times(1);
    insert.returning(move |_, _| Ok(inserted));
}

/// Expects one `member-added` for each participant, in the order of their names.
fn announcing() -> MockEventBus {
    let (mut events, mut order) = (MockEventBus::new(), Sequence::new());
    for n in [1_u8, 2, 3] {
        let kind = ChangeKind::MemberAdded(user(n.into()), Role::Member);
        let added = Event::Changed(Change { room: room_id(42), revision: Revision(n.into()), kind });
        events.expect_publish().with(eq(added)).times(1).in_sequence(&mut order).return_const(());
    }
    events
}

fn looking_up(work: &mut MockUnitOfWork, call: Call, answer: Option<&'static [u8]>) {
    let kept = answer.map(|answer| KeptAnswer { fingerprint: call.fingerprint, answer: answer.to_vec() });
    let lapsed = at(5).plus(-KEPT_FOR);
    work.expect_kept_answer().with(eq(call.id), eq(lapsed)).times(1).return_once(|_, _| Ok(kept));
}

fn keeping(work: &mut MockUnitOfWork, call: Call, answer: &[u8], kept: bool) {
    let new = NewAnswer { id: call.id, fingerprint: call.fingerprint, answer: answer.to_vec(), at: at(5) };
    work.expect_keep_answer()
        .with(eq(new), eq(at(5).plus(-KEPT_FOR)))
        .times(1)
        .returning(move |_, _| Ok(kept));
}

fn committed(mut work: MockUnitOfWork) -> MockUnitOfWork {
    work.expect_commit().times(1).returning(|| Ok(()));
    work
}

#[tokio::test]
async fn each_participant_becomes_a_member_at_a_revision_of_their_own() {
    let opening = Opening { events: announcing(), ..Opening::of(vec![None], vec![committed(storing())]) };
    assert_eq!(opening.execute(None).await.unwrap(), Outcome::Done(Opened::New(view())));
}

#[tokio::test]
async fn the_existing_room_of_these_people_is_returned_without_a_unit_of_work() {
    let opened = Opening::of(vec![Some(view())], vec![]).execute(None).await.unwrap();
    assert_eq!(opened, Outcome::Done(Opened::Existing(view())));
}

#[tokio::test]
async fn the_slower_of_two_requests_gets_the_room_of_the_other() {
    let mut slow = MockUnitOfWork::new();
    inserting(&mut slow, false);
    let opened = Opening::of(vec![None, Some(view())], vec![slow]).execute(None).await.unwrap();
    assert_eq!(opened, Outcome::Done(Opened::Existing(view())));
}

#[tokio::test]
async fn a_person_without_an_account_is_rejected_before_a_room_is_looked_for() {
    let opening = Opening { known: vec![user(2)], ..Opening::of(vec![], vec![]) };
    assert_eq!(refusal(opening.execute(None).await), Refusal::UserNotFound);
}

#[tokio::test]
async fn a_creator_with_more_rooms_than_the_quota_allows_is_rejected() {
    for (owned, allowed) in [(4, false), (3, true)] {
        let mut work = if allowed { committed(storing()) } else { MockUnitOfWork::new() };
        if !allowed {
            inserting(&mut work, true);
        }
        work.expect_lock_owners().with(eq(vec![user_id(1)])).times(1).returning(|_| Ok(()));
        // The new room counts already. Memberships are not counted.
        let count = work.expect_room_count().with(eq(user_id(1)), eq(4)).times(1);
        count.returning(move |_, _| Ok(owned));
        let quotas = OwnershipQuotas { rooms: Some(3), memberships: Some(0), invitations: None };
        let events = if allowed { announcing() } else { MockEventBus::new() };
        let opening = Opening { events, quotas, ..Opening::of(vec![None], vec![work]) };
        let opened = opening.execute(None).await;
        if allowed {
            assert_eq!(opened.unwrap(), Outcome::Done(Opened::New(view())));
        } else {
            assert_eq!(refusal(opened), Refusal::QuotaExceeded(QuotaKind::Rooms));
        }
    }
}

#[tokio::test]
async fn the_first_answer_is_kept_for_repeats() {
    let (idempotent, call) = idempotent();
    let mut work = storing();
    looking_up(&mut work, call, None);
    keeping(&mut work, call, b"new", true);
    let opening = Opening { events: announcing(), ..Opening::of(vec![None], vec![committed(work)]) };
    assert_eq!(opening.execute(Some(idempotent)).await.unwrap(), Outcome::Done(Opened::New(view())));
}

#[tokio::test]
async fn the_answer_is_kept_of_an_existing_room_too() {
    let (idempotent, call) = idempotent();
    let mut work = MockUnitOfWork::new();
    looking_up(&mut work, call, None);
    keeping(&mut work, call, b"existing", true);
    let opening = Opening::of(vec![Some(view())], vec![committed(work)]);
    assert_eq!(opening.execute(Some(idempotent)).await.unwrap(), Outcome::Done(Opened::Existing(view())));
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer() {
    let (idempotent, call) = idempotent();
    let mut work = MockUnitOfWork::new();
    looking_up(&mut work, call, Some(b"new"));
    let opened = Opening::of(vec![Some(view())], vec![work]).execute(Some(idempotent)).await.unwrap();
    assert_eq!(opened, Outcome::Repeated(b"new".to_vec()));
}

#[tokio::test]
async fn of_two_repeats_at_once_the_slower_one_gets_the_answer_of_the_other() {
    let (idempotent, call) = idempotent();
    let mut slow = MockUnitOfWork::new();
    looking_up(&mut slow, call, None);
    keeping(&mut slow, call, b"existing", false);
    let mut again = MockUnitOfWork::new();
    looking_up(&mut again, call, Some(b"new"));
    let opening = Opening::of(vec![Some(view()), Some(view())], vec![slow, again]);
    assert_eq!(opening.execute(Some(idempotent)).await.unwrap(), Outcome::Repeated(b"new".to_vec()));
}
