//! Keys that are locked or fail leave the others alone, and keep their order.

use super::*;

/// The result of an item that was not committed.
const LOCKED: u32 = 7_000;
const BROKEN: u32 = 8_000;

/// Blocks the key 1.
fn one_is_locked(item: u32) -> Outcome<u32> {
    if item / 100 == 1 { Outcome::Blocked(LOCKED) } else { Outcome::Done(item * 2) }
}

#[tokio::test]
async fn a_locked_key_delays_no_other() {
    let mut queue = controlled(LIMITS);
    let mixed = queue.submit([1]).await;
    queue.commit(Stage::Shared, &[1]).await.succeed();
    results(mixed).await;

    let locked = queue.submit([100]).await;
    queue.commit(Stage::Shared, &[100]).await.end(one_is_locked);
    let waiting = queue.commit(Stage::Contended, &[100]).await;
    // While it waits for the lock, the commits of other keys go on, and its own later items wait behind it.
    let later = queue.submit([101]).await;
    for item in [2, 203] {
        let other = queue.submit([item]).await;
        queue.commit(Stage::Shared, &[item]).await.succeed();
        assert_eq!(results(other).await, [Ok(item * 2)]);
    }
    waiting.end(one_is_locked);
    let waiting = queue.commit(Stage::Alone, &[100, 101]).await;
    let other = queue.submit([3]).await;
    queue.commit(Stage::Shared, &[3]).await.succeed();
    assert_eq!(results(other).await, [Ok(6)]);
    waiting.succeed();
    assert_eq!(results(locked).await, [Ok(200)]);
    assert_eq!(results(later).await, [Ok(202)]);
    // Its lock has ended.
    let after = queue.submit([102]).await;
    queue.commit(Stage::Shared, &[102]).await.succeed();
    assert_eq!(results(after).await, [Ok(204)]);
}

#[tokio::test]
async fn locked_keys_share_a_commit_that_waits_a_moment() {
    let mut queue = controlled(LIMITS);
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    let answers = queue.submit([100, 200, 101]).await;
    running.succeed();
    queue.commit(Stage::Shared, &[100, 101, 200]).await.end(Outcome::Blocked);
    queue.commit(Stage::Contended, &[100, 101, 200]).await.succeed();
    assert_eq!(results(answers).await, [Ok(200), Ok(400), Ok(202)]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_stays_locked_fails_alone_and_stays_alone_for_a_while() {
    let mut queue = controlled(LIMITS);
    let answers = queue.submit([100, 101]).await;
    queue.commit(Stage::Shared, &[100]).await.end(one_is_locked);
    queue.commit(Stage::Contended, &[100, 101]).await.end(one_is_locked);
    queue.commit(Stage::Alone, &[100, 101]).await.end(one_is_locked);
    assert_eq!(results(answers).await, [Ok(LOCKED), Ok(LOCKED)]);

    let next = queue.submit([102]).await;
    queue.commit(Stage::Alone, &[102]).await.succeed();
    assert_eq!(results(next).await, [Ok(204)]);
    tokio::time::advance(Duration::from_secs(11)).await;
    queue.submit([103]).await;
    queue.commit(Stage::Shared, &[103]).await.succeed();
}

#[tokio::test]
async fn few_commits_wait_for_locked_keys_and_the_rest_take_turns() {
    let mut queue = controlled(LIMITS);
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    queue.submit([100, 200, 300]).await;
    running.succeed();
    queue.commit(Stage::Shared, &[100, 200, 300]).await.end(Outcome::Failed);
    let first = queue.commit(Stage::Alone, &[100]).await;
    let second = queue.commit(Stage::Alone, &[200]).await;
    tokio::task::yield_now().await;
    assert!(queue.commits.try_recv().is_err(), "a third commit waits");
    second.succeed();
    queue.commit(Stage::Alone, &[300]).await.succeed();
    first.succeed();
}

#[tokio::test]
async fn items_that_wait_for_a_locked_key_have_a_limit_of_their_own() {
    let mut queue = controlled(LIMITS);
    let first = queue.submit([100]).await;
    queue.commit(Stage::Shared, &[100]).await.end(one_is_locked);
    let waiting = queue.commit(Stage::Contended, &[100]).await;
    let others = queue.submit(101..=105).await;
    assert_eq!(queue.queue.submit(106).await, Err(SubmitError::QueueFull));
    let free = queue.submit([1]).await;
    queue.commit(Stage::Shared, &[1]).await.succeed();
    assert_eq!(results(free).await, [Ok(2)]);
    waiting.succeed();
    queue.commit(Stage::Shared, &[101, 102, 103, 104, 105]).await.succeed();
    assert_eq!(results(first).await, [Ok(200)]);
    assert_eq!(results(others).await, (101..=105).map(|item| Ok(item * 2)).collect::<Vec<_>>());
}

/// Fails the item 102 and, as one transaction does, all that share its commit.
fn one_is_broken(commit: Commit) {
    let broken = commit.items.contains(&102);
    commit.end(|item| if broken { Outcome::Failed(BROKEN) } else { Outcome::Done(item * 2) });
}

#[tokio::test]
async fn a_commit_that_fails_is_repeated_key_by_key_and_then_item_by_item() {
    let mut queue = controlled(Limits { alone: 1, ..LIMITS });
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    let answers = queue.submit([101, 201, 102, 103, 202]).await;
    running.succeed();
    one_is_broken(queue.commit(Stage::Shared, &[101, 102, 103, 201, 202]).await);
    one_is_broken(queue.commit(Stage::Alone, &[101, 102, 103]).await);
    one_is_broken(queue.commit(Stage::Alone, &[201, 202]).await);
    one_is_broken(queue.commit(Stage::Alone, &[101]).await);
    one_is_broken(queue.commit(Stage::Alone, &[102]).await);
    one_is_broken(queue.commit(Stage::Alone, &[103]).await);
    assert_eq!(results(answers).await, [Ok(202), Ok(402), Ok(BROKEN), Ok(206), Ok(404)]);
    // The key that failed stays alone for a while; the other does not.
    let later = queue.submit([104]).await;
    one_is_broken(queue.commit(Stage::Alone, &[104]).await);
    assert_eq!(results(later).await, [Ok(208)]);
    let later = queue.submit([203]).await;
    one_is_broken(queue.commit(Stage::Shared, &[203]).await);
    assert_eq!(results(later).await, [Ok(406)]);
}

#[tokio::test]
async fn a_commit_that_panics_is_repeated_and_fails_only_the_item_that_is_at_fault() {
    let mut queue = controlled(Limits { alone: 1, ..LIMITS });
    queue.submit([0]).await;
    let running = queue.commit(Stage::Shared, &[0]).await;
    let answers = queue.submit([101, 102, 201]).await;
    running.succeed();
    drop(queue.commit(Stage::Shared, &[101, 102, 201]).await);
    drop(queue.commit(Stage::Alone, &[101, 102]).await);
    queue.commit(Stage::Alone, &[201]).await.succeed();
    drop(queue.commit(Stage::Alone, &[101]).await);
    queue.commit(Stage::Alone, &[102]).await.succeed();
    assert_eq!(results(answers).await, [Err(SubmitError::Aborted), Ok(204), Ok(402)]);
}
