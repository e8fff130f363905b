//! The guarantees of the queue, with a commit that waits for the test.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore, mpsc};

use super::*;

const LIMITS: Limits = Limits { batch: 10, queue: 20, timeout: Duration::from_secs(5) };

/// A queue whose commits wait for a permit, send their items to `batches`, and return each item doubled.
struct Controlled {
    queue: GroupCommit<u32, u32>,
    permits: Arc<Semaphore>,
    batches: mpsc::UnboundedReceiver<Vec<u32>>,
}

fn controlled(limits: Limits) -> Controlled {
    let (sender, batches) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(0));
    let available = permits.clone();
    let queue = GroupCommit::start(Work::Sends, limits, move |items: Vec<u32>| {
        let (sender, available) = (sender.clone(), available.clone());
        async move {
            sender.send(items.clone()).unwrap();
            available.acquire().await.unwrap().forget();
            assert!(!items.contains(&13), "unlucky");
            items.into_iter().map(|item| item * 2).collect()
        }
    });
    Controlled { queue, permits, batches }
}

impl Controlled {
    fn submit(&self, item: u32) -> tokio::task::JoinHandle<Result<u32, SubmitError>> {
        let queue = self.queue.clone();
        tokio::spawn(async move { queue.submit(item).await })
    }

    /// Submits items, each in the queue before the next.
    async fn submit_all(
        &self,
        items: impl IntoIterator<Item = u32>,
    ) -> Vec<tokio::task::JoinHandle<Result<u32, SubmitError>>> {
        let mut handles = vec![];
        for item in items {
            handles.push(self.submit(item));
            tokio::task::yield_now().await;
        }
        handles
    }
}

#[tokio::test]
async fn the_first_item_is_committed_at_once_and_those_that_arrive_meanwhile_share_the_next_commit() {
    let mut queue = controlled(LIMITS);
    let first = queue.submit(1);
    assert_eq!(queue.batches.recv().await.unwrap(), [1]);
    let others = queue.submit_all([2, 3, 4]).await;
    queue.permits.add_permits(2);
    assert_eq!(first.await.unwrap(), Ok(2));
    assert_eq!(queue.batches.recv().await.unwrap(), [2, 3, 4]);
    for (handle, expected) in others.into_iter().zip([4, 6, 8]) {
        assert_eq!(handle.await.unwrap(), Ok(expected));
    }
}

#[tokio::test]
async fn a_batch_has_a_limit() {
    let mut queue = controlled(LIMITS);
    queue.submit(0);
    queue.batches.recv().await.unwrap();
    queue.submit_all(1..=15).await;
    queue.permits.add_permits(3);
    assert_eq!(queue.batches.recv().await.unwrap().len(), 10);
    assert_eq!(queue.batches.recv().await.unwrap().len(), 5);
}

#[tokio::test]
async fn an_item_is_rejected_at_once_where_the_queue_is_full() {
    let mut queue = controlled(Limits { queue: 2, ..LIMITS });
    queue.submit(0);
    queue.batches.recv().await.unwrap();
    queue.submit_all([1, 2]).await;
    assert_eq!(queue.queue.submit(3).await, Err(SubmitError::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_caller_gave_up_before_the_commit_began_is_left_out() {
    let mut queue = controlled(LIMITS);
    let first = queue.submit(1);
    queue.batches.recv().await.unwrap();
    let second = queue.submit(2);
    // Time is paused: it moves on when nothing else can, that is, to the end of both callers' timeouts.
    assert_eq!(first.await.unwrap(), Err(SubmitError::Timeout));
    assert_eq!(second.await.unwrap(), Err(SubmitError::Timeout));
    queue.submit_all([3]).await;
    queue.permits.add_permits(2);
    assert_eq!(queue.batches.recv().await.unwrap(), [3]);
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing_for_the_others() {
    let mut queue = controlled(LIMITS);
    queue.submit(0);
    queue.batches.recv().await.unwrap();
    let mut handles = queue.submit_all([1, 2]).await;
    handles.remove(0).abort();
    tokio::task::yield_now().await;
    queue.permits.add_permits(2);
    assert_eq!(handles.remove(0).await.unwrap(), Ok(4));
}

#[tokio::test]
async fn a_commit_that_panics_ends_only_its_own_batch() {
    let mut queue = controlled(LIMITS);
    queue.permits.add_permits(2);
    assert_eq!(queue.submit(13).await.unwrap(), Err(SubmitError::Aborted));
    assert_eq!(queue.submit(1).await.unwrap(), Ok(2));
    assert_eq!(queue.batches.recv().await.unwrap(), [13]);
}

#[tokio::test]
async fn items_that_wait_when_the_queue_is_dropped_are_still_committed() {
    let mut queue = controlled(LIMITS);
    queue.submit(0);
    queue.batches.recv().await.unwrap();
    let last = queue.submit_all([1]).await.remove(0);
    let Controlled { queue, permits, mut batches } = queue;
    drop(queue);
    permits.add_permits(2);
    assert_eq!(last.await.unwrap(), Ok(2));
    assert_eq!(batches.recv().await.unwrap(), [1]);
    assert_eq!(batches.recv().await, None);
}

#[tokio::test]
async fn each_caller_receives_its_own_result_whatever_the_timing() {
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
        let (item, result) = handle.await.unwrap();
        assert_eq!(result, Ok(item + 1));
    }
    let mut seen = seen.lock().await.clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
}
