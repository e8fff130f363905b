//! The JSON of answers: the views of the wire contract, sections 2 to 4, and the types that handlers return.

mod account;
mod answers;
mod audit;
pub(crate) mod event_schemas;
mod examples;
mod kept;
mod message;
mod pagination;
mod part;
mod room;
pub(crate) mod samples;
mod socket;
mod socketio;
mod streams;
mod sync;

pub(crate) use live::{
    File, Invitation, KindName, Membership, Message, MessageExtras, RoleName, Room, RoomSummary, UserRef,
    time,
};

pub(crate) use account::{Account, Profile, Ticket, Token};
pub(crate) use answers::{
    AuditPage, Bare, ChangePage, Created, CreatedHere, CreatedOrExisting, Data, List, MessagePage, NoContent,
    Page, Paginated, PinPage,
};
pub(crate) use audit::AuditEvent;
pub use audit::audit_event;
pub(crate) use kept::{KeptAnswer, Repeatable};
pub(crate) use message::MessageVersion;
pub(crate) use pagination::{CursorInfo, PageInfo, RevisionInfo};
pub(crate) use part::Part;
pub(crate) use room::{Member, PresentUser, Reader};
pub(crate) use socket::{Ack, AckData, AcknowledgedData, Acknowledgement, RoomJoined, SocketAnswer};
pub(crate) use socketio::SocketIoMessage;
pub(crate) use streams::{AllEventsStream, EventStream, FileBytes};
pub(crate) use sync::{SyncAnswer, SyncInfo, Synced};
