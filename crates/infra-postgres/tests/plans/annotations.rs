//! Reactions, pins and mentions.

use domain::message::{
    Anchor, Annotation, AnnotationAct, Emoji, MentionQuery, MessageLog, MessageReader, TimelinePosition,
};
use domain::{MessageId, PageRequest, SessionId};
use tokio::task::JoinSet;

use crate::{FEW, LIST, Recorder, id, moment, room, user};

/// The message with a reaction of 20,000 users.
const POPULAR: u32 = 77_777;

fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).unwrap()
}

fn message(n: u32) -> MessageId {
    MessageId(id(n))
}

pub(crate) async fn run(plans: &mut Recorder) {
    Box::pin(reads(plans)).await;
    Box::pin(mentions(plans)).await;
    Box::pin(writes(plans)).await;
}

async fn reads(plans: &mut Recorder) {
    let store = plans.store.clone();
    let popular = store.message(room(1), message(POPULAR));
    let found = plans.record("a popular message", FEW, popular).await.unwrap();
    let reaction = &found.extras().reactions[0];
    assert_eq!((reaction.count, reaction.users.len()), (20_000, 10));
    for page in [1, 2] {
        let request = PageRequest { page, limit: 100 };
        let users = store.reaction_users(room(1), message(POPULAR), emoji("many"), request);
        let found = plans.record(format!("users of a reaction, page {page}"), FEW, users).await.unwrap();
        assert_eq!((found.items.len(), found.total), (100, 20_000));
    }
    let pins = store.pins(room(1), PageRequest { page: 1, limit: 100 });
    assert_eq!(plans.record("pins", FEW, pins).await.total, 50);
    let sent = plans.record("the time of a message", FEW, store.sent_at(message(POPULAR), user(1))).await;
    assert!(sent.is_some());
}

/// User 1 is in 600 rooms; user 12 in one, where only the room is mentioned.
async fn mentions(plans: &mut Recorder) {
    let store = plans.store.clone();
    let (some, time) =
        (TimelinePosition::Message(moment(500_000), message(500_000)), TimelinePosition::Time(moment(9_000)));
    for anchor in
        [Anchor::Newest, Anchor::Before(some), Anchor::Before(time), Anchor::After(some), Anchor::After(time)]
    {
        for (member, most) in [(1, LIST), (500, FEW)] {
            let query = MentionQuery { anchor, limit: 100 };
            let name = format!("mentions {anchor:?} of {member}");
            plans.record(name, most, store.mentions(user(member), query)).await;
        }
    }
}

/// One alone, and then many at once, which share commits.
async fn writes(plans: &mut Recorder) {
    let store = plans.store.clone();
    let new = |n: u32, act| Annotation {
        room: room(1),
        message: message(n),
        user: user(1),
        session: SessionId(id(20_000)),
        act,
        at: moment(5_000_000),
    };
    let (react, unreact) = (AnnotationAct::React(emoji("new")), AnnotationAct::Unreact(emoji("new")));
    for act in [react.clone(), unreact, AnnotationAct::Unpin] {
        plans.record(format!("{act:?}"), FEW, store.annotate(new(POPULAR, act))).await;
    }
    for act in [AnnotationAct::Unpin, AnnotationAct::Pin] {
        plans.record(format!("{act:?} a pinned message"), FEW, store.annotate(new(2_001, act))).await;
    }
    let all_at_once = async {
        let mut tasks = JoinSet::new();
        for n in 0..99 {
            let (store, new) = (store.clone(), new(300_001 + 2 * n, react.clone()));
            tasks.spawn(async move { store.annotate(new).await.map(drop) });
        }
        let mut done = tasks.join_all().await.into_iter().filter(Result::is_err);
        done.next().unwrap_or(Ok(()))
    };
    plans.record("react to 99 messages at once", FEW, all_at_once).await;
}
