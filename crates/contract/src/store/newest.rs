//! Laws of the newest messages, which a caller may hold.

use domain::message::Anchor;
use domain::room::Seq;
use futures_util::future::join;

use crate::store::AnyStore;
use crate::store::fixtures::{self, at, delete, edit, new_message, private, send, window};
use crate::store::history::populated;

/// They are read again after a send, an edit and a deletion, and only then; changes of other rooms do not matter
/// to this one.
pub async fn the_newest_messages_are_read_again_after_a_change(store: impl AnyStore) {
    let (alice, room, all) = populated(&store, 8).await;
    let other = fixtures::open(&store, private(2, &alice)).await;
    assert_eq!(store.newest(other.id, 5, None).await.unwrap(), None, "no message was sent there");

    let mut last = None;
    for step in 0..4 {
        match step {
            0 => {}
            1 => drop(send(&store, new_message(9, room.id, alice.id, "a ninth")).await),
            2 => drop(edit(&store, &all[7], "another text", all[7].sender.id, at(20)).await),
            _ => drop(delete(&store, &all[6], alice.id, at(21)).await),
        }
        send(&store, new_message(100 + step, other.id, alice.id, "elsewhere")).await;
        let now = store.newest(room.id, 5, last).await.unwrap().unwrap();
        let wanted = store.window(room.id, window(Anchor::Newest, 5)).await.unwrap();
        assert_eq!(now.window, wanted, "step {step}");
        assert_eq!(store.newest(room.id, 5, None).await.unwrap(), Some(now.clone()));
        assert_eq!(store.newest(room.id, 5, Some(now.revision)).await.unwrap(), None, "step {step}");
        last = Some(now.revision);
    }
}

/// A read after an answered send returns it, however many others send meanwhile.
pub async fn held_messages_never_hide_an_answered_message(store: impl AnyStore) {
    let (alice, room, _) = populated(&store, 1).await;
    let writer = async {
        for n in 2..60 {
            send(&store, new_message(n, room.id, alice.id, "more")).await;
        }
    };
    let reader = async {
        let mut held = store.newest(room.id, 5, None).await.unwrap().unwrap();
        for n in 200..230 {
            let mine = send(&store, new_message(n, room.id, alice.id, "mine")).await;
            held = store.newest(room.id, 5, Some(held.revision)).await.unwrap().unwrap();
            let seqs: Vec<Seq> = held.window.messages.iter().map(|message| message.seq).collect();
            assert!(seqs.last().is_some_and(|&last| last >= mine.seq), "{} is not in {seqs:?}", mine.seq.0);
        }
    };
    join(writer, reader).await;
    let held = store.newest(room.id, 5, None).await.unwrap().unwrap();
    assert_eq!(held.window.messages.last().map(|message| message.seq), Some(Seq(89)));
}
