//! The laws that every adapter obeys, for the adapters in memory.

use std::sync::Arc;

use contract::cluster::Shared;
use domain::event::EventSink;
use domain::limit::Quotas;
use infra_memory::{MemoryBus, MemoryLimits, MemoryPresence, MemoryPresenceMarks};
use infra_system::SystemClock;

#[expect(clippy::unused_async, reason = "other adapters wait for a server")]
async fn fresh(sink: Arc<dyn EventSink>, quotas: Quotas) -> (Shared, ()) {
    let bus = MemoryBus::default();
    bus.attach(sink);
    let shared = Shared {
        bus: Arc::new(bus),
        presence: Arc::new(MemoryPresence::default()),
        marks: Arc::new(MemoryPresenceMarks::default()),
        limits: Arc::new(MemoryLimits::new(quotas.into(), Arc::new(SystemClock))),
    };
    (shared, ())
}

contract::cluster_laws!(crate::fresh);
