//! Replicas, and the calls that their sinks receive.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract::cluster::{Shared, SinkCall, quotas, room, sink, user};
use domain::event::{EphemeralEvent, EphemeralKind, Event, EventSink, ReadMark};
use domain::limit::Quotas;
use domain::room::Seq;
use infra_memory::{MemoryLimits, MemoryPresenceMarks};
use infra_redis::{Redis, RedisBus, RedisLimits, RedisPresence, RedisPresenceMarks, Target};
use infra_system::SystemClock;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use uuid::Uuid;

/// Duration of leases. Some tests wait for their expiry.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// Time after which a test fails.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// The adapters of one replica.
pub(crate) struct Replica {
    pub(crate) shared: Shared,
    pub(crate) redis: Arc<Redis>,
}

impl Replica {
    /// Starts a replica with a timeout that suits a busy machine.
    pub(crate) fn start(url: &str, name: u128, sink: Arc<dyn EventSink>, quotas: Quotas) -> Self {
        Self::with(url, name, sink, quotas, TIMEOUT)
    }

    fn with(url: &str, name: u128, sink: Arc<dyn EventSink>, quotas: Quotas, limit: Duration) -> Self {
        let redis = Redis::open(Target::parse(url).unwrap(), limit);
        let bus = RedisBus::start(redis.clone(), Uuid::from_u128(name));
        bus.attach(sink);
        let local = Arc::new(MemoryLimits::new(quotas.into(), Arc::new(SystemClock)));
        let marks = Arc::new(MemoryPresenceMarks::default());
        let shared = Shared {
            bus: Arc::new(bus),
            presence: Arc::new(RedisPresence::new(redis.clone(), Uuid::from_u128(name), LEASE)),
            marks: Arc::new(RedisPresenceMarks::new(redis.clone(), marks)),
            limits: Arc::new(RedisLimits::new(redis.clone(), quotas.into(), Some(local))),
        };
        Self { shared, redis }
    }

    /// Starts a replica and waits until it is connected.
    pub(crate) async fn up(url: &str, name: u128) -> (Self, Calls) {
        Self::up_with_timeout(url, name, TIMEOUT).await
    }

    /// Starts a replica whose requests wait for Redis that long, and waits until it is connected.
    pub(crate) async fn up_with_timeout(url: &str, name: u128, limit: Duration) -> (Self, Calls) {
        let (sink, calls) = sink();
        let replica = Self::with(url, name, sink, quotas(), limit);
        replica.redis.wait_until(true).await;
        (replica, Calls(calls))
    }

    /// Publishes an event with a number.
    pub(crate) fn publish(&self, n: i64) {
        self.shared.bus.publish(event(n));
    }
}

pub(crate) fn event(n: i64) -> Event {
    Event::Ephemeral(EphemeralEvent {
        room: room(1),
        user: user(1),
        kind: EphemeralKind::Read(ReadMark { seq: Seq(n), by: None }),
    })
}

/// The calls that the sink of a replica has received.
pub(crate) struct Calls(UnboundedReceiver<SinkCall>);

impl Calls {
    /// Returns the next event.
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            if let SinkCall::Event(event) = soon(self.0.recv()).await.unwrap() {
                return *event;
            }
        }
    }

    /// Waits for a resync.
    pub(crate) async fn resync(&mut self) {
        while soon(self.0.recv()).await.unwrap() != SinkCall::Resync {}
    }

    /// Drops the calls so far.
    pub(crate) fn clear(&mut self) {
        while self.0.try_recv().is_ok() {}
    }
}

/// Waits for a result, and fails the test after the timeout.
pub(crate) async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, wanted).await.unwrap()
}
