//! Events within one process.

use std::sync::{Arc, OnceLock};

use domain::event::{Event, EventBus, EventSink};

/// Hands every event to the one sink of this process, at once.
#[derive(Default)]
pub struct MemoryBus {
    sink: OnceLock<Arc<dyn EventSink>>,
}

impl MemoryBus {
    /// From now on events arrive there. The first sink stays.
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
