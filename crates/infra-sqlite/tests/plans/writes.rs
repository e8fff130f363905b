//! Plans of writes.

use contract::store::audit::entry;
use contract::store::everything::Filled;
use domain::account::{PasswordHash, Ticket, TicketGrant, TicketHash};
use domain::admin::LinkHash;
use domain::audit::{AuditEntry, AuditKind};
use domain::direct::DirectKey;
use domain::file::Reservation;
use domain::idempotency::NewAnswer;
use domain::message::{
    Annotation, AnnotationAct, ClientKey, Content, Deletion, Edit, Emoji, Fingerprint, MarkMove, Mentions,
    MessageLog, NewMessage, ReadMarks,
};
use domain::room::{Access, PrivateKind, Revision, Room, Seq, Slug};
use domain::store::{Housekeeping, Store};
use domain::{AnswerId, FileId, MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};
use infra_sqlite::SqliteStore;

use crate::planner::Planner;
use crate::{at, id};

/// Units of work are dropped and leave nothing behind.
pub(crate) async fn run(plans: &mut Planner, Filled { room, admin, .. }: Filled) {
    let store = plans.store.clone();
    let session = SessionId(id(1 | 1 << 100));
    let new = NewMessage {
        id: MessageId(id(9_000)),
        room,
        sender: admin,
        session,
        body: domain::message::Body::Text(Content::parse("hello @user-1").unwrap()),
        extras: domain::message::SentExtras::default(),
        client_key: ClientKey::parse("another key").ok(),
        at: at(9_000),
    };
    plans
        .record(async { store.append(new).await.map_err(|error| StoreError::Corrupt(error.to_string())) })
        .await;
    let message = MessageId(id(1));
    for act in [
        AnnotationAct::React(Emoji::parse("a").unwrap()),
        AnnotationAct::Unreact(Emoji::parse("a").unwrap()),
        AnnotationAct::Unpin,
        AnnotationAct::Pin,
    ] {
        let new = Annotation { room, message, user: admin, session, act, at: at(9_000) };
        let annotated =
            async { store.annotate(new).await.map_err(|error| StoreError::Corrupt(error.to_string())) };
        assert!(plans.record(annotated).await.0.is_some());
    }
    plans.record(store.move_mark(room, UserId(id(2)), MarkMove::Forward(Seq(2)))).await;
    plans.record(store.move_mark(room, UserId(id(2)), MarkMove::To(Seq(1)))).await;
    plans.record(unit_of_work(&store, room, admin, session)).await;
    for before in [at(-9_000_000), at(9_000_000)] {
        plans.record(store.sweep(before, 100)).await;
        plans.record(store.sweep_audit(before, 100, 100)).await;
    }
}

async fn unit_of_work(
    store: &SqliteStore,
    room: RoomId,
    by: UserId,
    session: SessionId,
) -> Result<(), StoreError> {
    let (message, revision, at) = (MessageId(id(1)), Revision(900), at(9_000));
    let begun = store.begin_in(session, Timestamp::EPOCH).await;
    let mut work = begun.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    assert!(work.set_password(by, PasswordHash("hash".into()), None).await?);
    work.set_server_admin(by, true).await?;
    work.set_disabled(by, Some(at)).await?;
    work.set_disabled(by, None).await?;
    work.offer_admin_link(LinkHash::of("secret"), at).await?;
    assert!(work.take_admin_link(LinkHash::of("secret"), Timestamp::EPOCH).await?);
    work.withdraw_admin_link().await?;
    assert!(work.extend_session(session, at).await?);
    let grant = TicketGrant { session, token_expires_at: at };
    let ticket = Ticket { hash: TicketHash::of("ticket"), grant, expires_at: at };
    work.insert_ticket(ticket).await?;
    assert_eq!(work.take_ticket(ticket.hash, Timestamp::EPOCH).await?, Some(grant));
    work.delete_lapsed_tickets(session, at).await?;
    work.end_session(session, at).await?;
    work.end_sessions(by, Some(session), at).await?;
    work.lock_owners(vec![by]).await?;
    work.room_count(by, 9).await?;
    for most in [1, 9] {
        work.most_memberships(vec![by, UserId(id(2))], most).await?;
    }
    work.invitation_count(room, 9).await?;
    work.free_slug(vec![Slug::stored("room-1".into()), Slug::stored("free".into())]).await?;
    work.claim_slug(Slug::stored("another".into())).await?;
    let locked = work.lock_room(room).await?.unwrap();
    work.save_room(locked.clone()).await?;
    let direct = Room { id: RoomId(id(900)), access: Access::Private(PrivateKind::Direct), ..locked };
    assert!(work.insert_direct(direct, DirectKey([7; 32])).await?);
    let mine = work.membership(room, by).await?.unwrap();
    work.save_membership(mine).await?;
    work.admin_count(room).await?;
    work.longest_standing(room, by).await?;
    work.end_membership(room, UserId(id(2)), revision, at).await?;
    work.invitation(room, by).await?;
    work.delete_invitation(room, by).await?;
    assert!(work.message(room, message).await?.is_some());
    let content = Content::parse("otherwise").ok();
    work.edit_message(Edit { message, room, content, metadata: None, revision, by, at }).await?;
    let people = work.members_named(room, vec!["user-1".into()]).await?;
    work.replace_mentions(message, Mentions { people, room: true }).await?;
    work.delete_message(Deletion { message, room, revision, by, at }).await?;
    work.delete_file(FileId(id(1)), by, at).await?;
    work.lock_usage(UserId(id(2)), at).await?;
    let reservation = Reservation { file: FileId(id(8)), user: UserId(id(2)), bytes: 5, expires_at: at };
    work.reserve(reservation).await?;
    assert_eq!(work.release(reservation.file).await?, 5);
    work.quarantine(vec![reservation.file], at).await?;
    work.forget_removed(reservation.file).await?;
    work.count_change().await?;
    work.delay_sweeps(at, 7).await?;
    let answer = AnswerId(id(1));
    work.kept_answer(answer, at).await?;
    let new = NewAnswer { id: answer, fingerprint: Fingerprint([1; 32]), answer: vec![], at };
    work.keep_answer(new, at).await?;
    work.record(AuditEntry { room: Some(room), ..entry(9_000, AuditKind::RoomDeleted) }).await?;
    work.delete_room(room, revision, at).await
}
