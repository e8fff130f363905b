//! A random history, applied to the store and to a list.

use domain::RoomId;
use domain::account::UserRef;
use domain::membership::Role;
use domain::message::{
    Anchor, AttachmentKind, Body, HistoryQuery, Message, MessageKind, MessageState, NewMessage, Position,
    Window,
};
use domain::room::Seq;

use super::fits;
use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, content, delete, edit, join as join_room, new_message, private, send, stored_image, users,
    window,
};

/// A sequence of pseudo-random numbers (`SplitMix64`), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next_below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a mut [T]) -> Option<&'a mut T> {
        let len = u64::try_from(from.len()).unwrap();
        if len == 0 { None } else { from.get_mut(usize::try_from(self.next_below(len)).unwrap()) }
    }
}

/// After sends, edits and deletions in any order, every window is that of the list.
pub async fn a_random_history_equals_its_model(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    for seed in 1..=4 {
        let room = fixtures::open(&store, private(seed, &alice)).await;
        join_room(&store, room.id, bob.id, Role::Member, at(2)).await;
        let model = apply_random_history(&store, seed, room.id, [&alice, &bob]).await;
        let end = i64::try_from(model.len()).unwrap() + 1;
        let mut anchors = vec![Anchor::Newest];
        for seq in 0..=end {
            anchors.extend([Anchor::Before(Position::Seq(Seq(seq))), Anchor::After(Position::Seq(Seq(seq)))]);
        }
        for moment in model.iter().map(|message| Position::Time(message.created_at)) {
            anchors.extend([Anchor::Before(moment), Anchor::After(moment)]);
        }
        for anchor in anchors {
            for (limit, kind, sender) in [
                (1, None, None),
                (4, None, None),
                (3, Some(MessageKind::Text), None),
                (100, None, Some(bob.id)),
            ] {
                let query = HistoryQuery { kind, sender, ..window(anchor, limit) };
                let read = store.window(room.id, query).await.unwrap();
                assert_eq!(read, expected(&model, query), "seed {seed}, {query:?}");
            }
        }
    }
}

/// Applies a random history to the store and to the list that it returns.
async fn apply_random_history(
    store: &impl AnyStore,
    seed: u32,
    room: RoomId,
    senders: [&UserRef; 2],
) -> Vec<Message> {
    let mut random = Random(seed.into());
    let mut model: Vec<Message> = vec![];
    for step in 0..40u32 {
        let sender = senders[usize::try_from(random.next_below(2)).unwrap()];
        let by = sender.id;
        let moment = at(i64::try_from(random.next_below(1_000)).unwrap());
        let text = format!("seed {seed} step {step}");
        let mut live: Vec<&mut Message> =
            model.iter_mut().filter(|message| message.body().is_some()).collect();
        match (random.next_below(5), random.pick(&mut live)) {
            (0, Some(message)) => {
                message.revision = edit(store, message, &text, by, moment).await;
                message.edited_at = Some(moment);
                message.state = MessageState::Live(match message.body() {
                    Some(Body::Attachment { kind, file, .. }) => {
                        Body::Attachment { kind: *kind, file: *file, caption: Some(content(&text)) }
                    }
                    _ => Body::Text(content(&text)),
                });
            }
            (1, Some(message)) => {
                message.revision = delete(store, message, by, moment).await;
                message.state = MessageState::Deleted { kind: message.kind(), at: moment };
                message.file = None;
            }
            (choice, _) => {
                let mut new = NewMessage { at: moment, ..new_message(seed * 1_000 + step, room, by, &text) };
                if choice == 2 {
                    let file = stored_image(store, seed * 1_000 + step, sender).await.id;
                    new.body = Body::Attachment { kind: AttachmentKind::File, file, caption: None };
                }
                model.push(send(store, new).await);
            }
        }
    }
    model
}

fn expected(model: &[Message], query: HistoryQuery) -> Window {
    let beyond = |message: &&Message| match query.anchor {
        Anchor::Newest => true,
        Anchor::Before(Position::Seq(seq)) => message.seq < seq,
        Anchor::Before(Position::Time(at)) => message.created_at < at,
        Anchor::After(Position::Seq(seq)) => message.seq > seq,
        Anchor::After(Position::Time(at)) => message.created_at > at,
    };
    let wanted = model.iter().filter(beyond).filter(|message| fits(message, query.kind, query.sender));
    let mut messages: Vec<Message> = wanted.cloned().collect();
    let limit = usize::try_from(query.limit).unwrap();
    let has_more = messages.len() > limit;
    if has_more && matches!(query.anchor, Anchor::After(_)) {
        messages.truncate(limit);
    } else if has_more {
        messages.drain(..messages.len() - limit);
    }
    Window { messages, has_more }
}
