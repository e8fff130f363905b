//! The ports that replicas share: through Redis if it is set, else in the memory of this process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::IdSource;
use domain::compat::ryos::PresenceMarks;
use domain::event::{EventBus, EventSink};
use domain::limit::Limits;
use domain::presence::Presence;
use infra_memory::{MemoryBus, MemoryLimits, MemoryPresence, MemoryPresenceMarks};
use infra_redis::{Redis, RedisBus, RedisLimits, RedisPresence, RedisPresenceMarks, Target};

use crate::settings::{Settings, WithoutRedis};
use crate::wiring;

/// Time that a request waits for Redis before it continues without.
const REDIS_TIMEOUT: Duration = Duration::from_millis(200);
/// Time for which a user counts as present after their replica last renewed the lease, which it does every ten seconds.
const PRESENCE_LEASE: Duration = Duration::from_secs(30);
/// Time at shutdown for publishing the last events to other replicas.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The shared ports.
pub(crate) struct Shared {
    pub bus: Arc<dyn EventBus>,
    pub presence: Arc<dyn Presence>,
    pub presence_marks: Arc<dyn PresenceMarks>,
    pub limits: Arc<dyn Limits>,
    backend: Backend,
}

/// The adapters behind the ports.
enum Backend {
    Memory(Arc<MemoryBus>),
    Redis(Arc<RedisBus>, Arc<Redis>),
}

impl Shared {
    /// Returns ports in the memory of this process. They suffice for commands: servers read changes from the store.
    pub(crate) fn alone(settings: &Settings) -> Self {
        let bus = Arc::new(MemoryBus::default());
        Self {
            bus: bus.clone(),
            presence: Arc::new(MemoryPresence::default()),
            presence_marks: Arc::new(MemoryPresenceMarks::default()),
            limits: Arc::new(MemoryLimits::new(settings.limit_policy(), wiring::steady_clock())),
            backend: Backend::Memory(bus),
        }
    }

    /// Returns the ports that the settings ask for. Redis need not be available yet.
    pub(crate) fn open(settings: &Settings, ids: &dyn IdSource) -> anyhow::Result<Self> {
        let alone = Self::alone(settings);
        let Some(url) = &settings.redis_url else { return Ok(alone) };
        let redis = Redis::open(Target::parse(&url.0).context("REDIS_URL")?, REDIS_TIMEOUT);
        // Identifies this process: an earlier one of the same replica has leases of its own.
        let replica = ids.next();
        let bus = Arc::new(RedisBus::start(redis.clone(), replica));
        let fallback = match settings.limits_without_redis {
            WithoutRedis::Local => Some(alone.limits),
            WithoutRedis::Open => None,
        };
        Ok(Self {
            bus: bus.clone(),
            presence: Arc::new(RedisPresence::new(redis.clone(), replica, PRESENCE_LEASE)),
            presence_marks: Arc::new(RedisPresenceMarks::new(redis.clone(), alone.presence_marks)),
            limits: Arc::new(RedisLimits::new(redis.clone(), settings.limit_policy(), fallback)),
            backend: Backend::Redis(bus, redis),
        })
    }

    /// Delivers events to the sink from now on.
    pub(crate) fn attach(&self, sink: Arc<dyn EventSink>) {
        match &self.backend {
            Backend::Memory(bus) => bus.attach(sink),
            Backend::Redis(bus, _) => bus.attach(sink),
        }
    }

    /// Publishes the last events to other replicas, or gives up after the timeout.
    pub(crate) async fn finish(&self) {
        if let Backend::Redis(bus, _) = &self.backend {
            let _in_time = tokio::time::timeout(FLUSH_TIMEOUT, bus.flush()).await.is_ok();
        }
    }

    /// Returns a function that names the shared service that is unavailable, if any.
    pub(crate) fn unavailable(&self) -> Box<dyn Fn() -> Option<&'static str> + Send + Sync> {
        match &self.backend {
            Backend::Memory(_) => Box::new(|| None),
            Backend::Redis(_, redis) => {
                let redis = redis.clone();
                Box::new(move || (!redis.is_up()).then_some("redis"))
            }
        }
    }
}
