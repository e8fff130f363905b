//! The callers who share a read, and their answers when it is late, fails or panics.

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::*;

/// Reads that announce the questions of each, and wait for their turn.
struct Rig {
    reads: SharedReads<char, u32, u32>,
    begun: mpsc::UnboundedReceiver<(char, Vec<u32>)>,
    turns: Arc<Semaphore>,
}

/// The answer to a question is ten times that; there is none to 13.
fn rig() -> Rig {
    let (begin, begun) = mpsc::unbounded_channel();
    let turns = Arc::new(Semaphore::new(0));
    let turn = turns.clone();
    let reads = SharedReads::new("test", move |key: char, asked: Vec<u32>| {
        let (turn, begin) = (turn.clone(), begin.clone());
        async move {
            begin.send((key, asked.clone())).unwrap();
            turn.acquire().await.unwrap().forget();
            assert!(!asked.contains(&13), "an unlucky read");
            asked.into_iter().map(|n| Ok(n * 10)).collect()
        }
    });
    Rig { reads, begun, turns }
}

impl Rig {
    fn ask(&self, key: char, question: u32) -> JoinHandle<Result<u32, StoreError>> {
        let reads = self.reads.clone();
        tokio::spawn(async move { reads.ask(key, question).await })
    }

    /// Asks, and waits until the question is in the queue.
    async fn enqueue(&self, key: char, question: u32) -> JoinHandle<Result<u32, StoreError>> {
        let before = self.reads.0.state().waiting;
        let asked = self.ask(key, question);
        while self.reads.0.state().waiting == before {
            tokio::task::yield_now().await;
        }
        asked
    }
}

#[tokio::test]
async fn questions_that_come_during_a_read_share_the_next() {
    let mut rig = rig();
    let first = rig.ask('a', 1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![1])));
    let others = [rig.enqueue('a', 2).await, rig.enqueue('a', 3).await];
    rig.turns.add_permits(2);
    assert_eq!(first.await.unwrap().unwrap(), 10);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![2, 3])));
    for (asked, answer) in others.into_iter().zip([20, 30]) {
        assert_eq!(asked.await.unwrap().unwrap(), answer);
    }
}

#[tokio::test]
async fn questions_that_have_come_before_the_first_is_read_share_its_read() {
    let mut rig = rig();
    let asked = [1, 2, 3].map(|n| (rig.ask('a', n), n * 10));
    rig.turns.add_permits(1);
    let (key, mut questions) = rig.begun.recv().await.unwrap();
    questions.sort_unstable();
    assert_eq!((key, questions), ('a', vec![1, 2, 3]));
    for (asked, answer) in asked {
        assert_eq!(asked.await.unwrap().unwrap(), answer);
    }
}

#[tokio::test]
async fn the_others_go_on_when_the_first_caller_is_gone_before_it_reads() {
    let mut rig = rig();
    let (first, stays) = (rig.ask('a', 1), rig.ask('a', 2));
    tokio::task::yield_now().await;
    first.abort();
    rig.turns.add_permits(1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![2])));
    assert_eq!(stays.await.unwrap().unwrap(), 20);
}

#[tokio::test]
async fn reads_of_another_key_do_not_wait() {
    let mut rig = rig();
    let first = rig.ask('a', 1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![1])));
    let other = rig.ask('b', 2);
    assert_eq!(rig.begun.recv().await, Some(('b', vec![2])));
    rig.turns.add_permits(2);
    assert_eq!((first.await.unwrap().unwrap(), other.await.unwrap().unwrap()), (10, 20));
}

#[tokio::test]
async fn a_read_that_panics_fails_its_callers_alone() {
    let mut rig = rig();
    let first = rig.ask('a', 1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![1])));
    let unlucky = rig.enqueue('a', 13).await;
    rig.turns.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), 10);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![13])));
    let next = rig.enqueue('a', 2).await;
    rig.turns.add_permits(2);
    assert!(matches!(unlucky.await.unwrap(), Err(StoreError::Unavailable(_))));
    assert_eq!(next.await.unwrap().unwrap(), 20);
}

#[tokio::test]
async fn the_others_go_on_when_the_first_caller_is_gone() {
    let mut rig = rig();
    let first = rig.ask('a', 1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![1])));
    let stays = rig.enqueue('a', 2).await;
    first.abort();
    rig.turns.add_permits(1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![2])));
    assert_eq!(stays.await.unwrap().unwrap(), 20);
}

#[tokio::test]
async fn a_caller_who_is_gone_is_left_out() {
    let mut rig = rig();
    let first = rig.ask('a', 1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![1])));
    let gone = rig.enqueue('a', 2).await;
    let stays = rig.enqueue('a', 3).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    rig.turns.add_permits(2);
    assert_eq!(first.await.unwrap().unwrap(), 10);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![3])));
    assert_eq!(stays.await.unwrap().unwrap(), 30);
}

#[tokio::test]
async fn a_key_is_forgotten_once_nobody_waits() {
    let mut rig = rig();
    rig.turns.add_permits(2);
    for n in [1, 2] {
        assert_eq!(rig.ask('a', n).await.unwrap().unwrap(), n * 10);
        assert_eq!(rig.begun.recv().await, Some(('a', vec![n])));
        while !rig.reads.0.state().keys.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_only_those_who_asked_for_it() {
    let read = |asked: Vec<u32>| async move {
        if asked.contains(&13) { Err(StoreError::Corrupt("unlucky".into())) } else { Ok(asked) }
    };
    let answers = together(vec![1, 13, 2], read).await;
    assert!(matches!(answers[..], [Ok(1), Err(StoreError::Corrupt(_)), Ok(2)]), "{answers:?}");
    assert!(matches!(together(vec![13], read).await[..], [Err(StoreError::Corrupt(_))]));
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_a_bounded_time() {
    let mut rig = rig();
    let _first = rig.ask('a', 1);
    assert_eq!(rig.begun.recv().await, Some(('a', vec![1])));
    assert!(matches!(rig.ask('a', 2).await.unwrap(), Err(StoreError::Unavailable(_))));
}
