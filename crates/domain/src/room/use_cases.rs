//! The use cases of rooms, built from the ports.

use super::{CreateRoom, DeleteRoom, ListRooms, ShowRoom, UpdateRoom};
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
