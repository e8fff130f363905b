//! Who listens where: the hub, the channels of rooms, the outboxes of connections, replays, and events as text.

mod bell;
mod connection;
mod connections;
mod figures;
mod hub;
mod replay;
mod room_channel;
mod wire;

pub(crate) use bell::Bell;
pub(crate) use connection::{End, Item, Outbox};
pub(crate) use figures::Transport;
pub use hub::Hub;
pub(crate) use replay::{Replay, Then};
pub(crate) use wire::{Encoded, Live, change_json};
