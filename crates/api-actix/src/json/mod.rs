//! What answers look like: the JSON of the wire contract, sections 2 to 4.

mod account;
mod message;
mod pagination;
mod room;
pub(crate) mod samples;
mod socket;
mod socketio;

use serde::Serialize;

pub(crate) use live::{
    File as SharedFile, KindName, Membership as Mine, RoleName, Room, UserRef as Person, time,
};

pub(crate) use account::{Account, Token};
pub(crate) use message::RoomMessage;
pub(crate) use pagination::{CursorInfo, PageInfo, StretchInfo};
pub(crate) use room::{OpenInvitation, PresentUser, RoomMember};
pub(crate) use socket::{Ack, AckData, AcknowledgedData, Acknowledgement, RoomJoined, SocketAnswer};
pub(crate) use socketio::SocketIoMessage;

/// Every success.
#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub data: T,
}

/// Every list.
#[derive(Serialize)]
pub(crate) struct List<T, P> {
    pub data: Vec<T>,
    pub pagination: P,
}
