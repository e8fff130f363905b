//! The wait for the callers whom the commit before answered.

use tokio::time::{Instant, advance};

use super::*;

const COMMIT: Duration = Duration::from_millis(3);

/// Submits two items while a commit of another runs, and lets that one end after its time.
async fn one_committed_and_two_waiting(queue: &mut Controlled) {
    let first = queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    queue.submit([101, 102]).await;
    advance(COMMIT).await;
    running.succeed();
    assert_eq!(results(first).await, [Ok(0)]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_waits_for_those_whom_the_one_before_answered() {
    let mut queue = controlled(LIMITS);
    one_committed_and_two_waiting(&mut queue).await;
    let began = Instant::now();
    queue.submit([3]).await;
    queue.commit(Stage::Shared, &[101, 102, 3]).await.succeed();
    assert_eq!(began.elapsed(), Duration::ZERO, "all are there");
}

#[tokio::test(start_paused = true)]
async fn a_commit_waits_no_longer_than_the_one_before_took_and_then_not_for_a_while() {
    let mut queue = controlled(LIMITS);
    one_committed_and_two_waiting(&mut queue).await;
    let began = Instant::now();
    let running = queue.commit(Stage::Shared, &[101, 102]).await;
    assert_eq!(began.elapsed(), COMMIT);
    queue.submit([4]).await;
    advance(COMMIT).await;
    running.succeed();
    queue.commit(Stage::Shared, &[4]).await.succeed();
    assert_eq!(began.elapsed(), 2 * COMMIT, "the wait was in vain");
}
