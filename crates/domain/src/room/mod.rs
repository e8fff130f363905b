//! Rooms: names, slugs, visibility, and the log of their changes.

mod create;
mod delete;
mod list;
mod model;
mod ports;
mod show;
mod slug;
mod update;
mod use_cases;

pub use create::{CreateRoom, CreateRoomCommand};
pub use delete::DeleteRoom;
pub use list::{ListRooms, RoomQuery, RoomSort};
pub use model::{
    Access, Description, PrivateKind, Revision, Room, RoomLog, RoomName, RoomView, Search, Seq, Visibility,
    folded_text,
};
pub use ports::{RoomReader, RoomWrites};
pub use show::ShowRoom;
pub use slug::Slug;
pub use update::{RoomChange, UpdateRoom};
pub use use_cases::RoomUseCases;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockRoomReader;
