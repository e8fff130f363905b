//! A WebSocket client for tests, whose failures are panics.

use std::time::Duration;

use futures_util::SinkExt;
use parlor_client::TransportError;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Parlor, Session};

/// Long enough for a slow machine; a test that waits for it has failed.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Socket(parlor_client::Socket);

impl Socket {
    /// Opens `/chat` with these headers and no token besides.
    pub(crate) async fn open(
        parlor: &Parlor,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> (Self, Response) {
        Self::at(parlor, &format!("/chat{query}"), headers).await
    }

    /// Opens a WebSocket at another path.
    pub(crate) async fn at(
        parlor: &Parlor,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> (Self, Response) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let opened = parlor_client::Socket::open_at(parlor.anonymous().client(), path, &headers).await;
        let (socket, response) = opened.unwrap();
        (Self(socket.with_silence_timeout(RECEIVE_TIMEOUT)), response)
    }

    /// Opens `/chat` with a user's token.
    pub(crate) async fn of(parlor: &Parlor, user: &Session) -> Self {
        Self::open(parlor, "", &[("authorization", format!("Bearer {}", user.token()))]).await.0
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.text(frame.to_string()).await;
    }

    pub(crate) async fn text(&mut self, text: impl Into<String>) {
        self.0.send_text(text).await.unwrap();
    }

    /// Sends a text; returns false where the connection is gone.
    pub(crate) async fn try_text(&mut self, text: impl Into<String>) -> bool {
        self.0.send_text(text).await.is_ok()
    }

    pub(crate) async fn binary(&mut self, bytes: &[u8]) {
        self.0.get_mut().send(Message::Binary(bytes.to_vec().into())).await.unwrap();
    }

    /// Sends a text in several frames.
    pub(crate) async fn fragments(&mut self, parts: &[String]) {
        for (n, part) in parts.iter().enumerate() {
            let code = OpCode::Data(if n == 0 { Data::Text } else { Data::Continue });
            let frame = Frame::message(part.clone(), code, n + 1 == parts.len());
            self.0.get_mut().send(Message::Frame(frame)).await.unwrap();
        }
    }

    /// Returns the next frame.
    pub(crate) async fn next(&mut self) -> Value {
        self.try_next().await.expect("a frame, not the end")
    }

    /// Returns the next frame, or the code that the server closed with.
    pub(crate) async fn try_next(&mut self) -> Result<Value, Option<u16>> {
        Ok(serde_json::from_str(&self.next_text().await?).unwrap())
    }

    /// Returns the text of the next frame, or the code that the server closed with.
    pub(crate) async fn next_text(&mut self) -> Result<String, Option<u16>> {
        match self.0.next_text().await {
            Ok(text) => Ok(text),
            Err(TransportError::Closed(code)) => Err(code),
            Err(error) => {
                assert!(!matches!(error, TransportError::Timeout), "nothing came in time");
                Err(None)
            }
        }
    }

    /// Skips frames up to one of that action and returns it.
    pub(crate) async fn until(&mut self, action: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["action"] == action {
                return frame;
            }
        }
    }

    /// Skips packets of Socket.IO up to one that begins so and returns it.
    pub(crate) async fn packet(&mut self, start: &str) -> String {
        loop {
            let text = self.next_text().await.expect("a packet, not the end");
            if text.starts_with(start) {
                return text;
            }
        }
    }

    /// Reads up to the end and returns the close code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.try_next().await {
                return code;
            }
        }
    }

    /// Joins a room and returns the `joined` frame.
    pub(crate) async fn join(&mut self, room: &str, since: Option<i64>) -> Value {
        let mut frame = json!({"action": "join", "roomId": id(room)});
        if let Some(since) = since {
            frame["since"] = json!(since);
        }
        self.send(frame).await;
        self.until("joined").await
    }
}

/// Returns the id in a room's path.
pub(crate) fn id(room: &str) -> &str {
    room.rsplit('/').next().unwrap()
}
