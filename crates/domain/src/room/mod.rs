//! Rooms: names, slugs, visibility, and the log of their changes.

mod create;
mod delete;
mod list;
mod model;
mod ports;
mod show;
mod slug;
mod update;

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

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockRoomReader;

use crate::wiring::use_cases;

use_cases! {
    /// The use cases of rooms: one field each.
    RoomUseCases(ports) {
        list: ListRooms { rooms; },
        create: CreateRoom { store; clock, ids, events, quotas; audit: ports.audit_trail() },
        show: ShowRoom { rooms; },
        update: UpdateRoom { store, rooms; clock, events; audit: ports.audit_trail() },
        delete: DeleteRoom { store; clock, events; audit: ports.audit_trail() },
    }
}
