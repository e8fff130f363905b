//! All rooms of a user: by one call, or as a stream of events that resumes by itself.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::client::answer;
use crate::reopened::Reopened;
use crate::{Client, Error, Event, EventStream, Invitation, Message, Room, RoomId};

/// A room as its member sees it, and its newest message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomSummary {
    /// The room, with the membership.
    #[serde(flatten)]
    pub room: Room,
    /// The newest message, deleted or not; `None` where there is none.
    pub last_message: Option<Message>,
}

/// A page of rooms that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncPage {
    /// The rooms, as they are now.
    pub rooms: Vec<RoomSummary>,
    /// The rooms that the user is no longer a member of.
    pub left: Vec<RoomId>,
    /// All open invitations of the user.
    pub invitations: Vec<Invitation>,
    /// True if more rooms follow after the cursor.
    pub has_more: bool,
    /// The place after this page, for the next call or for a subscription.
    pub cursor: String,
}

#[derive(Deserialize)]
struct SyncAnswer {
    data: SyncData,
    pagination: SyncInfo,
}

#[derive(Deserialize)]
struct SyncData {
    rooms: Vec<RoomSummary>,
    left: Vec<RoomId>,
    invitations: Vec<Invitation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SyncInfo {
    has_more: bool,
    cursor: String,
}

impl Client {
    /// Returns all rooms of the user, latest activity first; with a cursor those that changed since. Where none has, the
    /// answer waits for the first change, at most so long (30 s).
    ///
    /// # Errors
    /// Refused with `INVALID_CURSOR`, or where there is no session.
    pub async fn sync(&self, since: Option<&str>, wait: Duration) -> Result<SyncPage, Error> {
        let path = match since {
            Some(since) => format!("/api/sync?since={since}&wait={}", wait.as_secs().min(30)),
            None => "/api/sync".to_owned(),
        };
        let SyncAnswer { data, pagination } = answer(self.get(&path)).await?;
        Ok(SyncPage {
            rooms: data.rooms,
            left: data.left,
            invitations: data.invitations,
            has_more: pagination.has_more,
            cursor: pagination.cursor,
        })
    }

    /// Subscribes to all rooms of the user, from a cursor on or from their present state.
    #[must_use]
    pub fn subscription(&self, since: Option<String>) -> Subscription {
        Subscription { client: self.clone(), events: Reopened::new(), cursor: since }
    }
}

/// An event of a subscription.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SubscriptionEvent {
    /// A room as it is now: its events follow from this revision on.
    Room(Box<RoomSummary>),
    /// The user is no longer a member of the room: nothing of it follows.
    RoomLeft(RoomId),
    /// All open invitations of the user.
    Invitations(Vec<Invitation>),
    /// The user was invited.
    Invited(Invitation),
    /// The invitation to the room has ended.
    Uninvited(RoomId),
    /// The user's own read mark moved, on another connection.
    Read {
        /// The room.
        room: RoomId,
        /// The `seq` of the last message that was read.
        seq: i64,
        /// The number of unread messages that are left.
        unread_count: i64,
        /// The number of those that mention the user.
        mention_count: i64,
    },
    /// Everything up to here was delivered; [`Subscription::cursor`] returns the place.
    Synced,
    /// A lasting event of a room.
    Event(Event),
}

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Frame {
    Room { room: Box<RoomSummary> },
    RoomLeft { room_id: RoomId },
    Invitations { invitations: Vec<Invitation> },
    Invited { invitation: Invitation },
    Uninvited { room_id: RoomId },
    Read { room_id: RoomId, seq: i64, unread_count: i64, mention_count: i64 },
    Synced { cursor: String },
}

/// A subscription to all rooms of a user. It reconnects with growing, random waits, and goes on after the last cursor: rooms
/// that changed meanwhile come again with their state.
#[derive(Debug)]
pub struct Subscription {
    client: Client,
    events: Reopened,
    cursor: Option<String>,
}

async fn open(client: &Client, cursor: Option<&str>) -> Result<EventStream, Error> {
    // Without the time limit of calls, which an open stream would reach.
    let request = client.request(Method::GET, "/api/events");
    EventStream::open(match cursor {
        Some(cursor) => request.header("last-event-id", cursor),
        None => request,
    })
    .await
}

impl Subscription {
    /// Sets the first and the longest wait before the stream is opened again.
    #[must_use]
    pub fn backoff(self, first: Duration, longest: Duration) -> Self {
        Self { events: self.events.backoff(first, longest), ..self }
    }

    /// Returns the place up to which everything was delivered, to go on there after a restart of the program.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Waits for the next event, however often the connection breaks meanwhile. To wait again after an error opens the stream
    /// again.
    ///
    /// # Errors
    /// Refused for good: the session has ended, or the cursor is none of this user.
    pub async fn next(&mut self) -> Result<SubscriptionEvent, Error> {
        let (client, cursor) = (&self.client, self.cursor.as_deref());
        let event = self.events.next_raw(|| open(client, cursor)).await?;
        let value = serde_json::from_str(&event.data)
            .map_err(|error| Error::Decode { status: 200, reason: error.to_string() })?;
        Ok(self.read(value))
    }

    fn read(&mut self, value: Value) -> SubscriptionEvent {
        match Frame::deserialize(&value) {
            Ok(Frame::Room { room }) => SubscriptionEvent::Room(room),
            Ok(Frame::RoomLeft { room_id }) => SubscriptionEvent::RoomLeft(room_id),
            Ok(Frame::Invitations { invitations }) => SubscriptionEvent::Invitations(invitations),
            Ok(Frame::Invited { invitation }) => SubscriptionEvent::Invited(invitation),
            Ok(Frame::Uninvited { room_id }) => SubscriptionEvent::Uninvited(room_id),
            Ok(Frame::Read { room_id, seq, unread_count, mention_count }) => {
                SubscriptionEvent::Read { room: room_id, seq, unread_count, mention_count }
            }
            Ok(Frame::Synced { cursor }) => {
                self.cursor = Some(cursor);
                SubscriptionEvent::Synced
            }
            Err(_) => SubscriptionEvent::Event(value.into()),
        }
    }
}
