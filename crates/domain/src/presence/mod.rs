//! Who is in a room right now: with a socket open, on whatever transport, at whatever replica.

mod list;
mod ports;

pub use list::ListPresence;
pub use ports::{Presence, Present};

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockPresence;
