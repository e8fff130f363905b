//! Rooms, their members, invitations and messages.

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{answer, data, done};
use crate::repeat::repeat;
use crate::{
    AuditLog, Client, Error, Event, EventStream, History, Invitation, List, Member, Membership, Message,
    MessageId, MessageVersion, NewMessage, Present, Role, Room, RoomId, UserId, Visibility,
};

/// A room to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRoom {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    visibility: Visibility,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
}

impl NewRoom {
    /// Makes a public room of that name: 3 to 100 characters.
    #[must_use]
    pub fn public(name: impl Into<String>) -> Self {
        Self { name: name.into(), description: None, visibility: Visibility::Public, metadata: Map::new() }
    }

    /// Makes a private room of that name: 3 to 100 characters.
    #[must_use]
    pub fn private(name: impl Into<String>) -> Self {
        Self { visibility: Visibility::Private, ..Self::public(name) }
    }

    /// Adds a description: at most 500 characters.
    #[must_use]
    pub fn with_description(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    /// Adds JSON for the client's own use: at most 4,096 bytes and 5 levels.
    #[must_use]
    pub fn with_metadata(self, metadata: Map<String, Value>) -> Self {
        Self { metadata, ..self }
    }
}

/// A change of a room; what it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RoomUpdate {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new description; `Some(None)` removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
    /// The new visibility.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The new metadata, in the place of all former ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

impl Client {
    /// Lists the public rooms, and the caller's private ones.
    pub fn rooms(&self) -> List<Room> {
        List::new(self, "/api/rooms".to_owned())
    }

    /// Makes a room, whose first admin is the caller.
    ///
    /// # Errors
    /// Refused with `VALIDATION_FAILED`.
    pub async fn create_room(&self, room: &NewRoom) -> Result<Room, Error> {
        data(self.post("/api/rooms").json(room)).await
    }

    /// Returns the calls about one room. Nothing is sent yet.
    #[must_use]
    pub fn room(&self, id: RoomId) -> RoomClient {
        RoomClient { client: self.clone(), id }
    }
}

/// The calls about one room. Each is refused with `ROOM_NOT_FOUND` where the caller may not know of the room, and with
/// `NOT_A_MEMBER` where only members may call.
#[derive(Debug, Clone)]
pub struct RoomClient {
    pub(crate) client: Client,
    id: RoomId,
}

impl RoomClient {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/rooms/{}{rest}", self.id)
    }

    /// Returns the room's id.
    #[must_use]
    pub fn id(&self) -> RoomId {
        self.id
    }

    /// Returns the room.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn get(&self) -> Result<Room, Error> {
        data(self.client.get(&self.path(""))).await
    }

    /// Changes the room; for its admins.
    ///
    /// # Errors
    /// Refused with `ADMIN_REQUIRED` or `VALIDATION_FAILED`.
    pub async fn update(&self, update: &RoomUpdate) -> Result<Room, Error> {
        data(self.client.patch(&self.path("")).json(update)).await
    }

    /// Deletes the room; for its admins.
    ///
    /// # Errors
    /// Refused with `ADMIN_REQUIRED`.
    pub async fn delete(&self) -> Result<(), Error> {
        done(self.client.delete(&self.path(""))).await
    }

    /// Makes the caller a member: of a public room, or by an invitation. Repeating it changes nothing.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn join(&self) -> Result<Membership, Error> {
        data(self.client.post(&self.path("/join"))).await
    }

    /// Ends the caller's membership.
    ///
    /// # Errors
    /// Refused with `LAST_ADMIN` for the last admin.
    pub async fn leave(&self) -> Result<(), Error> {
        done(self.client.post(&self.path("/leave"))).await
    }

    /// Lists the members.
    pub fn members(&self) -> List<Member> {
        List::new(&self.client, self.path("/members"))
    }

    /// Changes a member's role; for admins.
    ///
    /// # Errors
    /// Refused with `ADMIN_REQUIRED`, `MEMBER_NOT_FOUND` or `LAST_ADMIN`.
    pub async fn set_role(&self, member: UserId, role: Role) -> Result<Member, Error> {
        data(self.client.patch(&self.path(&format!("/members/{member}"))).json(&json!({"role": role}))).await
    }

    /// Removes a member; for admins.
    ///
    /// # Errors
    /// Refused with `ADMIN_REQUIRED`, `MEMBER_NOT_FOUND` or `LAST_ADMIN`.
    pub async fn remove_member(&self, member: UserId) -> Result<(), Error> {
        done(self.client.delete(&self.path(&format!("/members/{member}")))).await
    }

    /// Invites the user of that name; for admins. Repeating it returns the same invitation.
    ///
    /// # Errors
    /// Refused with `ADMIN_REQUIRED`, `USER_NOT_FOUND` or `ALREADY_MEMBER`.
    pub async fn invite(&self, username: &str) -> Result<Invitation, Error> {
        data(self.client.post(&self.path("/invitations")).json(&json!({"username": username}))).await
    }

    /// Lists the open invitations; for admins.
    pub fn invitations(&self) -> List<Invitation> {
        List::new(&self.client, self.path("/invitations"))
    }

    /// Withdraws an invitation; for admins, and for the invited user, who declines it so.
    ///
    /// # Errors
    /// Refused with `ADMIN_REQUIRED` or `INVITATION_NOT_FOUND`.
    pub async fn withdraw_invitation(&self, user: UserId) -> Result<(), Error> {
        done(self.client.delete(&self.path(&format!("/invitations/{user}")))).await
    }

    /// Returns the users who are in the room with a socket.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn presence(&self) -> Result<Vec<Present>, Error> {
        data(self.client.get(&self.path("/presence"))).await
    }

    /// Sends a message. Where no answer comes, it is sent again under its key, so that it is stored once.
    ///
    /// # Errors
    /// Refused with `VALIDATION_FAILED`, `FILE_NOT_FOUND` or `IDEMPOTENCY_CONFLICT`.
    pub async fn send(&self, message: impl Into<NewMessage>) -> Result<Message, Error> {
        repeat(self.client.post(&self.path("/messages")).json(&message.into())).await
    }

    /// Walks through the history.
    pub fn messages(&self) -> History {
        History::new(&self.client, self.path("/messages"))
    }

    /// Returns one message.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND`.
    pub async fn message(&self, id: MessageId) -> Result<Message, Error> {
        data(self.client.get(&self.path(&format!("/messages/{id}")))).await
    }

    /// Changes the text of a message of the caller's.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND` or `NOT_ALLOWED`.
    pub async fn edit(&self, id: MessageId, content: &str) -> Result<Message, Error> {
        let request = self.client.patch(&self.path(&format!("/messages/{id}")));
        data(request.json(&json!({"content": content}))).await
    }

    /// Replaces the metadata of a message of the caller's, as a whole.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND`, `NOT_ALLOWED` or `VALIDATION_FAILED`.
    pub async fn set_metadata(&self, id: MessageId, metadata: &Map<String, Value>) -> Result<Message, Error> {
        let request = self.client.patch(&self.path(&format!("/messages/{id}")));
        data(request.json(&json!({"metadata": metadata}))).await
    }

    /// Lists the contents that a message of the caller's has had, oldest first; an admin lists those of any. A deleted one is refused with
    /// `MESSAGE_NOT_FOUND`.
    pub fn versions(&self, id: MessageId) -> List<MessageVersion> {
        List::new(&self.client, self.path(&format!("/messages/{id}/history")))
    }

    /// Deletes a message of the caller's; an admin deletes any. Repeating it changes nothing.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND` or `NOT_ALLOWED`.
    pub async fn delete_message(&self, id: MessageId) -> Result<(), Error> {
        done(self.client.delete(&self.path(&format!("/messages/{id}")))).await
    }

    /// Returns the room's audit log; for its admins.
    pub fn audit(&self) -> AuditLog {
        AuditLog::new(&self.client, self.path("/audit"))
    }

    /// Shows the room's other members that the caller types; repeat it every few seconds.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn typing(&self) -> Result<(), Error> {
        done(self.client.post(&self.path("/typing"))).await
    }

    /// Walks through the lasting events after a revision, as latest states, up to the present.
    #[must_use]
    pub fn changes(&self, since: i64) -> BoxStream<'static, Result<Event, Error>> {
        let room = self.clone();
        stream::try_unfold(Some(since), move |since| {
            let room = room.clone();
            async move {
                let Some(since) = since else { return Ok::<_, Error>(None) };
                let path = room.path(&format!("/changes?limit=100&since={since}"));
                let Changes { data, pagination } = answer(room.client.get(&path)).await?;
                let events = data.into_iter().map(|event| Ok(Event::from(event)));
                Ok(Some((stream::iter(events), pagination.has_more.then_some(pagination.since))))
            }
        })
        .try_flatten()
        .boxed()
    }

    /// Opens the room's server-sent events. With `since` the stream begins with what was missed.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn events(&self, since: Option<i64>) -> Result<EventStream, Error> {
        let since = since.map(|since| format!("?since={since}")).unwrap_or_default();
        EventStream::open(self.client.request(reqwest::Method::GET, &self.path(&format!("/events{since}"))))
            .await
    }
}

#[derive(Deserialize)]
struct Changes {
    data: Vec<Value>,
    pagination: Since,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Since {
    has_more: bool,
    since: i64,
}
