//! Writes. Units of work are dropped and leave nothing behind.

use domain::account::{
    Email, NewUser, PasswordHash, Session, Ticket, TicketGrant, TicketHash, User, Username,
};
use domain::admin::LinkHash;
use domain::audit::{AuditDetail, AuditEntry, AuditKind};
use domain::direct::DirectKey;
use domain::file::{File, FileReader, FileRemoval, Reservation};
use domain::idempotency::NewAnswer;
use domain::invitation::NewInvitation;
use domain::membership::Membership;
use domain::message::{
    AttachmentKind, Body, ClientKey, Content, Deletion, Edit, Fingerprint, MarkMove, Mentions, MessageLog,
    NewMessage, ReadMarks, SentExtras,
};
use domain::room::{Access, PrivateKind, Revision, Seq, Slug};
use domain::store::{Housekeeping, Store};
use domain::{AnswerId, AuditEventId, FileId, MessageId, SessionId, StoreError};
use infra_postgres::PostgresStore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{FEW, LIST, Recorder, id, moment, room, user};

pub(crate) async fn run(plans: &mut Recorder) {
    let store = plans.store.clone();
    Box::pin(send(plans)).await;
    plans.record("read mark", FEW, store.move_mark(room(1), user(2), MarkMove::Forward(Seq(1)))).await;
    plans.record("read mark, set", FEW, store.move_mark(room(1), user(2), MarkMove::To(Seq(0)))).await;
    plans
        .record("read mark that stays", FEW, store.move_mark(room(1), user(1), MarkMove::Forward(Seq(1))))
        .await;
    // PostgreSQL logs a plan within a transaction only with the next statement, or its end: hence they run in sequence.
    plans.record("write accounts", FEW, accounts(&store)).await;
    plans.record("write a room", FEW, rooms(&store)).await;
    plans.record("write members", FEW, members(&store)).await;
    plans.record("write messages", FEW, messages(&store)).await;
    plans.record("count what is owned", FEW, owned(&store)).await;
    plans.record("write files", FEW, files(&store)).await;
    plans.record("keep answers", FEW, answers(&store)).await;
    plans.record("record audit events", FEW, record(&store)).await;
    plans.record("sweep, nothing to do", FEW, store.sweep(moment(-9_000_000), 100)).await;
    let swept = plans.record("sweep", FEW, store.sweep(moment(3_000_000), 100)).await;
    assert_eq!(swept.messages, 100);
    plans
        .record("sweep the audit log, nothing to do", FEW, store.sweep_audit(moment(-9_000_000), 200, 100))
        .await;
    let swept = plans.record("sweep the audit log", FEW, store.sweep_audit(moment(50), 200, 100)).await;
    assert!(swept >= 100);
}

async fn record(store: &PostgresStore) -> Result<(), StoreError> {
    let entry = |n: u32, room| AuditEntry {
        id: AuditEventId(id(n)),
        kind: AuditKind::RoleChanged,
        detail: Some(AuditDetail::ByServerAdmin),
        room,
        actor: Some(user(1)),
        target: Some(user(2)),
        message: None,
        address: None,
        at: moment(0),
    };
    let mut work = store.begin().await?;
    work.record(entry(900_000, Some(room(1)))).await?;
    work.record(entry(900_001, None)).await
}

/// One alone, and then enough at once to share commits.
async fn send(plans: &mut Recorder) {
    let store = plans.store.clone();
    let new = |n: u32| NewMessage {
        // Each planning mode sends new messages.
        id: MessageId(Uuid::from_u128((u128::from(u64::from(n)) << 64) + 1 + unique())),
        room: room(n),
        sender: user(1),
        session: SessionId(id(20_000)),
        body: Body::Text(Content::parse("Hello").unwrap()),
        extras: SentExtras::default(),
        client_key: Some(ClientKey::parse(&format!("test-{}", unique())).unwrap()),
        at: moment(5_000_000),
    };
    plans.record("send", FEW, store.append(new(1))).await;
    let body = Body::Attachment { kind: AttachmentKind::File, file: FileId(id(5_000_001)), caption: None };
    let of_another = NewMessage { body, ..new(1) };
    let refused = async { Ok::<_, StoreError>(store.append(of_another).await.is_err()) };
    assert!(plans.record("send a file of another user", FEW, refused).await);
    let (quoted, root) = (Some(MessageId(id(77_777))), Some(MessageId(id(5))));
    let extras = SentExtras { reply_to: quoted, thread: root, ..SentExtras::default() };
    let reply = NewMessage { extras, ..new(1) };
    plans.record("send a reply in a thread", FEW, store.append(reply)).await;
    let body = Body::Text(Content::parse("@user1 @user3 @nobody @room").unwrap());
    plans.record("send with mentions", FEW, store.append(NewMessage { body, ..new(1) })).await;
    let to_no_room = new(4_000_000_000);
    let refused = async { Ok::<_, StoreError>(store.append(to_no_room).await.is_err()) };
    assert!(plans.record("send to no room", FEW, refused).await);
    let many: Vec<NewMessage> = (1..=200).map(|n| new(1 + n % 100)).collect();
    let all_at_once = async {
        let mut tasks = JoinSet::new();
        for new in many {
            let store = store.clone();
            tasks.spawn(async move { store.append(new).await });
        }
        tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()
    };
    // The times of that many of so few public rooms are found by reading them all.
    plans.record("send 200 at once", LIST, all_at_once).await;
}

fn unique() -> u128 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed).into()
}

async fn accounts(store: &PostgresStore) -> Result<(), StoreError> {
    let hash = || PasswordHash("hash".into());
    let session = |n| SessionId(id(n));
    let begun = store.begin_in(session(20_000), moment(0)).await;
    let mut work = begun.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let newcomer = User {
        id: user(900_000),
        username: Username::stored("Newcomer".into()),
        email: Email::stored("newcomer@example.org".into()),
        created_at: moment(0),
    };
    work.insert_user(NewUser { user: newcomer, password: hash() }).await?;
    work.set_password(user(9), hash(), None).await?;
    work.set_server_admin(user(9), true).await?;
    assert!(work.set_disabled(user(10), Some(moment(9))).await?);
    work.offer_admin_link(LinkHash::of("secret"), moment(9)).await?;
    work.offer_admin_link(LinkHash::of("other"), moment(9)).await?;
    assert!(work.take_admin_link(LinkHash::of("other"), moment(8)).await?);
    work.withdraw_admin_link().await?;
    let new = Session { id: session(900_000), user: user(9), created_at: moment(0), expires_at: moment(9) };
    assert!(work.insert_session(new, hash()).await?);
    assert!(work.extend_session(session(900_000), moment(99)).await?);
    let grant = TicketGrant { session: session(900_000), token_expires_at: moment(99) };
    let ticket = TicketHash::of("ticket");
    work.insert_ticket(Ticket { hash: ticket, grant, expires_at: moment(9) }).await?;
    assert_eq!(work.take_ticket(ticket, moment(8)).await?, Some(grant));
    work.delete_lapsed_tickets(session(900_000), moment(8)).await?;
    work.end_session(session(20_000), moment(9)).await?;
    work.end_sessions(user(9), None, moment(9)).await?;
    work.end_sessions(user(9), Some(session(8)), moment(9)).await
}

async fn rooms(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    let slugs = ["room-1", "room-2", "room-1001"].map(|slug| Slug::stored(slug.into())).to_vec();
    let free = work.free_slug(slugs).await?;
    assert_eq!(free.as_str(), "room-1001");
    let mut locked = work.lock_room(room(1)).await?.unwrap();
    work.save_room(locked.clone()).await?;
    locked.id = room(900_000);
    locked.access = Access::Public { slug: free };
    work.insert_room(locked.clone()).await?;
    locked.id = room(900_001);
    locked.access = Access::Private(PrivateKind::Direct);
    assert!(work.insert_direct(locked, DirectKey([7; 32])).await?);
    assert!(work.claim_slug(Slug::stored("room-1002".into())).await?);
    work.delete_room(room(5), Revision(9_000), moment(9_000_000)).await
}

async fn members(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    let found = work.membership(room(1), user(2)).await?.unwrap();
    assert_eq!(work.admin_count(room(1)).await?, 1);
    work.save_membership(Membership { user: user(15_000), ..found.clone() }).await?;
    work.save_membership(found).await?;
    work.end_membership(room(1), user(2), Revision(1), moment(0)).await?;
    assert!(work.invitation(room(3), user(15_001)).await?.is_some());
    let (room, user, invited_by) = (room(1), user(15_001), user(1));
    work.insert_invitation(NewInvitation { room, user, invited_by, created_at: moment(0) }).await?;
    assert!(work.delete_invitation(room, user).await?);
    let (heir, membership) = work.longest_standing(crate::room(4), invited_by).await?.unwrap();
    assert_ne!(heir.id, invited_by);
    work.insert_memberships(vec![Membership { user, ..membership }]).await
}

/// Below the quotas and at them: in each case at most as many rows are read as the quota has.
async fn owned(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.lock_owners(vec![user(2), user(1)]).await?;
    for most in [5, 100] {
        work.room_count(user(1), most).await?;
        assert!(work.most_memberships(vec![user(2), user(1)], most).await? > 0);
        work.invitation_count(room(3), most).await?;
    }
    Ok(())
}

async fn files(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    let file = FileReader::file(store, FileId(id(5_000_001)), user(19_000)).await?.unwrap();
    let (by, at) = (file.uploaded_by.id, moment(9_000_000));
    assert_eq!(work.delete_file(file.id, by, at).await?, FileRemoval::Removed);
    work.insert_file(File { id: FileId(id(9_000_000)), ..file.clone() }).await?;
    assert_eq!(work.delete_file(FileId(id(200_005)), by, at).await?, FileRemoval::Absent);
    work.lock_usage(user(3), at).await?;
    let reservation = Reservation { file: FileId(id(9_000_001)), user: user(3), bytes: 5, expires_at: at };
    work.reserve(reservation).await?;
    assert_eq!(work.release(reservation.file).await?, 5);
    work.quarantine(vec![reservation.file], at).await?;
    work.forget_removed(reservation.file).await?;
    work.count_change().await?;
    work.delay_sweeps(at, 7).await
}

async fn answers(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    // One that the sweeps before do not reach.
    let id = AnswerId(id(7_010_000));
    assert!(work.kept_answer(id, moment(-9_000_000)).await?.is_some());
    let new = NewAnswer { id, fingerprint: Fingerprint([7; 32]), answer: vec![], at: moment(9) };
    assert!(work.keep_answer(new, moment(9_000_000)).await?);
    Ok(())
}

async fn messages(store: &PostgresStore) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    let (message, room, by, at) = (MessageId(id(77_777)), room(1), user(1), moment(9_000_000));
    assert!(work.message(room, message).await?.is_some());
    let (content, revision) = (Content::parse("Otherwise").ok(), Revision(900_000));
    work.edit_message(Edit { message, room, content, metadata: None, revision, by, at }).await?;
    let members = work.members_named(room, vec!["user1".into(), "user2".into(), "user15000".into()]).await?;
    assert_eq!(members.len(), 2);
    work.replace_mentions(message, Mentions { people: members, room: true }).await?;
    work.delete_message(Deletion { message, room, revision: Revision(900_001), by, at }).await
}
