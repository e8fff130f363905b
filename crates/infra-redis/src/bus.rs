//! Events between replicas.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::event::{Event, EventBus, EventSink};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connection::{Ears, Redis};
use crate::wire;

/// How many events may wait for Redis. What comes then is not sent: the other replicas read it from the store.
const QUEUE: usize = 4_096;
/// How many are sent at a time.
const BATCH: usize = 64;
/// What waited for longer is not sent: other replicas have looked into the store since, and a moment has passed.
const STALE: Duration = Duration::from_secs(5);

/// Hands every event to the sink of this process, at once, and through Redis to those of all others.
pub struct RedisBus {
    redis: Arc<Redis>,
    origin: Uuid,
    sink: OnceLock<Arc<dyn EventSink>>,
    queue: mpsc::Sender<Waiting>,
}

/// What waits for Redis.
enum Waiting {
    /// To be told, since then.
    Event(Instant, Box<Event>),
    /// Somebody who wants to know when what came before has been told.
    Word(oneshot::Sender<()>),
}

impl RedisBus {
    /// A bus on the current runtime. No two may have the same `origin`.
    #[must_use]
    pub fn start(redis: Arc<Redis>, origin: Uuid) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(send(redis.clone(), origin, waiting));
        Self { redis, origin, sink: OnceLock::new(), queue }
    }

    /// From now on events arrive there. The first sink stays.
    pub fn attach(&self, sink: Arc<dyn EventSink>) {
        drop(self.sink.set(sink.clone()));
        self.redis.listen(Others { origin: self.origin, sink, complained: AtomicBool::new(false) });
    }

    /// Resolves when everything that was published has been told, or can't be.
    pub async fn flush(&self) {
        let (word, given) = oneshot::channel();
        if self.redis.is_up() && self.queue.send(Waiting::Word(word)).await.is_ok() {
            // It is dropped where the task has ended: then nothing is told any more.
            let _told = given.await.is_ok();
        }
    }
}

impl EventBus for RedisBus {
    fn publish(&self, event: Event) {
        if self.queue.try_send(Waiting::Event(Instant::now(), Box::new(event.clone()))).is_err() {
            metrics::counter!("parlor_bus_dropped_total").increment(1);
        }
        if let Some(sink) = self.sink.get() {
            sink.deliver(event);
        }
    }
}

/// What the others tell.
struct Others {
    origin: Uuid,
    sink: Arc<dyn EventSink>,
    /// Whether the log says already that something can't be read: while replicas are replaced it may be every event.
    complained: AtomicBool,
}

impl Ears for Others {
    fn listening(&self) {
        self.sink.resync();
    }

    fn heard(&self, told: &[u8]) {
        match wire::read(told, self.origin) {
            Ok(Some(event)) => self.sink.deliver(event),
            // Its own, delivered when it was published.
            Ok(None) => {}
            Err(error) => {
                metrics::counter!("parlor_bus_unread_total").increment(1);
                if !self.complained.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "events of another replica can't be read; the store tells of them");
                }
            }
        }
    }
}

async fn send(redis: Arc<Redis>, origin: Uuid, mut waiting: mpsc::Receiver<Waiting>) {
    let mut batch = vec![];
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (mut events, mut words) = (vec![], vec![]);
        for one in batch.drain(..) {
            match one {
                Waiting::Event(since, event) => events.push((since, event)),
                Waiting::Word(word) => words.push(word),
            }
        }
        let told = || {
            let fresh = events.iter().filter(|(since, _)| since.elapsed() < STALE);
            fresh.filter_map(|(_, event)| wire::write(event, origin).ok()).collect()
        };
        if !events.is_empty() && !redis.tell(told).await {
            let count = events.len().try_into().unwrap_or(u64::MAX);
            metrics::counter!("parlor_bus_dropped_total").increment(count);
        }
        for word in words {
            word.send(()).unwrap_or_default();
        }
    }
}
