//! A WebSocket client for tests.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Parlor, Session};

/// Long enough for a slow machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// A socket without a token.
    pub(crate) async fn open(
        parlor: &Parlor,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> (Self, Response) {
        Self::at(parlor, &format!("/chat{query}"), headers).await
    }

    /// A socket at another path.
    pub(crate) async fn at(
        parlor: &Parlor,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> (Self, Response) {
        let url = format!("{}{path}", parlor.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (stream, response) = connect_async(request).await.unwrap();
        (Self { stream }, response)
    }

    /// A socket of somebody's.
    pub(crate) async fn of(parlor: &Parlor, who: &Session) -> Self {
        let token = format!("Bearer {}", who.token.as_ref().unwrap());
        Self::open(parlor, "", &[("authorization", token)]).await.0
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.text(frame.to_string()).await;
    }

    pub(crate) async fn text(&mut self, text: impl Into<String>) {
        self.stream.send(Message::text(text.into())).await.unwrap();
    }

    /// Sends a text in several frames.
    pub(crate) async fn fragments(&mut self, parts: &[String]) {
        for (n, part) in parts.iter().enumerate() {
            let code = OpCode::Data(if n == 0 { Data::Text } else { Data::Continue });
            let frame = Frame::message(part.clone(), code, n + 1 == parts.len());
            self.stream.send(Message::Frame(frame)).await.unwrap();
        }
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Value {
        self.try_next().await.expect("a frame, not the end")
    }

    /// The next frame, or the code that the server closed with.
    pub(crate) async fn try_next(&mut self) -> Result<Value, Option<u16>> {
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something in time");
            match message {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Frames up to one of that action, which is answered; the others are passed over.
    pub(crate) async fn until(&mut self, action: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["action"] == action {
                return frame;
            }
        }
    }

    /// The next packet of Socket.IO that begins so; others are passed over.
    pub(crate) async fn packet(&mut self, start: &str) -> String {
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something in time");
            match message.expect("a packet, not the end").unwrap() {
                Message::Text(text) if text.starts_with(start) => return text.to_string(),
                _ => {}
            }
        }
    }

    /// Reads up to the end; answers the code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(code) = self.try_next().await {
                return code;
            }
        }
    }

    /// Comes into a room; answers what it was told.
    pub(crate) async fn join(&mut self, room: &str, since: Option<i64>) -> Value {
        let mut frame = json!({"action": "join", "roomId": id(room)});
        if let Some(since) = since {
            frame["since"] = json!(since);
        }
        self.send(frame).await;
        self.until("joined").await
    }
}

/// The id in a room's path.
pub(crate) fn id(room: &str) -> &str {
    room.rsplit('/').next().unwrap()
}
