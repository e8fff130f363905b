//! Tests of creating a room: its creator, quotas, and repeats under a key.

use mockall::predicate::eq;

use super::*;
use crate::idempotency::{KEPT_FOR, KeptAnswer, NewAnswer};
use crate::message::ClientKey;
use crate::metadata::Json;
use crate::room::Seq;
use crate::store::MockUnitOfWork;
use crate::testing::{
    at, at_quotas_of_a_user, caller, clock, expect_record, ids, own_events, owner_at_quota, refusal, room_id,
    store, store_of, trail, user, user_id,
};
use crate::{MockIdSource, Refusal, StoreError};

fn command(visibility: Visibility) -> CreateRoomCommand {
    let name = RoomName::parse("General Chat").unwrap();
    let metadata = Json::Object(vec![("topic".to_owned(), Json::Null)]);
    CreateRoomCommand {
        name,
        description: Some(Description::parse("All sorts").unwrap()),
        visibility,
        metadata: SentMetadata::check(&metadata).unwrap(),
    }
}

/// The room created by the command.
fn created(access: Access) -> Room {
    let CreateRoomCommand { name, description, metadata, .. } = command(access.visibility());
    Room {
        id: room_id(42),
        name,
        description,
        metadata: metadata.kept,
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
    storing(work, room);
    work.expect_commit().times(1).returning(|| Ok(()));
}

/// The same, without the commit.
fn storing(work: &mut MockUnitOfWork, room: Room) {
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
    expect_record(work, Act::in_room(AuditKind::RoomCreated, room_id(42)));
}

/// The time of the request.
const NOW: i64 = 5;

fn key(visibility: Visibility) -> (Idempotent<RoomView>, Call) {
    let encode = |view: &RoomView| Ok(view.room.name.as_str().as_bytes().to_vec());
    let idempotent = Idempotent { key: ClientKey::parse("k").unwrap(), encode };
    let call = command(visibility).call(&caller(1), &idempotent);
    (idempotent, call)
}

/// Expects the store to be asked once for the answer to that call.
fn finding(work: &mut MockUnitOfWork, call: Call, found: Option<KeptAnswer>) {
    let lapsed = at(NOW).plus(-KEPT_FOR);
    work.expect_kept_answer().with(eq(call.id), eq(lapsed)).times(1).return_once(|_, _| Ok(found));
}

/// Expects the room's name to be kept as the answer; `kept` is the outcome.
fn keeping(work: &mut MockUnitOfWork, call: Call, kept: bool) {
    let answer = b"General Chat".to_vec();
    let new = NewAnswer { id: call.id, fingerprint: call.fingerprint, answer, at: at(NOW) };
    let lapsed = at(NOW).plus(-KEPT_FOR);
    work.expect_keep_answer().with(eq(new), eq(lapsed)).times(1).return_once(move |_, _| Ok(kept));
}

/// Begins these units of work in turn; `makes` says whether an id is needed.
async fn create_once(work: Vec<MockUnitOfWork>, makes: bool) -> Result<Outcome<RoomView>> {
    let quotas = OwnershipQuotas::default();
    let ids: Arc<dyn IdSource> = if makes { ids(42) } else { Arc::new(MockIdSource::new()) };
    let (store, events) = (store_of(work), own_events());
    let create = CreateRoom { store, clock: clock(NOW), ids, events, quotas, audit: trail() };
    create.execute_once(caller(1), command(Visibility::Private), key(Visibility::Private).0).await
}

#[tokio::test]
async fn the_first_answer_is_kept_with_the_room() {
    let (_, call) = key(Visibility::Private);
    let room = created(Access::Private(PrivateKind::ByInvitation));
    let mut work = MockUnitOfWork::new();
    finding(&mut work, call, None);
    making(&mut work, room.clone());
    keeping(&mut work, call, true);
    assert_eq!(create_once(vec![work], true).await.unwrap(), Outcome::Done(shown(room)));
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_creates_nothing() {
    let (_, call) = key(Visibility::Private);
    let mut work = MockUnitOfWork::new();
    let kept = KeptAnswer { fingerprint: call.fingerprint, answer: b"first".to_vec() };
    finding(&mut work, call, Some(kept));
    let repeated = create_once(vec![work], false).await.unwrap();
    assert_eq!(repeated, Outcome::Repeated(b"first".to_vec()));
}

#[tokio::test]
async fn another_room_under_the_same_key_is_a_conflict() {
    let (_, call) = key(Visibility::Private);
    let (_, other) = key(Visibility::Public);
    assert_eq!(call.id, other.id);
    let mut work = MockUnitOfWork::new();
    finding(&mut work, call, Some(KeptAnswer { fingerprint: other.fingerprint, answer: vec![] }));
    assert_eq!(refusal(create_once(vec![work], false).await), Refusal::IdempotencyConflict);
}

#[tokio::test]
async fn of_two_at_once_the_slower_one_gets_the_answer_of_the_other() {
    let (_, call) = key(Visibility::Private);
    let mut slow = MockUnitOfWork::new();
    finding(&mut slow, call, None);
    storing(&mut slow, created(Access::Private(PrivateKind::ByInvitation)));
    keeping(&mut slow, call, false);
    let mut again = MockUnitOfWork::new();
    let kept = KeptAnswer { fingerprint: call.fingerprint, answer: b"quicker".to_vec() };
    finding(&mut again, call, Some(kept));
    let repeated = create_once(vec![slow, again], true).await.unwrap();
    assert_eq!(repeated, Outcome::Repeated(b"quicker".to_vec()));
}

async fn create(work: MockUnitOfWork, visibility: Visibility) -> Result<RoomView> {
    create_within(OwnershipQuotas::default(), work, visibility).await
}

async fn create_within(
    quotas: OwnershipQuotas,
    work: MockUnitOfWork,
    visibility: Visibility,
) -> Result<RoomView> {
    let (store, ids, events) = (store(work), ids(42), own_events());
    let create = CreateRoom { store, clock: clock(5), ids, events, quotas, audit: trail() };
    create.execute(caller(1), command(visibility)).await
}

/// The room as its creator sees it.
fn shown(room: Room) -> RoomView {
    let mine = MyMembership {
        role: Role::Admin,
        joined_at: at(5),
        last_read_seq: Seq(0),
        unread_count: 0,
        mention_count: 0,
    };
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
    let room = created(Access::Private(PrivateKind::ByInvitation));
    let mut work = MockUnitOfWork::new();
    making(&mut work, room.clone());
    assert_eq!(create(work, Visibility::Private).await.unwrap(), shown(room));
}

#[tokio::test]
async fn no_slug_is_reserved_for_a_creator_at_the_quota_of_rooms_or_of_memberships() {
    for (quotas, kind) in at_quotas_of_a_user() {
        let work = owner_at_quota(&quotas, 1);
        let result = create_within(quotas, work, Visibility::Public).await;
        assert_eq!(refusal(result), Refusal::QuotaExceeded(kind));
    }
}

#[tokio::test]
async fn no_room_is_created_without_a_free_slug() {
    let work = reserving_a_slug(Err(StoreError::Unavailable("all taken".to_owned())));
    assert!(create(work, Visibility::Public).await.is_err());
}
