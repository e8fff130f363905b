//! The guarantees of the queue, with a commit whose outcomes the test chooses.

mod linger;
mod stages;

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::*;

const LIMITS: Limits = Limits { batch: 10, queue: 20, blocked: 5, alone: 2, timeout: Duration::from_secs(5) };

/// A commit that waits for its outcomes.
struct Commit {
    stage: Stage,
    items: Vec<u32>,
    outcomes: oneshot::Sender<Vec<Outcome<u32>>>,
}

impl Commit {
    /// Ends with an outcome for each item.
    fn end(self, outcome: impl Fn(u32) -> Outcome<u32>) {
        self.outcomes.send(self.items.into_iter().map(outcome).collect()).unwrap();
    }

    /// Ends with each item doubled.
    fn succeed(self) {
        self.end(|item| Outcome::Done(item * 2));
    }
}

/// A queue, and the commits that it starts. The key of an item is its number of hundreds.
struct Controlled {
    queue: GroupCommit<u32, u32>,
    commits: mpsc::UnboundedReceiver<Commit>,
}

type Answer = JoinHandle<Result<u32, SubmitError>>;

fn controlled(limits: Limits) -> Controlled {
    let (sender, commits) = mpsc::unbounded_channel();
    let queue = GroupCommit::start(
        limits,
        |item| item / 100,
        move |stage, items: Vec<Arc<u32>>| {
            let (outcomes, chosen) = oneshot::channel();
            let items = items.into_iter().map(|item| *item).collect();
            sender.send(Commit { stage, items, outcomes }).unwrap();
            async move { chosen.await.expect("the test dropped the commit") }
        },
    );
    Controlled { queue, commits }
}

impl Controlled {
    /// Submits items, each in the queue before the next.
    async fn submit(&self, items: impl IntoIterator<Item = u32>) -> Vec<Answer> {
        let mut answers = vec![];
        for item in items {
            let queue = self.queue.clone();
            answers.push(tokio::spawn(async move { queue.submit(item).await }));
            tokio::task::yield_now().await;
        }
        answers
    }

    /// Waits for a commit of these items at that stage.
    async fn commit(&mut self, stage: Stage, items: &[u32]) -> Commit {
        let commit = self.commits.recv().await.unwrap();
        assert_eq!((commit.stage, commit.items.as_slice()), (stage, items));
        commit
    }
}

async fn results(answers: Vec<Answer>) -> Vec<Result<u32, SubmitError>> {
    let mut results = vec![];
    for answer in answers {
        results.push(answer.await.unwrap());
    }
    results
}

#[tokio::test]
async fn the_first_item_is_committed_at_once_and_those_that_arrive_meanwhile_share_the_next_commit() {
    let mut queue = controlled(LIMITS);
    let first = queue.submit([1]).await;
    let running = queue.commit(Stage::Shared, &[1]).await;
    let others = queue.submit([2, 103, 4]).await;
    running.succeed();
    assert_eq!(results(first).await, [Ok(2)]);
    queue.commit(Stage::Shared, &[103, 2, 4]).await.succeed();
    assert_eq!(results(others).await, [Ok(4), Ok(206), Ok(8)]);
}

#[tokio::test]
async fn a_batch_has_a_limit_and_the_keys_take_turns() {
    let mut queue = controlled(LIMITS);
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    queue.submit((1..=12).chain([201, 202])).await;
    running.succeed();
    queue.commit(Stage::Shared, &[201, 202, 1, 2, 3, 4, 5, 6, 7, 8]).await.succeed();
    queue.commit(Stage::Shared, &[9, 10, 11, 12]).await.succeed();
}

#[tokio::test]
async fn an_item_is_rejected_at_once_where_the_queue_is_full() {
    let mut queue = controlled(Limits { queue: 3, ..LIMITS });
    let waiting = queue.submit([0, 1, 2]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    assert_eq!(queue.queue.submit(3).await, Err(SubmitError::QueueFull));
    running.succeed();
    queue.commit(Stage::Shared, &[1, 2]).await.succeed();
    assert_eq!(results(waiting).await, [Ok(0), Ok(2), Ok(4)]);
    let later = queue.submit([3]).await;
    queue.commit(Stage::Shared, &[3]).await.succeed();
    assert_eq!(results(later).await, [Ok(6)]);
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_caller_gave_up_before_the_commit_began_is_left_out() {
    let mut queue = controlled(LIMITS);
    let first = queue.submit([1]).await;
    let running = queue.commit(Stage::Shared, &[1]).await;
    let second = queue.submit([2]).await;
    // Time is paused: it moves on when nothing else can, that is, to the end of both callers' timeouts.
    assert_eq!(results(first).await, [Err(SubmitError::Timeout)]);
    assert_eq!(results(second).await, [Err(SubmitError::Timeout)]);
    queue.submit([3]).await;
    running.succeed();
    queue.commit(Stage::Shared, &[3]).await.succeed();
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing_for_the_others() {
    let mut queue = controlled(LIMITS);
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    let mut answers = queue.submit([1, 2]).await;
    answers.remove(0).abort();
    tokio::task::yield_now().await;
    running.succeed();
    queue.commit(Stage::Shared, &[2]).await.succeed();
    assert_eq!(results(answers).await, [Ok(4)]);
}

#[tokio::test]
async fn items_that_wait_when_the_queue_is_dropped_are_still_committed() {
    let mut queue = controlled(LIMITS);
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    let last = queue.submit([1]).await;
    let Controlled { queue, mut commits } = queue;
    drop(queue);
    running.succeed();
    commits.recv().await.unwrap().succeed();
    assert_eq!(results(last).await, [Ok(2)]);
    assert!(commits.recv().await.is_none());
}

#[tokio::test]
async fn each_caller_receives_its_own_result_whatever_the_timing() {
    let seen = Arc::new(Mutex::new(vec![]));
    let log = seen.clone();
    let limits = Limits { queue: 1_000, ..LIMITS };
    let queue = GroupCommit::start(
        limits,
        |item| item % 7,
        move |_, items: Vec<Arc<u32>>| {
            let log = log.clone();
            async move {
                log.lock().await.extend(items.iter().map(|item| **item));
                items.into_iter().map(|item| Outcome::Done(*item + 1)).collect()
            }
        },
    );
    let answers: Vec<_> = (0..500)
        .map(|item| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.submit(item).await })
        })
        .collect();
    let expected: Vec<_> = (0..500).map(|item| Ok(item + 1)).collect();
    assert_eq!(results(answers).await, expected);
    let mut seen = seen.lock().await.clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
}
