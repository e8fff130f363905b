//! Live presence: the users connected to a room now, on any transport at any replica.

mod list;
mod ports;
mod typing;
mod use_cases;

pub use list::ListPresence;
pub use ports::{Presence, Present};
pub use typing::PublishTyping;
pub use use_cases::PresenceUseCases;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockPresence;
