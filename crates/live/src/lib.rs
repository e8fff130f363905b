//! Live events: the hub that knows every connection, the channels of rooms, the outboxes before connections, replays of
//! missed changes, and the JSON of events. Depends on no web framework: transports are codecs around it.
//!
//! The modules import only from those above them in this list: `links`, `metrics`, `wake_queue`, `pacer`, `metadata`, `views`, `extras`, `summaries`, `message_json`, `body`, `event`, `outbox`, `feed`, `read_pace`,
//! `connections`, `room_channel`, `hub`, `replay`, `session`.

mod body;
mod connections;
mod event;
mod extras;
mod feed;
mod hub;
pub mod links;
mod message_json;
mod metadata;
mod metrics;
mod outbox;
mod pacer;
mod read_pace;
mod replay;
mod room_channel;
mod session;
mod summaries;
mod views;
mod wake_queue;

pub use body::{
    ChangeBody, DeletedMessageBody, EphemeralBody, MemberBody, MessageBody, PersonalBody, PresenceBody,
    ReadBody, RoomBody, RoomUpdatedBody,
};
pub use event::{EncodedEvent, LiveEvent};
pub use extras::{MessageExtras, QuotedMessage, ReactionCount, Thread};
pub use hub::Hub;
pub use message_json::write_messages;
pub use metrics::Transport;
pub use outbox::{Delivery, EndReason, Outbox};
pub use replay::Next;
pub use session::{Buffer, Caps, FirstPart, Join, Session, SessionError, Sessions, TRACED, Write};
pub use summaries::{Invitation, Message, RoomSummary};
pub use views::{File, KindName, Membership, RoleName, Room, UserRef, VisibilityName, time};
pub use wake_queue::WakeQueue;
