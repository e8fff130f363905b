//! Laws of mentions.

use domain::account::UserRef;
use domain::membership::Role;
use domain::message::{Anchor, MarkMove, MentionQuery, Mentions, Message, NewMessage, TimelinePosition};
use domain::room::{Room, Seq};
use domain::{RoomId, UserId};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, delete, delete_room, join, leave, message, new_message, private, replace_mentions, send, users,
};

/// Creates three users, and a private room of the first two, whose admin is the first.
async fn a_room_of_two(store: &impl AnyStore) -> ([UserRef; 3], Room) {
    let people = users(store).await;
    let room = fixtures::open(store, private(1, &people[0])).await;
    join(store, room.id, people[1].id, Role::Member, at(2)).await;
    (people, room)
}

/// Message `n` of a user, which is as late as its number.
async fn say(store: &impl AnyStore, n: u32, room: RoomId, by: &UserRef, text: &str) -> Message {
    send(store, new_message(n, room, by.id, text)).await
}

async fn count(store: &impl AnyStore, room: RoomId, user: &UserRef) -> i64 {
    fixtures::room(store, room, user).await.unwrap().mine.unwrap().mention_count
}

/// The ids of all messages that mention the user, oldest first.
async fn mentions(store: &impl AnyStore, user: UserId) -> Vec<u128> {
    let query = MentionQuery { anchor: Anchor::Newest, limit: 100 };
    let window = store.mentions(user, query).await.unwrap();
    assert!(!window.has_more);
    numbers(&window.messages)
}

fn numbers(messages: &[Message]) -> Vec<u128> {
    messages.iter().map(|message| message.id.0.as_u128()).collect()
}

/// In any case, in the order of their first appearance; only members of that room, and the room by an admin only.
pub async fn a_message_mentions_members_of_its_room(store: impl AnyStore) {
    let ([alice, bob, carol], room) = a_room_of_two(&store).await;
    let other = fixtures::open(&store, private(2, &carol)).await;
    let hers = say(&store, 1, room.id, &alice, "@USER-2, @user-3 and @User-1; @Room @user-2").await;
    assert_eq!(hers.mentions(), Mentions { people: vec![bob.clone(), alice.clone()], room: true });
    let his = say(&store, 2, room.id, &bob, "@user-1 @room").await;
    assert_eq!(his.mentions(), Mentions { people: vec![alice.clone()], room: false });
    let elsewhere = say(&store, 3, other.id, &carol, "@user-1").await;
    assert_eq!(elsewhere.mentions(), Mentions::default());
    for sent in [hers, his, elsewhere] {
        assert_eq!(message(&store, sent.room, sent.id).await, Some(sent));
    }
}

/// Each message once, also where it mentions the member and the room; not those that were read or deleted.
pub async fn unread_mentions_are_counted(store: impl AnyStore) {
    let ([alice, bob, carol], room) = a_room_of_two(&store).await;
    let texts = ["@user-2", "nothing", "@room", "@user-2 @room", "@user-1", "@user-2 and more"];
    let mut sent = vec![];
    for (n, text) in (1..).zip(texts) {
        sent.push(say(&store, n, room.id, &alice, text).await);
    }
    assert_eq!(count(&store, room.id, &bob).await, 4);
    assert_eq!(count(&store, room.id, &alice).await, 0, "a sender has read what they sent");
    delete(&store, &sent[5], alice.id, at(50)).await;
    assert_eq!(count(&store, room.id, &bob).await, 3);
    delete(&store, &sent[2], alice.id, at(51)).await;
    assert_eq!(count(&store, room.id, &bob).await, 2);
    store.move_mark(room.id, bob.id, MarkMove::Forward(Seq(1))).await.unwrap();
    assert_eq!(count(&store, room.id, &bob).await, 1);
    store.move_mark(room.id, bob.id, MarkMove::Forward(Seq(6))).await.unwrap();
    assert_eq!(count(&store, room.id, &bob).await, 0);
    join(&store, room.id, carol.id, Role::Member, at(60)).await;
    assert_eq!(count(&store, room.id, &carol).await, 0);
}

/// The entry keeps its place; the flags of the message follow.
pub async fn mentions_can_be_replaced(store: impl AnyStore) {
    let ([alice, bob, _], room) = a_room_of_two(&store).await;
    let first = say(&store, 1, room.id, &alice, "@user-2").await;
    say(&store, 2, room.id, &alice, "@user-2").await;
    for replaced in [
        Mentions::default(),
        Mentions { people: vec![], room: true },
        Mentions { people: vec![alice.clone(), bob.clone()], room: false },
    ] {
        replace_mentions(&store, room.id, first.id, replaced.clone()).await;
        let wanted = if replaced == Mentions::default() { vec![2] } else { vec![1, 2] };
        assert_eq!(mentions(&store, bob.id).await, wanted);
        let now = message(&store, room.id, first.id).await.unwrap();
        assert_eq!(now.mentions(), replaced);
        assert_eq!(count(&store, room.id, &bob).await, i64::try_from(wanted.len()).unwrap());
    }
}

/// A member who comes back finds them again.
pub async fn mentions_are_of_rooms_of_which_the_user_is_a_member_now(store: impl AnyStore) {
    let ([alice, bob, _], first) = a_room_of_two(&store).await;
    let second = fixtures::open(&store, private(2, &alice)).await;
    join(&store, second.id, bob.id, Role::Member, at(3)).await;
    for (n, room) in (1..).zip([first.id, second.id, first.id, second.id]) {
        say(&store, n, room, &alice, if n < 3 { "@user-2" } else { "@room" }).await;
    }
    assert_eq!(mentions(&store, bob.id).await, [1, 2, 3, 4]);
    leave(&store, first.id, bob.id).await;
    assert_eq!(mentions(&store, bob.id).await, [2, 4]);
    join(&store, first.id, bob.id, Role::Member, at(90)).await;
    assert_eq!(mentions(&store, bob.id).await, [1, 2, 3, 4]);
    delete_room(&store, second.id, at(91)).await;
    assert_eq!(mentions(&store, bob.id).await, [1, 3]);
}

/// In both directions, from every message and every moment, with several rooms and messages of one moment.
pub async fn windows_of_mentions_concatenate_to_all(store: impl AnyStore) {
    let ([alice, bob, _], first) = a_room_of_two(&store).await;
    let second = fixtures::open(&store, private(2, &alice)).await;
    join(&store, second.id, bob.id, Role::Member, at(3)).await;
    for n in 1..=12_u32 {
        let room = if n % 3 == 0 { second.id } else { first.id };
        let text = if n % 4 == 0 {
            "@room @user-2"
        } else if n % 2 == 0 {
            "@room"
        } else {
            "@user-2"
        };
        // Each second moment has two messages, of different rooms.
        let new = new_message(n, room, alice.id, text);
        send(&store, NewMessage { at: at(i64::from(n / 3) * 1_000), ..new }).await;
    }
    let query = MentionQuery { anchor: Anchor::Newest, limit: 100 };
    let all = store.mentions(bob.id, query).await.unwrap().messages;
    assert_eq!(all.len(), 12);
    assert!(all.is_sorted_by_key(|message| (message.created_at, message.id)));
    let place = |message: &Message| TimelinePosition::Message(message.created_at, message.id);
    let mut back: Vec<Message> = vec![];
    loop {
        let anchor = back.first().map_or(Anchor::Newest, |first| Anchor::Before(place(first)));
        let window = store.mentions(bob.id, MentionQuery { anchor, limit: 5 }).await.unwrap();
        back.splice(..0, window.messages);
        if !window.has_more {
            break;
        }
    }
    assert_eq!(numbers(&back), numbers(&all));
    let mut forth: Vec<Message> = vec![];
    loop {
        let from = TimelinePosition::Time(at(-1));
        let anchor = Anchor::After(forth.last().map_or(from, place));
        let window = store.mentions(bob.id, MentionQuery { anchor, limit: 5 }).await.unwrap();
        forth.extend(window.messages);
        if !window.has_more {
            break;
        }
    }
    assert_eq!(numbers(&forth), numbers(&all));
    for message in &all {
        let moment = TimelinePosition::Time(message.created_at);
        let older = store.mentions(bob.id, MentionQuery { anchor: Anchor::Before(moment), limit: 100 });
        let wanted = all.iter().filter(|other| other.created_at < message.created_at).count();
        assert_eq!(older.await.unwrap().messages.len(), wanted);
    }
}

/// Tombstones included.
pub async fn the_time_of_a_message_is_known_to_members_of_its_room(store: impl AnyStore) {
    let ([alice, bob, carol], room) = a_room_of_two(&store).await;
    let sent = say(&store, 1, room.id, &alice, "hello").await;
    delete(&store, &sent, alice.id, at(50)).await;
    assert_eq!(store.sent_at(sent.id, bob.id).await.unwrap(), Some(sent.created_at));
    assert_eq!(store.sent_at(sent.id, carol.id).await.unwrap(), None);
    leave(&store, room.id, bob.id).await;
    assert_eq!(store.sent_at(sent.id, bob.id).await.unwrap(), None);
}
