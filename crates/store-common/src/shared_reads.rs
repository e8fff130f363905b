//! Reads that concurrent callers share.
//!
//! A read costs a round trip and a statement, whether it answers one question or a hundred. So the questions that come while a
//! read of their key is on its way wait, and share the next one, which begins after all of them: each sees every change that was
//! committed before it came. A question that finds no such read lets the requests go first that its thread has already received:
//! on one core PostgreSQL would answer it before any of them could come. If none asks for the same, its caller reads.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::StoreError;
use metrics::{Gauge, Histogram};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::timeout;
use tracing::{Instrument, Span, field};

/// The most questions that one read answers.
const BATCH: usize = 1_024;
/// The most questions that wait; more are rejected at once.
const QUEUE: usize = 10_000;
/// The longest that a caller waits.
pub const TIMEOUT: Duration = Duration::from_millis(1_800);

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

impl<Q, A> Waiting<Q, A> {
    /// Adds a question to others. Returns the receiver of its answer.
    fn push(others: &mut Vec<Self>, question: Q, span: &Span) -> oneshot::Receiver<Result<A, StoreError>> {
        let (answer, answered) = oneshot::channel();
        others.push(Self { question, answer, span: span.clone() });
        answered
    }
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
            queue_length: metrics::gauge!("parlor_shared_read_queue_length", "of" => of),
            batch_size: metrics::histogram!("parlor_shared_read_batch_size", "of" => of),
        }))
    }

    /// Returns the answer to a question.
    pub async fn ask(&self, key: K, question: Q) -> Result<A, StoreError> {
        // Covers the wait for the read before, which a trace should show.
        let span = tracing::info_span!(target: "parlor::traces", "read", batch.size = field::Empty);
        let (joined, first) = match self.0.join(&key, question, &span)? {
            Joined::First(question) => {
                // When this caller is answered, or gone, the others go on.
                let first = First { inner: self.0.clone(), key: key.clone() };
                yield_now().await;
                (self.0.share(&key, question, &span), Some(first))
            }
            waiting @ Joined::Waiting(_) => (waiting, None),
        };
        match joined {
            Joined::Waiting(answered) => {
                // Where this caller came first, the read of all who have come begins.
                drop(first);
                match timeout(TIMEOUT, answered).instrument(span).await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) => Err(broken_off()),
                    Err(_) => Err(StoreError::Unavailable("no answer from the read in time".into())),
                }
            }
            Joined::First(question) => {
                let read = self.0.begin(key, vec![question], [&span]);
                read.instrument(span.clone()).await.pop().unwrap_or_else(|| Err(broken_off()))
            }
        }
    }
}

impl<K, A> SharedReads<K, (), Arc<A>>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    /// Creates reads that have one answer for all who ask for the same key.
    pub fn of_one_answer<R, F>(of: &'static str, read: R) -> Self
    where
        R: Fn(K) -> F + Send + Sync + 'static,
        F: Future<Output = Result<A, StoreError>> + Send + 'static,
    {
        Self::new(of, move |key, asked: Vec<()>| {
            let read = read(key);
            async move {
                let answer = read.await.map(Arc::new);
                each(asked.len(), answer.map(|answer| vec![answer; asked.len()]))
            }
        })
    }

    /// Returns the answer for a key.
    pub async fn answer(&self, key: K) -> Result<A, StoreError> {
        self.ask(key, ()).await.map(Arc::unwrap_or_clone)
    }
}

fn broken_off() -> StoreError {
    StoreError::Unavailable("the read broke off".into())
}

/// The part of a question in the reads of its key.
enum Joined<Q, A> {
    /// It waits for the read before, and then for its answer.
    Waiting(oneshot::Receiver<Result<A, StoreError>>),
    /// No read is under way.
    First(Q),
}

/// The caller of a read that found no other under way.
struct First<K, Q, A>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    inner: Arc<Inner<K, Q, A>>,
    key: K,
}

impl<K, Q, A> Drop for First<K, Q, A>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    fn drop(&mut self) {
        if let Some(batch) = self.inner.next(&self.key) {
            self.inner.runtime.spawn(self.inner.clone().run(self.key.clone(), batch));
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

    /// Adds a question to those that wait, unless it is the first.
    fn join(&self, key: &K, question: Q, span: &Span) -> Result<Joined<Q, A>, StoreError> {
        let mut state = self.state();
        let waiting = state.waiting;
        let Some(others) = state.keys.get_mut(key) else {
            state.keys.insert(key.clone(), vec![]);
            return Ok(Joined::First(question));
        };
        if waiting >= QUEUE {
            return Err(StoreError::Unavailable("too many are waiting for a read".into()));
        }
        let answered = Waiting::push(others, question, span);
        state.waiting += 1;
        self.report(&state);
        Ok(Joined::Waiting(answered))
    }

    /// Adds the first question to those that wait, if there are any.
    fn share(&self, key: &K, question: Q, span: &Span) -> Joined<Q, A> {
        let mut state = self.state();
        match state.keys.get_mut(key).filter(|others| !others.is_empty()) {
            None => Joined::First(question),
            Some(others) => {
                let answered = Waiting::push(others, question, span);
                state.waiting += 1;
                Joined::Waiting(answered)
            }
        }
    }

    /// Begins a read.
    fn begin<'a>(&self, key: K, questions: Vec<Q>, spans: impl IntoIterator<Item = &'a Span>) -> Answers<A> {
        let size = u32::try_from(questions.len()).unwrap_or(u32::MAX);
        self.batch_size.record(size);
        for span in spans {
            span.record("batch.size", size);
        }
        (self.read)(key, questions)
    }

    /// Reads until no question of the key waits.
    async fn run(self: Arc<Self>, key: K, first: Vec<Waiting<Q, A>>) {
        let mut next = Some(first);
        while let Some(batch) = next {
            let (mut questions, mut callers, mut spans) = (vec![], vec![], vec![]);
            for waiting in batch {
                questions.push(waiting.question);
                callers.push(waiting.answer);
                spans.push(waiting.span);
            }
            // In a task of its own: a read that panics fails its callers, not those after them.
            let answers = tokio::spawn(self.begin(key.clone(), questions, &spans)).await;
            let answers = answers.inspect_err(|error| tracing::error!(%error, "a read panicked"));
            for (caller, answer) in callers.into_iter().zip(answers.unwrap_or_default()) {
                // The caller may be gone.
                drop(caller.send(answer));
            }
            next = self.next(&key);
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
mod tests;
