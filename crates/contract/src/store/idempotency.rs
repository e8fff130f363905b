//! Laws of answers that are kept for repeats.

use domain::AnswerId;
use domain::idempotency::{KeptAnswer, NewAnswer};
use domain::message::Fingerprint;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::fixtures::at;

pub(super) fn answer(id: u128, text: u8, micros: i64) -> NewAnswer {
    NewAnswer {
        id: AnswerId(Uuid::from_u128(id)),
        fingerprint: Fingerprint([text; 32]),
        answer: vec![text, 0, 255],
        at: at(micros),
    }
}

/// Keeps the answer, unless one that was kept after `lapsed` is there.
pub(super) async fn keep(store: &impl AnyStore, answer: NewAnswer, lapsed: i64) -> bool {
    let mut work = store.begin().await.unwrap();
    let kept = work.keep_answer(answer, at(lapsed)).await.unwrap();
    if kept {
        work.commit().await.unwrap();
    }
    kept
}

pub(super) async fn kept(store: &impl AnyStore, id: u128, lapsed: i64) -> Option<KeptAnswer> {
    let mut work = store.begin().await.unwrap();
    work.kept_answer(AnswerId(Uuid::from_u128(id)), at(lapsed)).await.unwrap()
}

/// Within its time it comes back and is not replaced; of a unit that is dropped nothing is kept.
pub async fn an_answer_is_kept_for_its_time_and_then_replaced(store: impl AnyStore) {
    let mut dropped = store.begin().await.unwrap();
    assert!(dropped.keep_answer(answer(1, 9, 10), at(0)).await.unwrap());
    drop(dropped);
    assert_eq!(kept(&store, 1, 0).await, None);
    assert!(keep(&store, answer(1, 1, 10), 0).await);
    assert!(!keep(&store, answer(1, 2, 11), 9).await);
    let NewAnswer { fingerprint, answer: bytes, .. } = answer(1, 1, 10);
    assert_eq!(kept(&store, 1, 9).await, Some(KeptAnswer { fingerprint, answer: bytes }));
    assert_eq!((kept(&store, 1, 10).await, kept(&store, 2, 0).await), (None, None));
    assert!(keep(&store, answer(1, 2, 20), 10).await);
    assert_eq!(kept(&store, 1, 19).await.unwrap().answer, answer(1, 2, 20).answer);
}

/// The others get `false`, whatever they would keep.
pub async fn of_many_that_keep_an_answer_at_once_one_does(store: impl AnyStore) {
    let mut tasks = JoinSet::new();
    for n in 1..=8 {
        let store = store.clone();
        tasks.spawn(async move { keep(&store, answer(1, n, 10), 0).await.then_some(n) });
    }
    let won: Vec<u8> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "{won:?}");
    assert_eq!(kept(&store, 1, 0).await.unwrap().answer, answer(1, won[0], 10).answer);
}
