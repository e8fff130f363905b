//! A user who keeps a session and a room wherever the server runs.

use futures_util::TryStreamExt;
use parlor_client::{Client, Method, NewRoom, Response, RoomClient, RoomId, TransportError};
use serde_json::json;

/// A user's session and room, for servers at any address that have the user's data.
#[derive(Clone)]
pub(crate) struct Session {
    http: reqwest::Client,
    token: String,
    pub(crate) room: RoomId,
}

impl Session {
    /// Signs `alice` up and in, and creates a room of hers.
    pub(crate) async fn new(url: &str) -> Self {
        let anonymous = Client::new(url).unwrap();
        anonymous.sign_up("alice", "alice@example.com", "correct horse").await.unwrap();
        let alice = anonymous.sign_in("alice", "correct horse").await.unwrap();
        let room = alice.create_room(&NewRoom::public("Chat")).await.unwrap();
        Self { http: reqwest::Client::new(), token: alice.token().unwrap(), room: room.id }
    }

    /// Returns the client of the server at that address.
    pub(crate) fn at(&self, url: &str) -> Client {
        Client::with_http(url, self.http.clone()).unwrap().with_token(self.token.as_str())
    }

    /// Returns the room on the server at that address.
    pub(crate) fn room_at(&self, url: &str) -> RoomClient {
        self.at(url).room(self.room)
    }

    /// Sends message `n` once to the server at that address and returns the answer, whatever it is.
    pub(crate) async fn try_send(&self, url: &str, n: usize) -> Result<Response, TransportError> {
        let path = format!("/api/rooms/{}/messages", self.room);
        let request = self.at(url).request(Method::POST, &path);
        request.json(&json!({"content": format!("{n} {}", "x".repeat(900))})).send().await
    }

    /// Sends message `n` to a server that must store it, and returns its `seq`.
    pub(crate) async fn send(&self, url: &str, n: usize) -> i64 {
        let answer = self.try_send(url, n).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["data"]["seq"].as_i64().unwrap()
    }

    /// Returns the numbers of all messages, oldest first; checks that their `seq` has no gap.
    pub(crate) async fn numbers(&self, url: &str) -> Vec<usize> {
        let walk = self.room_at(url).messages().from_start().limit(100).items();
        let messages: Vec<_> = walk.try_collect().await.unwrap();
        let numbered = messages.iter().zip(1..).map(|(message, place)| {
            assert_eq!(message.seq, place);
            message.content.as_ref().unwrap().split(' ').next().unwrap().parse().unwrap()
        });
        numbered.collect()
    }
}
