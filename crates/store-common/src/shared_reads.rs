//! Reads that concurrent callers share.
//!
//! A read costs a round trip and a statement, whether it answers one question or a hundred. So the questions that come while a
//! read of their key is on its way wait, and share the next one, which begins after all of them: each sees every change that was
//! committed before it came. A question that finds no such read is answered at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::StoreError;
use metrics::{Gauge, Histogram};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{Instrument, Span, field};

/// The most questions that one read answers.
const BATCH: usize = 1_024;
/// The most questions that wait; more are rejected at once.
const QUEUE: usize = 10_000;
/// The longest that a caller waits.
const TIMEOUT: Duration = Duration::from_millis(1_800);

/// Reads of type `A`, of which those of one key `K` run one after another. Clones share them.
pub struct SharedReads<K, Q, A>(Arc<Inner<K, Q, A>>);

struct Inner<K, Q, A> {
    read: Box<Read<K, Q, A>>,
    state: Mutex<State<K, Q, A>>,
    /// The runtime of the reads, which outlive their callers.
    runtime: Handle,
    queue_length: Gauge,
    batch_size: Histogram,
}

type Read<K, Q, A> = dyn Fn(K, Vec<Q>) -> Answers<A> + Send + Sync;
type Answers<A> = Pin<Box<dyn Future<Output = Vec<Result<A, StoreError>>> + Send>>;

struct State<K, Q, A> {
    /// The questions that wait. A key is there as long as its reads run.
    keys: HashMap<K, Vec<Waiting<Q, A>>>,
    waiting: usize,
}

struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A, StoreError>>,
    span: Span,
}

impl<K, Q, A> Clone for SharedReads<K, Q, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, Q, A> SharedReads<K, Q, A>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    /// Creates reads that run on the current tokio runtime. `of` is what they read, which names their metrics. `read` returns an
    /// answer to each question of one key, in their order.
    pub fn new<R, F>(of: &'static str, read: R) -> Self
    where
        R: Fn(K, Vec<Q>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<Result<A, StoreError>>> + Send + 'static,
    {
        Self(Arc::new(Inner {
            read: Box::new(move |key, questions| Box::pin(read(key, questions))),
            state: Mutex::new(State { keys: HashMap::new(), waiting: 0 }),
            runtime: Handle::current(),
            queue_length: metrics::gauge!("parlor_look_queue_length", "of" => of),
            batch_size: metrics::histogram!("parlor_look_batch_size", "of" => of),
        }))
    }

    /// Returns the answer to a question.
    pub async fn ask(&self, key: K, question: Q) -> Result<A, StoreError> {
        let (answer, answered) = oneshot::channel();
        // Covers the wait for the read before, which a trace should show.
        let span = tracing::info_span!(target: "parlor::traces", "look", batch.size = field::Empty);
        let waiting = Waiting { question, answer, span: span.clone() };
        if self.0.is_first(&key, waiting)? {
            self.0.runtime.spawn(self.0.clone().run(key));
        }
        match timeout(TIMEOUT, answered).instrument(span).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(StoreError::Unavailable("the read broke off".into())),
            Err(_) => Err(StoreError::Unavailable("no answer from the read in time".into())),
        }
    }
}

impl<K, Q, A> Inner<K, Q, A>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    fn state(&self) -> MutexGuard<'_, State<K, Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a question. Returns true where no reads of its key run.
    fn is_first(&self, key: &K, waiting: Waiting<Q, A>) -> Result<bool, StoreError> {
        let mut state = self.state();
        if state.waiting >= QUEUE {
            return Err(StoreError::Unavailable("too many are waiting for a read".into()));
        }
        state.waiting += 1;
        self.report(&state);
        if let Some(others) = state.keys.get_mut(key) {
            others.push(waiting);
            return Ok(false);
        }
        state.keys.insert(key.clone(), vec![waiting]);
        Ok(true)
    }

    /// Reads until no question of the key waits.
    async fn run(self: Arc<Self>, key: K) {
        while let Some(batch) = self.next(&key) {
            let size = u32::try_from(batch.len()).unwrap_or(u32::MAX);
            self.batch_size.record(size);
            let mut questions = Vec::with_capacity(batch.len());
            let mut callers = Vec::with_capacity(batch.len());
            for waiting in batch {
                waiting.span.record("batch.size", size);
                questions.push(waiting.question);
                callers.push(waiting.answer);
            }
            // In a task of its own: a read that panics fails its callers, not those after them.
            let answers = tokio::spawn((self.read)(key.clone(), questions)).await;
            let answers = answers.inspect_err(|error| tracing::error!(%error, "a read panicked"));
            for (caller, answer) in callers.into_iter().zip(answers.unwrap_or_default()) {
                // The caller may be gone.
                drop(caller.send(answer));
            }
        }
    }

    /// Takes the questions of the next read, without those whose callers are gone.
    fn next(&self, key: &K) -> Option<Vec<Waiting<Q, A>>> {
        let mut state = self.state();
        let all = state.keys.get_mut(key)?;
        let before = all.len();
        all.retain(|waiting| !waiting.answer.is_closed());
        let batch: Vec<_> = all.drain(..all.len().min(BATCH)).collect();
        let taken = before - all.len();
        if batch.is_empty() {
            state.keys.remove(key);
        }
        state.waiting -= taken;
        self.report(&state);
        (!batch.is_empty()).then_some(batch)
    }

    fn report(&self, state: &State<K, Q, A>) {
        self.queue_length.set(u32::try_from(state.waiting).unwrap_or(u32::MAX));
    }
}

/// Reads the answers to several questions by one statement; each by its own where a row can't be read, so that it fails only those
/// who asked for it.
pub async fn together<Q, A, F>(questions: Vec<Q>, read: impl Fn(Vec<Q>) -> F) -> Vec<Result<A, StoreError>>
where
    Q: Clone,
    F: Future<Output = Result<Vec<A>, StoreError>>,
{
    let found = read(questions.clone()).await;
    if questions.len() < 2 || !matches!(found, Err(StoreError::Corrupt(_))) {
        return each(questions.len(), found);
    }
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        answers.extend(each(1, read(vec![question]).await));
    }
    answers
}

/// Returns the answers of a read that succeeds or fails as a whole.
#[must_use]
pub fn each<A>(questions: usize, read: Result<Vec<A>, StoreError>) -> Vec<Result<A, StoreError>> {
    match read {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) => (0..questions).map(|_| Err(error.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
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
        let unlucky = rig.ask('a', 13);
        assert_eq!(rig.begun.recv().await, Some(('a', vec![13])));
        let next = rig.enqueue('a', 2).await;
        rig.turns.add_permits(2);
        assert!(matches!(unlucky.await.unwrap(), Err(StoreError::Unavailable(_))));
        assert_eq!(next.await.unwrap().unwrap(), 20);
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
        let rig = rig();
        assert!(matches!(rig.ask('a', 1).await.unwrap(), Err(StoreError::Unavailable(_))));
    }
}
