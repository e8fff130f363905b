//! Decides which of the waiting items are committed together.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use metrics::{Gauge, Histogram};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::items::{ALONE, Items, StageQueue, Waiting};
use super::linger::{Linger, Threshold};
use super::{Limits, Outcome, Stage, SubmitError};

/// Items of one key, each with the outcome of its commit; `None` where the commit panicked.
type Settled<T, R> = Vec<(Waiting<T, R>, Option<Outcome<R>>)>;
type Batch<K, T, R> = Vec<(K, Vec<Waiting<T, R>>)>;

struct Finished<K, T, R> {
    stage: Stage,
    batch: Batch<K, T, R>,
    outcomes: Result<Vec<Outcome<R>>, JoinError>,
}

pub(super) struct Dispatcher<K, T, R, C> {
    limits: Limits,
    key: fn(&T) -> K,
    commit: C,
    keys: HashMap<K, Items<T, R>>,
    shared: StageQueue<K>,
    contended: StageQueue<K>,
    alone: StageQueue<K>,
    /// Until when some key is committed alone.
    apart_until: Option<Instant>,
    linger: Linger,
    commits: JoinSet<Finished<K, T, R>>,
    pending: usize,
    queue_length: Gauge,
    batch_size: Histogram,
}

impl<K, T, R, C, F> Dispatcher<K, T, R, C>
where
    K: Copy + Eq + Hash + Debug + Send + 'static,
    T: Send + Sync + 'static,
    R: Send + 'static,
    C: Fn(Stage, Vec<Arc<T>>) -> F,
    F: Future<Output = Vec<Outcome<R>>> + Send + 'static,
{
    pub(super) fn new(limits: Limits, threshold: Arc<Threshold>, key: fn(&T) -> K, commit: C) -> Self {
        Self {
            limits,
            key,
            commit,
            keys: HashMap::new(),
            shared: StageQueue::new(1),
            contended: StageQueue::new(1),
            alone: StageQueue::new(limits.alone.max(1)),
            apart_until: None,
            linger: Linger::new(threshold),
            commits: JoinSet::new(),
            pending: 0,
            queue_length: metrics::gauge!("parlor_send_queue_length"),
            batch_size: metrics::histogram!("parlor_send_batch_size"),
        }
    }

    /// Runs until the queue is closed and every item has its result.
    pub(super) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Waiting<T, R>>) {
        let mut arrived = Vec::with_capacity(self.limits.batch);
        let mut open = true;
        while open || !self.commits.is_empty() {
            tokio::select! {
                Some(finished) = self.commits.join_next() => {
                    open = self.receive(&mut queue);
                    match finished {
                        Ok(finished) => self.settle(finished),
                        Err(error) => tracing::error!(%error, "a commit has no outcome"),
                    }
                }
                count = queue.recv_many(&mut arrived, self.limits.batch), if open && self.could_start() => {
                    open = count > 0;
                    arrived.drain(..).for_each(|waiting| self.enqueue(waiting));
                }
                () = self.linger.end(), if self.linger.is_on() => open = self.receive(&mut queue),
            }
            if !open {
                self.linger.stop();
            }
            self.start_ready();
            let waiting = self.pending + queue.len();
            self.queue_length.set(u32::try_from(waiting).unwrap_or(u32::MAX));
        }
    }

    /// Returns whether a commit could start with an item that arrives now. Where none could, an arrival wakes no task.
    fn could_start(&self) -> bool {
        let is_busy = |stage: &StageQueue<K>| stage.running > 0 || !stage.ready.is_empty();
        (self.shared.running == 0 && !self.linger.is_on())
            || is_busy(&self.contended)
            || is_busy(&self.alone)
            || self.apart_until.is_some_and(|until| Instant::now() < until)
    }

    /// Takes all items that have arrived; returns whether more can.
    fn receive(&mut self, queue: &mut mpsc::UnboundedReceiver<Waiting<T, R>>) -> bool {
        loop {
            match queue.try_recv() {
                Ok(waiting) => self.enqueue(waiting),
                Err(error) => return error == TryRecvError::Empty,
            }
        }
    }

    fn at(&mut self, stage: Stage) -> &mut StageQueue<K> {
        match stage {
            Stage::Shared => &mut self.shared,
            Stage::Contended => &mut self.contended,
            Stage::Alone => &mut self.alone,
        }
    }

    fn enqueue(&mut self, waiting: Waiting<T, R>) {
        let key = (self.key)(&waiting.item);
        let items = self.keys.entry(key).or_insert(Items::NONE);
        if items.is_over() {
            *items = Items::NONE;
        }
        if items.stage != Stage::Shared && items.pending.len() >= self.limits.blocked {
            waiting.answer(Err(SubmitError::QueueFull));
            return;
        }
        self.pending += 1;
        items.pending.push_back(waiting);
        if items.pending.len() == 1 && !items.running {
            let stage = items.stage;
            self.at(stage).ready.push_back(key);
        }
    }

    fn start_ready(&mut self) {
        for stage in [Stage::Shared, Stage::Contended, Stage::Alone] {
            if stage == Stage::Shared && self.linger.goes_on(self.pending) {
                continue;
            }
            while self.at(stage).running < self.at(stage).most {
                let batch = self.take(stage);
                if batch.is_empty() {
                    break;
                }
                self.start(stage, batch);
            }
        }
    }

    /// Takes the next items of a stage; leaves out those whose callers gave up.
    fn take(&mut self, stage: Stage) -> Batch<K, T, R> {
        let mut batch = Vec::new();
        let mut room = self.limits.batch;
        while room > 0
            && let Some(key) = self.at(stage).ready.pop_front()
            && let Some(items) = self.keys.get_mut(&key)
        {
            let most = if items.singly > 0 { 1 } else { room };
            let mut taken = Vec::new();
            while taken.len() < most
                && let Some(waiting) = items.pending.pop_front()
            {
                self.pending -= 1;
                items.singly = items.singly.saturating_sub(1);
                if !waiting.answer.is_closed() {
                    taken.push(waiting);
                }
            }
            if taken.is_empty() {
                self.forget(key);
                continue;
            }
            items.running = true;
            room -= taken.len();
            batch.push((key, taken));
            if stage == Stage::Alone {
                break;
            }
        }
        batch
    }

    fn start(&mut self, stage: Stage, batch: Batch<K, T, R>) {
        let all = || batch.iter().flat_map(|(_, items)| items);
        let size = u32::try_from(all().count()).unwrap_or(u32::MAX);
        self.batch_size.record(size);
        for waiting in all() {
            waiting.span.record("batch.size", size);
        }
        let commit = (self.commit)(stage, all().map(|waiting| waiting.item.clone()).collect());
        self.at(stage).running += 1;
        if stage == Stage::Shared {
            self.linger.commit_begins();
        }
        self.commits.spawn(async move {
            // In a task of its own: a commit that panics ends its batch, not the queue.
            let outcomes = tokio::spawn(commit).await;
            Finished { stage, batch, outcomes }
        });
    }

    /// Answers the items of a batch, or lets them wait for their next stage.
    fn settle(&mut self, Finished { stage, batch, outcomes }: Finished<K, T, R>) {
        self.at(stage).running -= 1;
        if stage == Stage::Shared {
            let committed = batch.iter().map(|(_, items)| items.len()).sum();
            self.linger.commit_ended(committed, self.pending, self.limits.batch);
        }
        let outcomes = outcomes.inspect_err(|error| tracing::error!(%error, "a commit panicked"));
        let mut outcomes = outcomes.unwrap_or_default().into_iter();
        for (key, waiting) in batch {
            let outcomes: Vec<_> = waiting.into_iter().map(|waiting| (waiting, outcomes.next())).collect();
            self.settle_key(stage, key, outcomes);
        }
    }

    fn settle_key(&mut self, stage: Stage, key: K, outcomes: Settled<T, R>) {
        let Some(items) = self.keys.get_mut(&key) else { return };
        let (single, mut next, mut failed) = (outcomes.len() == 1, Stage::Shared, false);
        let mut again = VecDeque::new();
        for (waiting, outcome) in outcomes {
            match outcome {
                Some(Outcome::Done(result)) => waiting.answer(Ok(result)),
                Some(Outcome::Blocked(_)) if stage == Stage::Shared => {
                    next = Stage::Contended;
                    again.push_back(waiting);
                }
                Some(Outcome::Blocked(result)) if stage == Stage::Alone => {
                    failed = true;
                    waiting.answer(Ok(result));
                }
                Some(Outcome::Failed(result)) if stage == Stage::Alone && single => {
                    failed = true;
                    waiting.answer(Ok(result));
                }
                // The commit panicked because of this item. Its caller learns it from the dropped answer.
                None if stage == Stage::Alone && single => failed = true,
                Some(Outcome::Blocked(_) | Outcome::Failed(_)) | None => {
                    next = Stage::Alone;
                    again.push_back(waiting);
                }
            }
        }
        if stage == Stage::Alone && !again.is_empty() {
            items.singly = again.len();
        }
        if failed {
            if !items.is_suspect() {
                metrics::counter!("parlor_send_rooms_apart_total").increment(1);
                tracing::warn!(room = ?key, "messages to a room can't be stored; they no longer share commits with others");
            }
            let until = Some(Instant::now() + ALONE);
            (items.alone_until, self.apart_until) = (until, until);
        }
        items.running = false;
        items.stage = if items.singly > 0 || items.is_suspect() { Stage::Alone } else { next };
        self.pending += again.len();
        again.append(&mut items.pending);
        items.pending = again;
        if items.pending.is_empty() {
            self.forget(key);
        } else {
            let stage = items.stage;
            self.at(stage).ready.push_back(key);
        }
        if failed {
            self.keys.retain(|_, items| !items.is_over());
        }
    }

    /// Forgets a key without items, unless it is to stay alone.
    fn forget(&mut self, key: K) {
        if self.keys.get(&key).is_some_and(Items::is_over) {
            self.keys.remove(&key);
        }
    }
}
