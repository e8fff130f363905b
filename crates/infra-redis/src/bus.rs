//! The event bus between replicas.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::event::{Event, EventBus, EventSink};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use crate::connection::{MessageHandler, Redis};
use crate::wire;

/// Events that may wait to be published. Further ones are dropped: the other replicas read them from the store.
const QUEUE: usize = 4_096;
/// Events that are published at a time.
const BATCH: usize = 64;
/// Age at which a waiting event is not published any more: the other replicas have read it from the store meanwhile.
const STALE: Duration = Duration::from_secs(5);

/// Delivers every event to the sink of this process at once, and publishes it to all other replicas through Redis.
pub struct RedisBus {
    redis: Arc<Redis>,
    origin: Uuid,
    sink: OnceLock<Arc<dyn EventSink>>,
    queue: mpsc::Sender<QueueItem>,
}

enum QueueItem {
    /// An event, and the time since which it waits.
    Event(Instant, Box<Event>),
    /// A flush, to be confirmed once everything before it is published.
    Flush(oneshot::Sender<()>),
}

impl RedisBus {
    /// Starts a bus on the current runtime. `origin` must be unique.
    #[must_use]
    pub fn start(redis: Arc<Redis>, origin: Uuid) -> Self {
        let (queue, items) = mpsc::channel(QUEUE);
        tokio::spawn(publish_queue(redis.clone(), origin, items));
        Self { redis, origin, sink: OnceLock::new(), queue }
    }

    /// Delivers events to the sink from now on. A second call has no effect.
    pub fn attach(&self, sink: Arc<dyn EventSink>) {
        drop(self.sink.set(sink.clone()));
        self.redis.subscribe(RemoteEvents { origin: self.origin, sink, warned: AtomicBool::new(false) });
    }

    /// Waits until all events so far are published or dropped.
    pub async fn flush(&self) {
        let (flushed, confirmation) = oneshot::channel();
        if self.redis.is_up() && self.queue.send(QueueItem::Flush(flushed)).await.is_ok() {
            // The sender is dropped where the task has ended: then nothing is published any more.
            let _confirmed = confirmation.await.is_ok();
        }
    }
}

impl EventBus for RedisBus {
    fn publish(&self, event: Event) {
        if self.queue.try_send(QueueItem::Event(Instant::now(), Box::new(event.clone()))).is_err() {
            metrics::counter!("parlor_bus_dropped_total").increment(1);
        }
        if let Some(sink) = self.sink.get() {
            sink.deliver(event);
        }
    }
}

/// Delivers the events of other replicas to the sink.
struct RemoteEvents {
    origin: Uuid,
    sink: Arc<dyn EventSink>,
    /// An undecodable event is logged once: during an upgrade of the replicas every event may be one.
    warned: AtomicBool,
}

impl MessageHandler for RemoteEvents {
    fn subscribed(&self) {
        self.sink.resync();
    }

    fn message(&self, payload: &[u8]) {
        match wire::decode(payload, self.origin) {
            Ok(Some(event)) => self.sink.deliver(event),
            // An event of this replica, delivered when it was published.
            Ok(None) => {}
            Err(error) => {
                metrics::counter!("parlor_bus_unread_total").increment(1);
                if !self.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "can't decode events of another replica; they are read from the store");
                }
            }
        }
    }
}

/// Publishes queued events until the bus is dropped.
async fn publish_queue(redis: Arc<Redis>, origin: Uuid, mut items: mpsc::Receiver<QueueItem>) {
    let mut batch = vec![];
    while items.recv_many(&mut batch, BATCH).await > 0 {
        let (mut events, mut flushes) = (vec![], vec![]);
        for item in batch.drain(..) {
            match item {
                QueueItem::Event(since, event) => events.push((since, event)),
                QueueItem::Flush(flushed) => flushes.push(flushed),
            }
        }
        let payloads = || {
            let fresh = events.iter().filter(|(since, _)| since.elapsed() < STALE);
            fresh.filter_map(|(_, event)| wire::encode(event, origin).ok()).collect()
        };
        if !events.is_empty() && !redis.publish(payloads).await {
            let count = events.len().try_into().unwrap_or(u64::MAX);
            metrics::counter!("parlor_bus_dropped_total").increment(count);
        }
        for flushed in flushes {
            flushed.send(()).unwrap_or_default();
        }
    }
}
