//! What replicas share: by way of Redis where the settings name one, else in the memory of this process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::compat::ryos::PresenceMarks;
use domain::event::{EventBus, EventSink};
use domain::limit::Limits;
use domain::presence::Presence;
use domain::{Clock, IdSource};
use infra_memory::{MemoryBus, MemoryLimits, MemoryPresence, MemoryPresenceMarks};
use infra_redis::{Redis, RedisBus, RedisLimits, RedisPresence, RedisPresenceMarks, Target};

use crate::settings::{Settings, WithoutRedis};

/// How long a request waits for Redis before it goes on without.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long somebody is held to be there after their replica last said so; it says so every ten seconds.
const LEASE: Duration = Duration::from_secs(30);
/// How long the end of this program may wait for what others should hear of it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The ports of what is shared.
pub(crate) struct Shared {
    pub bus: Arc<dyn EventBus>,
    pub presence: Arc<dyn Presence>,
    pub presence_marks: Arc<dyn PresenceMarks>,
    pub limits: Arc<dyn Limits>,
    by: By,
}

/// How it is shared.
enum By {
    Memory(Arc<MemoryBus>),
    Redis(Arc<RedisBus>, Arc<Redis>),
}

impl Shared {
    /// What this process has by itself. Commands need no more: servers look into the store.
    pub(crate) fn alone(settings: &Settings, clock: Arc<dyn Clock>) -> Self {
        let bus = Arc::new(MemoryBus::default());
        Self {
            bus: bus.clone(),
            presence: Arc::new(MemoryPresence::default()),
            presence_marks: Arc::new(MemoryPresenceMarks::default()),
            limits: Arc::new(MemoryLimits::new(settings.limit_policy(), clock)),
            by: By::Memory(bus),
        }
    }

    /// Opens what the settings name. Redis need not be there yet.
    pub(crate) fn open(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        ids: &dyn IdSource,
    ) -> anyhow::Result<Self> {
        let alone = Self::alone(settings, clock);
        let Some(url) = &settings.redis_url else { return Ok(alone) };
        let redis = Redis::open(Target::parse(&url.0).context("REDIS_URL")?, PATIENCE);
        // This run of this replica: what an earlier one held is not its own.
        let me = ids.next();
        let bus = Arc::new(RedisBus::start(redis.clone(), me));
        let without = match settings.limits_without_redis {
            WithoutRedis::Local => Some(alone.limits),
            WithoutRedis::Open => None,
        };
        Ok(Self {
            bus: bus.clone(),
            presence: Arc::new(RedisPresence::new(redis.clone(), me, LEASE)),
            presence_marks: Arc::new(RedisPresenceMarks::new(redis.clone(), alone.presence_marks)),
            limits: Arc::new(RedisLimits::new(redis.clone(), settings.limit_policy(), without)),
            by: By::Redis(bus, redis),
        })
    }

    /// From now on events arrive there.
    pub(crate) fn attach(&self, sink: Arc<dyn EventSink>) {
        match &self.by {
            By::Memory(bus) => bus.attach(sink),
            By::Redis(bus, _) => bus.attach(sink),
        }
    }

    /// Lets others hear the last words of this replica, unless that takes too long.
    pub(crate) async fn finish(&self) {
        if let By::Redis(bus, _) = &self.by {
            let _in_time = tokio::time::timeout(LAST_WORDS, bus.flush()).await.is_ok();
        }
    }

    /// Says, whenever it is asked, what of this is away.
    pub(crate) fn away(&self) -> Box<dyn Fn() -> Option<&'static str> + Send + Sync> {
        match &self.by {
            By::Memory(_) => Box::new(|| None),
            By::Redis(_, redis) => {
                let redis = redis.clone();
                Box::new(move || (!redis.is_up()).then_some("redis"))
            }
        }
    }
}
