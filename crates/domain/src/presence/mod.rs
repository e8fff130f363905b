//! Live presence: the users connected to a room now, on any transport at any replica.

mod list;
mod ports;

pub use list::ListPresence;
pub use ports::{Presence, Present};

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockPresence;
