//! Live presence: the users connected to a room now, on any transport at any replica.

mod list;
mod ports;
mod typing;

pub use list::ListPresence;
pub use ports::{Presence, Present};
pub use typing::PublishTyping;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockPresence;
