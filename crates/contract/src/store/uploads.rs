//! Laws of uploads: the bytes of a user, reservations, quarantine, and the state of the file store.

use domain::account::UserRef;
use domain::file::{File, FileRemoval, Reservation};
use domain::{FileId, Timestamp};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{at, file, file_id, store_file, users};

fn sized(n: u32, by: &UserRef, size: u64) -> File {
    File { size, ..file(n, by) }
}

fn reservation(n: u32, by: &UserRef, bytes: u64, expires_at: Timestamp) -> Reservation {
    Reservation { file: file_id(n), user: by.id, bytes, expires_at }
}

async fn reserve(store: &impl AnyStore, reservation: Reservation) {
    let mut work = store.begin().await.unwrap();
    work.reserve(reservation).await.unwrap();
    work.commit().await.unwrap();
}

async fn usage(store: &impl AnyStore, user: &UserRef, now: Timestamp) -> u64 {
    let mut work = store.begin().await.unwrap();
    let used = work.lock_usage(user.id, now).await.unwrap();
    work.commit().await.unwrap();
    used
}

async fn remove(store: &impl AnyStore, file: FileId, by: &UserRef, at: Timestamp) -> FileRemoval {
    let mut work = store.begin().await.unwrap();
    let removal = work.delete_file(file, by.id, at).await.unwrap();
    work.commit().await.unwrap();
    removal
}

/// Each user's alone; a deleted file gives its bytes back, a released reservation too.
pub async fn the_bytes_of_a_user_are_those_of_files_and_reservations(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    assert_eq!(usage(&store, &alice, at(1)).await, 0);
    store_file(&store, sized(1, &alice, 3_000_000_000)).await;
    store_file(&store, sized(2, &bob, 7)).await;
    reserve(&store, reservation(3, &alice, 50, at(10))).await;
    assert_eq!(usage(&store, &alice, at(1)).await, 3_000_000_050);
    assert_eq!(usage(&store, &bob, at(1)).await, 7);
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.release(file_id(3)).await.unwrap(), 50);
    assert_eq!(work.release(file_id(3)).await.unwrap(), 0);
    work.commit().await.unwrap();
    assert_eq!(usage(&store, &alice, at(1)).await, 3_000_000_000);
    assert_eq!(remove(&store, file_id(1), &bob, at(2)).await, FileRemoval::Absent);
    assert_eq!(remove(&store, file_id(1), &alice, at(2)).await, FileRemoval::Removed);
    assert_eq!(usage(&store, &alice, at(1)).await, 0);
}

/// Without a sweep.
pub async fn an_expired_reservation_takes_no_space(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    reserve(&store, reservation(1, &alice, 5, at(10))).await;
    reserve(&store, reservation(2, &alice, 6, at(11))).await;
    reserve(&store, reservation(3, &bob, 7, at(10))).await;
    assert_eq!(usage(&store, &alice, at(9)).await, 11);
    assert_eq!(usage(&store, &alice, at(10)).await, 6);
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.release(file_id(1)).await.unwrap(), 0);
    assert_eq!(work.release(file_id(2)).await.unwrap(), 6);
    work.commit().await.unwrap();
    assert_eq!(usage(&store, &alice, at(9)).await, 0);
    assert_eq!(usage(&store, &bob, at(9)).await, 7);
}

/// The user's bytes are locked from the question to the commit.
pub async fn concurrent_reservations_see_each_other(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let attempts = (1..=30).map(async |n| {
        let mut work = store.begin().await.unwrap();
        let free = work.lock_usage(alice.id, at(1)).await.unwrap() + 10 <= 100;
        if free {
            work.reserve(reservation(n, &alice, 10, at(9))).await.unwrap();
        }
        work.commit().await.unwrap();
        free
    });
    let granted = join_all(attempts).await.into_iter().filter(|&granted| granted).count();
    assert_eq!((granted, usage(&store, &alice, at(1)).await), (10, 100));
}

/// From its deletion on, until it is forgotten; bytes that never had a record too.
pub async fn a_removed_file_is_in_quarantine(store: impl AnyStore) {
    let [alice] = users(&store).await;
    for n in 1..=3 {
        store_file(&store, sized(n, &alice, 1)).await;
    }
    assert_eq!(remove(&store, file_id(1), &alice, at(10)).await, FileRemoval::Removed);
    let mut work = store.begin().await.unwrap();
    work.quarantine(vec![file_id(1), file_id(8), file_id(3)], at(20)).await.unwrap();
    work.commit().await.unwrap();
    let since = async |micros, limit| store.quarantined_since(at(micros), limit).await.unwrap();
    let counted = async |micros| store.count_quarantined(at(micros)).await.unwrap();
    assert_eq!((since(9, 9).await, counted(9).await), (vec![], 0));
    assert_eq!((since(10, 9).await, counted(10).await), (vec![file_id(1)], 1));
    // The third exists.
    assert_eq!(since(20, 9).await, [file_id(1), file_id(8)]);
    assert_eq!(since(20, 1).await, [file_id(1)]);
    let known = store.known_files(vec![file_id(1), file_id(2), file_id(8), file_id(9)]).await.unwrap();
    assert_eq!(known.len(), 3);
    assert!(!known.contains(&file_id(9)));
    let mut work = store.begin().await.unwrap();
    work.forget_removed(file_id(1)).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(since(20, 9).await, [file_id(8)]);
}

/// The count only rises.
pub async fn changes_are_counted_and_sweeps_delayed(store: impl AnyStore) {
    let first = store.file_store_state().await.unwrap();
    assert_eq!((first.changes, first.sweep_after), (0, None));
    let mut work = store.begin().await.unwrap();
    let counted = work.count_change().await.unwrap().unwrap();
    work.commit().await.unwrap();
    assert_eq!((counted.changes, counted.database), (1, first.database));
    for (changes, expected) in [(9, 9), (3, 9)] {
        let mut work = store.begin().await.unwrap();
        work.delay_sweeps(at(50), changes).await.unwrap();
        work.commit().await.unwrap();
        let state = store.file_store_state().await.unwrap();
        assert_eq!((state.changes, state.sweep_after), (expected, Some(at(50))));
    }
}
