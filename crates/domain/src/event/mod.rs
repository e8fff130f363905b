//! Events: the one set of types that every live transport encodes.

mod changes;
mod model;
mod ports;

pub use changes::ReadChanges;
pub use model::{
    Change, ChangeKind, EphemeralEvent, EphemeralKind, Event, LatestMembership, ReadMark, Revocation,
};
pub use ports::{ChangeReader, Changes, EventBus, EventSink};

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockChangeReader, MockEventBus, MockEventSink};
