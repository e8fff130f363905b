//! The queue's promises, with a commit that the test holds in its hand.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore, mpsc};

use super::*;

const LIMITS: Limits = Limits { batch: 10, queue: 20, patience: Duration::from_secs(5) };

/// A queue whose commits wait for `gate`, tell `batches` what they got, and answer each item doubled.
struct Held {
    queue: GroupCommit<u32, u32>,
    gate: Arc<Semaphore>,
    batches: mpsc::UnboundedReceiver<Vec<u32>>,
}

fn held(limits: Limits) -> Held {
    let (told, batches) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let door = gate.clone();
    let queue = GroupCommit::start(Work::Sends, limits, move |items: Vec<u32>| {
        let (told, door) = (told.clone(), door.clone());
        async move {
            told.send(items.clone()).unwrap();
            door.acquire().await.unwrap().forget();
            assert!(!items.contains(&13), "unlucky");
            items.into_iter().map(|item| item * 2).collect()
        }
    });
    Held { queue, gate, batches }
}

impl Held {
    fn submit(&self, item: u32) -> tokio::task::JoinHandle<Result<u32, Lost>> {
        let queue = self.queue.clone();
        tokio::spawn(async move { queue.submit(item).await })
    }

    /// Submits items, each in the queue before the next.
    async fn submit_all(
        &self,
        items: impl IntoIterator<Item = u32>,
    ) -> Vec<tokio::task::JoinHandle<Result<u32, Lost>>> {
        let mut handles = vec![];
        for item in items {
            handles.push(self.submit(item));
            tokio::task::yield_now().await;
        }
        handles
    }
}

#[tokio::test]
async fn the_first_is_committed_at_once_and_those_who_come_meanwhile_share_the_next() {
    let mut held = held(LIMITS);
    let first = held.submit(1);
    assert_eq!(held.batches.recv().await.unwrap(), [1]);
    let others = held.submit_all([2, 3, 4]).await;
    held.gate.add_permits(2);
    assert_eq!(first.await.unwrap(), Ok(2));
    assert_eq!(held.batches.recv().await.unwrap(), [2, 3, 4]);
    for (handle, expected) in others.into_iter().zip([4, 6, 8]) {
        assert_eq!(handle.await.unwrap(), Ok(expected));
    }
}

#[tokio::test]
async fn a_batch_has_its_limit() {
    let mut held = held(LIMITS);
    held.submit(0);
    held.batches.recv().await.unwrap();
    held.submit_all(1..=15).await;
    held.gate.add_permits(3);
    assert_eq!(held.batches.recv().await.unwrap().len(), 10);
    assert_eq!(held.batches.recv().await.unwrap().len(), 5);
}

#[tokio::test]
async fn who_finds_the_queue_full_is_told_at_once() {
    let mut held = held(Limits { queue: 2, ..LIMITS });
    held.submit(0);
    held.batches.recv().await.unwrap();
    held.submit_all([1, 2]).await;
    assert_eq!(held.queue.submit(3).await, Err(Lost::Full));
}

#[tokio::test(start_paused = true)]
async fn who_gave_up_before_the_commit_began_is_left_out_of_it() {
    let mut held = held(LIMITS);
    let first = held.submit(1);
    held.batches.recv().await.unwrap();
    let second = held.submit(2);
    // Time is paused: it moves on when nothing else can, that is, to the end of both callers' patience.
    assert_eq!(first.await.unwrap(), Err(Lost::Late));
    assert_eq!(second.await.unwrap(), Err(Lost::Late));
    held.submit_all([3]).await;
    held.gate.add_permits(2);
    assert_eq!(held.batches.recv().await.unwrap(), [3]);
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing_for_the_others() {
    let mut held = held(LIMITS);
    held.submit(0);
    held.batches.recv().await.unwrap();
    let mut handles = held.submit_all([1, 2]).await;
    handles.remove(0).abort();
    tokio::task::yield_now().await;
    held.gate.add_permits(2);
    assert_eq!(handles.remove(0).await.unwrap(), Ok(4));
}

#[tokio::test]
async fn a_commit_that_breaks_off_takes_only_its_own_batch_along() {
    let mut held = held(LIMITS);
    held.gate.add_permits(2);
    assert_eq!(held.submit(13).await.unwrap(), Err(Lost::Gone));
    assert_eq!(held.submit(1).await.unwrap(), Ok(2));
    assert_eq!(held.batches.recv().await.unwrap(), [13]);
}

#[tokio::test]
async fn what_waits_when_the_queue_is_dropped_is_still_committed() {
    let mut held = held(LIMITS);
    held.submit(0);
    held.batches.recv().await.unwrap();
    let last = held.submit_all([1]).await.remove(0);
    let Held { queue, gate, mut batches } = held;
    drop(queue);
    gate.add_permits(2);
    assert_eq!(last.await.unwrap(), Ok(2));
    assert_eq!(batches.recv().await.unwrap(), [1]);
    assert_eq!(batches.recv().await, None);
}

#[tokio::test]
async fn whatever_the_timing_each_gets_their_own_answer() {
    let seen = Arc::new(Mutex::new(vec![]));
    let log = seen.clone();
    let queue = GroupCommit::start(Work::Sends, Limits { queue: 1_000, ..LIMITS }, move |items: Vec<u32>| {
        let log = log.clone();
        async move {
            log.lock().await.extend(items.iter().copied());
            items.into_iter().map(|item| item + 1).collect()
        }
    });
    let handles: Vec<_> = (0..500)
        .map(|item| {
            let queue = queue.clone();
            tokio::spawn(async move { (item, queue.submit(item).await) })
        })
        .collect();
    for handle in handles {
        let (item, answer) = handle.await.unwrap();
        assert_eq!(answer, Ok(item + 1));
    }
    let mut seen = seen.lock().await.clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
}
