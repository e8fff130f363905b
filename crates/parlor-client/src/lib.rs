//! A client of Parlor's API: typed calls, pages as streams, and a live connection that resumes by revision.
//!
//! ```no_run
#![doc = include_str!("../docs/tour.example")]
//! ```
//!
//! # Sessions
//! A [`Client`] is a server's URL and a session, or none. Clones share the session: [`Client::refresh`] renews the token
//! of all of them and of their live connections. [`Client::sign_in`] makes a client for a new session.
//!
//! # Errors
//! [`Error::Api`] is a refusal of the server, with its status, code, message, invalid fields and request id.
//! [`Error::Transport`] means that no complete answer came: the server may or may not have done what it was asked.
//! [`Error::is_temporary`] says whether it is worth another attempt, and [`repeat_for`] makes it.
//!
//! # Sends
//! Every [`NewMessage`] has an idempotency key. [`RoomClient::send`] and [`Live::send`] repeat it under that key where no
//! answer comes, so it is stored once. Keep the `NewMessage` to go on after a restart of the program.
//!
//! # Lists and histories
//! [`List`] has numbered pages: [`Client::rooms`], [`RoomClient::members`], [`Client::files`], [`Client::people`], invitations. [`History`]
//! and [`AuditLog`] go by cursors: a walk shows every message or event once, whatever is sent meanwhile. Each gives one page, all pages or all items
//! as a [`Stream`](futures_util::Stream).
//!
//! # Live connections
//! [`Client::live`] opens a WebSocket in a task of its own. It joins rooms, reconnects with growing, random waits, and
//! resumes each room after the last revision delivered. Lasting events therefore come once, in order, and without a gap,
//! however often the connection breaks; where the server repairs a gap of its own, they come as latest states, closed by
//! [`Event::CaughtUp`]. [`Live::state`] says how the connection is. To go on after a restart of the program, keep the
//! revisions ([`Live::known`]) and name them in [`LiveBuilder::join`].
//!
//! # All rooms
//! [`Client::sync`] returns all rooms of the user, or those that changed since a cursor. [`Client::subscription`] delivers the same as a stream, and
//! everything that happens then; it resumes by itself.
//!
//! # Escape hatches
//! [`Client::request`] makes any request and returns status, headers and JSON. [`Socket`] is a WebSocket of JSON frames
//! without any help. [`RoomClient::events`] are server-sent events; [`RoomClient::stream`] resumes them.

mod accounts;
mod annotations;
mod audit;
mod backoff;
mod client;
mod error;
mod event;
mod extras;
mod files;
mod ids;
mod lists;
mod live;
mod messages;
mod model;
mod people;
mod read_marks;
mod reopened;
mod repeat;
mod request;
mod room_stream;
mod rooms;
mod search;
mod socket;
mod sse;
mod subscription;

pub use audit::{AuditDetails, AuditEvent, AuditLog, AuditPage};
pub use client::Client;
pub use error::{ApiError, Error, InvalidField, TransportError};
pub use event::{Event, MemberEvent, PinEvent, ReactionEvent, UserEvent};
pub use extras::{MessageExtras, QuotedMessage, Reaction, Thread};
pub use ids::{AuditEventId, FileId, MessageId, RoomId, UserId};
pub use lists::{List, Order, Page, PageInfo, RoomSort};
pub use live::{Closed, Live, LiveBuilder, State, Update, Updates};
pub use messages::{Cursors, History, MessagePage, NewMessage};
pub use model::{
    Account, File, Invitation, Login, Member, Membership, Message, MessageKind, MessageVersion, Person,
    Present, Reader, Role, Room, Ticket, Token, UserRef, Visibility,
};
pub use repeat::repeat_for;
pub use request::{Request, Response};
pub use reqwest::Method;
pub use room_stream::RoomStream;
pub use rooms::{NewRoom, RoomClient, RoomUpdate};
pub use search::Search;
pub use socket::{RawSocket, Socket};
pub use sse::{EventStream, RawEvent};
pub use subscription::{RoomSummary, Subscription, SubscriptionEvent, SyncPage};
