//! Laws of asking whether the newest messages still stand.

use domain::message::Anchor;
use domain::room::Seq;
use futures_util::future::join;

use crate::store::AnyStore;
use crate::store::fixtures::{self, at, delete, edit, private, saying, send, window};
use crate::store::history::furnished;

/// What is held is read anew after a send, an edit and a deletion, and only then; what changes in other rooms is nothing
/// to this one.
pub async fn the_newest_messages_are_read_anew_once_one_of_them_changed(store: impl AnyStore) {
    let (alice, room, all) = furnished(&store, 8).await;
    let other = fixtures::open(&store, private(2, &alice)).await;
    assert_eq!(store.newest(other.id, 5, None).await.unwrap(), None, "nothing was said there");

    let mut last = None;
    for step in 0..4 {
        match step {
            0 => {}
            1 => drop(send(&store, saying(9, room.id, alice.id, "a ninth")).await),
            2 => drop(edit(&store, &all[7], "other words", all[7].sender.id, at(20)).await),
            _ => drop(delete(&store, &all[6], alice.id, at(21)).await),
        }
        send(&store, saying(100 + step, other.id, alice.id, "elsewhere")).await;
        let now = store.newest(room.id, 5, last).await.unwrap().unwrap();
        let wanted = store.window(room.id, window(Anchor::Newest, 5)).await.unwrap();
        assert_eq!(now.window, wanted, "step {step}");
        assert_eq!(store.newest(room.id, 5, None).await.unwrap(), Some(now.clone()));
        assert_eq!(store.newest(room.id, 5, Some(now.revision)).await.unwrap(), None, "step {step}");
        last = Some(now.revision);
    }
}

/// Whoever asks after an answered send is told of it, however many others send meanwhile.
pub async fn what_is_held_never_hides_an_answered_message(store: impl AnyStore) {
    let (alice, room, _) = furnished(&store, 1).await;
    let writer = async {
        for n in 2..60 {
            send(&store, saying(n, room.id, alice.id, "more")).await;
        }
    };
    let reader = async {
        let mut held = store.newest(room.id, 5, None).await.unwrap().unwrap();
        for n in 200..230 {
            let mine = send(&store, saying(n, room.id, alice.id, "mine")).await;
            held = store.newest(room.id, 5, Some(held.revision)).await.unwrap().unwrap();
            let seqs: Vec<Seq> = held.window.messages.iter().map(|message| message.seq).collect();
            assert!(seqs.last().is_some_and(|&last| last >= mine.seq), "{} is not in {seqs:?}", mine.seq.0);
        }
    };
    join(writer, reader).await;
    let held = store.newest(room.id, 5, None).await.unwrap().unwrap();
    assert_eq!(held.window.messages.last().map(|message| message.seq), Some(Seq(89)));
}
