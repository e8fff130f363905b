//! Replicas, and what they hear.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract::cluster::{Heard, Shared, ear, quotas, room, user};
use domain::event::{EphemeralEvent, EphemeralKind, Event, EventSink};
use domain::limit::Quotas;
use domain::room::Seq;
use infra_memory::{MemoryLimits, MemoryPresenceMarks};
use infra_redis::{Redis, RedisBus, RedisLimits, RedisPresence, RedisPresenceMarks, Target};
use infra_system::SystemClock;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use uuid::Uuid;

/// How long leases hold in these tests, some of which wait for them to lapse.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// What takes longer does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What one replica has of Redis.
pub(crate) struct Replica {
    pub(crate) shared: Shared,
    pub(crate) redis: Arc<Redis>,
}

impl Replica {
    /// One that waits for Redis as long as a busy machine may take.
    pub(crate) fn start(url: &str, name: u128, sink: Arc<dyn EventSink>, quotas: Quotas) -> Self {
        Self::with(url, name, sink, quotas, PATIENCE)
    }

    fn with(url: &str, name: u128, sink: Arc<dyn EventSink>, quotas: Quotas, patience: Duration) -> Self {
        let redis = Redis::open(Target::parse(url).unwrap(), patience);
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

    /// A replica to which Redis is there, and what it hears.
    pub(crate) async fn up(url: &str, name: u128) -> (Self, Ears) {
        Self::waiting(url, name, PATIENCE).await
    }

    /// The same, of so much patience.
    pub(crate) async fn waiting(url: &str, name: u128, patience: Duration) -> (Self, Ears) {
        let (sink, heard) = ear();
        let replica = Self::with(url, name, sink, quotas(), patience);
        replica.redis.until(true).await;
        (replica, Ears(heard))
    }

    /// Tells all replicas something with a number.
    pub(crate) fn tell(&self, n: i64) {
        self.shared.bus.publish(event(n));
    }
}

pub(crate) fn event(n: i64) -> Event {
    Event::Ephemeral(EphemeralEvent { room: room(1), user: user(1), kind: EphemeralKind::Read(Seq(n)) })
}

/// What a replica hears.
pub(crate) struct Ears(UnboundedReceiver<Heard>);

impl Ears {
    /// The next event.
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            if let Heard::Event(event) = soon(self.0.recv()).await.unwrap() {
                return *event;
            }
        }
    }

    /// Waits for the word that something may have been missed.
    pub(crate) async fn missed(&mut self) {
        while soon(self.0.recv()).await.unwrap() != Heard::Missed {}
    }

    /// Forgets what was heard so far.
    pub(crate) fn clear(&mut self) {
        while self.0.try_recv().is_ok() {}
    }
}

/// What must come, comes.
pub(crate) async fn soon<T>(wanted: impl Future<Output = T>) -> T {
    timeout(PATIENCE, wanted).await.unwrap()
}
