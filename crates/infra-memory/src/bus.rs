//! The event bus within one process.

use std::sync::{Arc, OnceLock};

use domain::event::{Event, EventBus, EventSink};

/// Delivers every event to the sink of this process, synchronously.
#[derive(Default)]
pub struct MemoryBus {
    sink: OnceLock<Arc<dyn EventSink>>,
}

impl MemoryBus {
    /// Delivers events to the sink from now on. A second call has no effect.
    pub fn attach(&self, sink: Arc<dyn EventSink>) {
        drop(self.sink.set(sink));
    }
}

impl EventBus for MemoryBus {
    fn publish(&self, event: Event) {
        if let Some(sink) = self.sink.get() {
            sink.deliver(event);
        }
    }
}
