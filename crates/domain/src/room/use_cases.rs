//! The use cases of rooms, built from the ports.

use super::{CreateRoom, DeleteRoom, ListRooms, ShowRoom, UpdateRoom};
use crate::Ports;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of rooms: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct RoomUseCases {
    pub list: ListRooms,
    pub create: CreateRoom,
    pub show: ShowRoom,
    pub update: UpdateRoom,
    pub delete: DeleteRoom,
}

impl RoomUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored: SharedStore { store, rooms, .. }, events, clock, ids, quotas, .. } = ports;
        let audit = &ports.audit_trail();
        Self {
            list: use_case!(ListRooms { rooms }),
            create: use_case!(CreateRoom { store, clock, ids, events, quotas, audit }),
            show: use_case!(ShowRoom { rooms }),
            update: use_case!(UpdateRoom { store, rooms, clock, events, audit }),
            delete: use_case!(DeleteRoom { store, clock, events, audit }),
        }
    }
}
