//! Laws of reactions and pins.

use std::pin::pin;

use domain::account::UserRef;
use domain::event::{Change, ChangeKind};
use domain::membership::Role;
use domain::message::{Annotation, AnnotationAct, Message, PinChange, Reaction, ReactionChange};
use domain::room::{Revision, Room};
use domain::{Page, PageRequest, Refusal};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, annotate, annotation, at, delete, emoji, join, leave, message, message_id, new_message, pages,
    private, react, refused_annotation, send, session_of, users,
};

/// Creates users, a private room of all of them whose admin is the first, and a message of that admin.
async fn a_message_to<const N: usize>(store: &impl AnyStore) -> ([UserRef; N], Room, Message) {
    let people: [UserRef; N] = users(store).await;
    let room = fixtures::open(store, private(1, &people[0])).await;
    for user in &people[1..] {
        join(store, room.id, user.id, Role::Member, at(2)).await;
    }
    let message = send(store, new_message(1, room.id, people[0].id, "hello")).await;
    (people, room, message)
}

async fn again(store: &impl AnyStore, of: &Message) -> Message {
    message(store, of.room, of.id).await.unwrap()
}

fn revision(change: Option<Change>) -> Revision {
    change.unwrap().revision
}

/// All of them in pages of their own; the first ten at the message. Those who left keep theirs.
pub async fn a_reaction_shows_its_users_in_the_order_of_use(store: impl AnyStore) {
    let (people, room, sent) = a_message_to::<12>(&store).await;
    react(&store, &sent, people[3].id, "👎").await;
    let mut order: Vec<&UserRef> = people.iter().collect();
    order.reverse();
    for user in &order {
        react(&store, &sent, user.id, "👍").await;
    }
    leave(&store, room.id, people[11].id).await;
    let users = |users: &[&UserRef]| users.iter().copied().cloned().collect::<Vec<_>>();
    let wanted = [
        Reaction { emoji: emoji("👎"), count: 1, users: vec![people[3].clone()] },
        Reaction { emoji: emoji("👍"), count: 12, users: users(&order[..10]) },
    ];
    assert_eq!(again(&store, &sent).await.extras().reactions, wanted);
    let list =
        async |page| store.reaction_users(room.id, sent.id, emoji("👍"), page).await.map(Option::unwrap);
    assert_eq!(pages(5, list).await, users(&order));
    let unused = store.reaction_users(room.id, sent.id, emoji("❤"), fixtures::FIRST).await.unwrap();
    assert_eq!(unused, Some(Page { items: vec![], total: 0 }));
}

/// Reactions are ordered by the earliest use that is still there.
pub async fn a_reaction_taken_back_leaves_the_others(store: impl AnyStore) {
    let (people, _, sent) = a_message_to::<2>(&store).await;
    let [alice, bob] = &people;
    for (user, text) in [(alice, "a"), (alice, "b"), (bob, "a")] {
        react(&store, &sent, user.id, text).await;
    }
    let back = annotate(&store, &sent, alice.id, AnnotationAct::Unreact(emoji("a"))).await.unwrap();
    let removed =
        ReactionChange { message: sent.id, seq: sent.seq, emoji: emoji("a"), count: 1, user: alice.clone() };
    assert_eq!(back.kind, ChangeKind::ReactionRemoved(removed));
    let shown =
        |text: &str, user: &UserRef| Reaction { emoji: emoji(text), count: 1, users: vec![user.clone()] };
    let now = again(&store, &sent).await;
    assert_eq!(now.extras().reactions, [shown("b", alice), shown("a", bob)]);
    assert_eq!(now.revision, back.revision);
    for (user, text) in [(alice, "b"), (bob, "a")] {
        annotate(&store, &sent, user.id, AnnotationAct::Unreact(emoji(text))).await;
    }
    let bare = again(&store, &sent).await;
    assert_eq!((bare.extras, bare.revision.0), (None, back.revision.0 + 2));
}

/// Neither of the room nor of the message.
pub async fn an_annotation_that_changes_nothing_makes_no_revision(store: impl AnyStore) {
    let ([alice, bob], room, sent) = a_message_to::<2>(&store).await;
    react(&store, &sent, alice.id, "a").await;
    let pinned = revision(annotate(&store, &sent, alice.id, AnnotationAct::Pin).await);
    for (user, act) in [
        (&alice, AnnotationAct::React(emoji("a"))),
        (&bob, AnnotationAct::Unreact(emoji("a"))),
        (&alice, AnnotationAct::Unreact(emoji("b"))),
        (&alice, AnnotationAct::Pin),
    ] {
        assert_eq!(annotate(&store, &sent, user.id, act).await, None);
    }
    assert_eq!(again(&store, &sent).await.revision, pinned);
    assert_eq!(fixtures::room(&store, room.id, &alice).await.unwrap().room.log.revision, pinned);
}

/// Of many users at once, while others send.
pub async fn reactions_and_appends_at_once_share_one_gapless_revision(store: impl AnyStore) {
    let (people, room, sent) = a_message_to::<8>(&store).await;
    let reactions = join_all(people.iter().map(|user| react(&store, &sent, user.id, "a")));
    let messages =
        join_all((10..18).map(|n| send(&store, new_message(n, room.id, people[0].id, "meanwhile"))));
    let (reactions, messages) = futures_util::future::join(reactions, messages).await;
    let mut counts: Vec<u32> = reactions
        .iter()
        .map(|change| match &change.as_ref().unwrap().kind {
            ChangeKind::ReactionAdded(reaction) => reaction.count,
            other => panic!("{other:?}"),
        })
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=8).collect::<Vec<_>>());
    let mut revisions: Vec<i64> = messages.iter().map(|message| message.revision.0).collect();
    revisions.extend(reactions.into_iter().map(|change| revision(change).0));
    revisions.sort_unstable();
    let first = sent.revision.0 + 1;
    assert_eq!(revisions, (first..first + 16).collect::<Vec<_>>());
    assert_eq!(again(&store, &sent).await.extras().reactions[0].count, 8);
}

/// However the users divide them, and in one commit as in many.
pub async fn a_message_has_at_most_20_different_reactions(store: impl AnyStore) {
    let ([alice, bob], _, sent) = a_message_to::<2>(&store).await;
    let react_with = |n: u32, user: &UserRef| {
        store.annotate(annotation(&sent, user.id, AnnotationAct::React(emoji(&format!("e{n}")))))
    };
    let all = join_all((0..12).map(|n| react_with(n, &alice)).chain((10..22).map(|n| react_with(n, &bob))));
    let refused = all.await.into_iter().filter(Result::is_err).count();
    assert_eq!(refused, 2);
    assert_eq!(again(&store, &sent).await.extras().reactions.len(), 20);
    let one_more = annotation(&sent, alice.id, AnnotationAct::React(emoji("more")));
    assert_eq!(refused_annotation(&store, one_more.clone()).await, Refusal::TooManyReactions);
    annotate(&store, &sent, alice.id, AnnotationAct::Unreact(emoji("e0"))).await.unwrap();
    assert!(store.annotate(one_more).await.unwrap().is_some());
}

/// The latest pin first. A message that is deleted is pinned no more, by the one revision of its deletion.
pub async fn pins_are_listed_until_they_end(store: impl AnyStore) {
    let ([alice], room, first) = a_message_to::<1>(&store).await;
    let mut sent = vec![first];
    for n in 2..=4 {
        sent.push(send(&store, new_message(n, room.id, alice.id, "another")).await);
    }
    react(&store, &sent[3], alice.id, "a").await;
    for n in [2, 0, 3, 1] {
        let pinned = annotate(&store, &sent[n], alice.id, AnnotationAct::Pin).await.unwrap();
        let (message, seq) = (sent[n].id, sent[n].seq);
        let pin = PinChange { message, seq, pinned_at: Some(at(70)), user: alice.clone() };
        assert_eq!(pinned.kind, ChangeKind::MessagePinned(pin));
        assert_eq!(again(&store, &sent[n]).await.extras().pinned_at, Some(at(70)));
    }
    let listed = async || -> Vec<_> {
        let listed = pages(2, async |page| store.pins(room.id, page).await).await;
        listed.into_iter().map(|message| message.id).collect()
    };
    let ids = |places: &[usize]| places.iter().map(|n| sent[*n].id).collect::<Vec<_>>();
    assert_eq!(listed().await, ids(&[1, 3, 0, 2]));
    let unpinned = revision(annotate(&store, &sent[3], alice.id, AnnotationAct::Unpin).await);
    let now = again(&store, &sent[3]).await;
    assert_eq!((now.extras().pinned_at, now.extras().reactions.len()), (None, 1));
    let deleted = delete(&store, &sent[0], alice.id, at(80)).await;
    assert_eq!(deleted, unpinned.next());
    assert_eq!(listed().await, ids(&[1, 2]));
    assert_eq!(again(&store, &sent[0]).await.extras, None);
    annotate(&store, &sent[3], alice.id, AnnotationAct::Pin).await;
    assert_eq!(listed().await, ids(&[3, 1, 2]));
}

/// Deleted messages take no place.
pub async fn a_room_has_at_most_50_pins(store: impl AnyStore) {
    let ([alice], room, first) = a_message_to::<1>(&store).await;
    let sent = join_all((2..=52).map(|n| send(&store, new_message(n, room.id, alice.id, "another")))).await;
    let pin = |message: &Message| annotation(message, alice.id, AnnotationAct::Pin);
    let pinned = join_all(sent.iter().map(|message| store.annotate(pin(message)))).await;
    assert_eq!(pinned.into_iter().filter(Result::is_err).count(), 1);
    assert_eq!(refused_annotation(&store, pin(&first)).await, Refusal::TooManyPins);
    let one = store.pins(room.id, PageRequest { page: 1, limit: 1 }).await.unwrap();
    assert_eq!(one.total, 50);
    delete(&store, &one.items[0], alice.id, at(80)).await;
    assert!(store.annotate(pin(&first)).await.unwrap().is_some());
}

/// By the same rules as a message; a tombstone, or a message of another room, is not there.
pub async fn an_annotation_is_refused_as_a_message_is(store: impl AnyStore) {
    let ([alice, bob, carol], room, sent) = a_message_to::<3>(&store).await;
    let react = |user: &UserRef| annotation(&sent, user.id, AnnotationAct::React(emoji("a")));
    let in_his_name = Annotation { session: session_of(bob.id), ..react(&alice) };
    assert_eq!(refused_annotation(&store, in_his_name).await, Refusal::Unauthenticated);
    leave(&store, room.id, carol.id).await;
    assert_eq!(refused_annotation(&store, react(&carol)).await, Refusal::RoomNotFound);
    let pin = annotation(&sent, bob.id, AnnotationAct::Pin);
    assert_eq!(refused_annotation(&store, pin).await, Refusal::AdminRequired);
    let other = fixtures::open(&store, private(2, &alice)).await;
    let elsewhere = Annotation { room: other.id, ..react(&alice) };
    assert_eq!(refused_annotation(&store, elsewhere).await, Refusal::MessageNotFound);
    let absent = Annotation { message: message_id(99), ..react(&alice) };
    assert_eq!(refused_annotation(&store, absent).await, Refusal::MessageNotFound);
    fixtures::react(&store, &sent, bob.id, "a").await;
    delete(&store, &sent, alice.id, at(80)).await;
    assert_eq!(refused_annotation(&store, react(&alice)).await, Refusal::MessageNotFound);
    let users = store.reaction_users(room.id, sent.id, emoji("a"), fixtures::FIRST).await.unwrap();
    assert_eq!(users, None);
    assert_eq!(again(&store, &sent).await.extras, None);
}

/// Once, with everything it shows now.
pub async fn an_annotated_message_is_among_the_changes(store: impl AnyStore) {
    let ([alice, bob], room, first) = a_message_to::<2>(&store).await;
    let second = send(&store, new_message(2, room.id, bob.id, "another")).await;
    for message in [&first, &second] {
        react(&store, message, alice.id, "a").await;
        react(&store, message, bob.id, "b").await;
    }
    annotate(&store, &first, alice.id, AnnotationAct::Pin).await;
    let (first_now, second_now) = (again(&store, &first).await, again(&store, &second).await);
    let read = store.changes(room.id, first.revision, first.revision, 100).await.unwrap().unwrap();
    let kinds: Vec<ChangeKind> = read.items.into_iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Sent(second_now), ChangeKind::Edited(first_now.clone())]);
    assert_eq!(first_now.extras().reactions.len(), 2);
    assert!(first_now.extras().pinned_at.is_some());
}

/// 64 people react to one message of a room that is locked meanwhile: `commits` counts those that change rooms.
pub async fn reactions_to_one_message_share_commits(store: impl AnyStore, commits: impl AsyncFn() -> i64) {
    let (people, room, sent) = a_message_to::<64>(&store).await;
    let mut work = store.begin().await.unwrap();
    work.lock_room(room.id).await.unwrap().unwrap();
    let before = commits().await;
    let mut reactions = pin!(join_all(people.iter().map(|user| react(&store, &sent, user.id, "a"))));
    // From their first step on they wait together.
    assert!(reactions.as_mut().now_or_never().is_none());
    drop(work);
    let changes = reactions.await;
    assert!(changes.iter().all(Option::is_some));
    let commits = commits().await - before;
    assert!((1..=4).contains(&commits), "{commits} commits");
    assert_eq!(again(&store, &sent).await.extras().reactions[0].count, 64);
}
