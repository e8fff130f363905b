//! A WebSocket of Parlor's, as its clients hold it.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::rest::{PATIENCE, Person, Rest};

/// The server pings every 25 s; a client that hears nothing for so long is not connected any more.
pub(crate) const SILENCE: Duration = Duration::from_secs(40);

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// The server closed the socket, with this code.
#[derive(Debug, thiserror::Error)]
#[error("closed: {0:?}")]
pub(crate) struct Closed(pub(crate) Option<u16>);

impl Socket {
    pub(crate) async fn open(at: &Rest, person: &Person) -> anyhow::Result<Self> {
        let mut request = at.socket_url().into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {}", person.token).parse()?);
        let (stream, _) = tokio::time::timeout(PATIENCE, connect_async(request))
            .await
            .context("no handshake in time")??;
        Ok(Self(stream))
    }

    pub(crate) async fn send(&mut self, frame: &Value) -> anyhow::Result<()> {
        let sent = self.0.send(Message::text(frame.to_string()));
        Ok(tokio::time::timeout(PATIENCE, sent).await.context("nothing is taken")??)
    }

    /// Asks to hear a room, from a revision on.
    pub(crate) async fn join(&mut self, room: &str, since: i64) -> anyhow::Result<()> {
        self.send(&json!({"action": "join", "roomId": room, "since": since})).await
    }

    /// The next frame; refusals are errors.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Value> {
        loop {
            match tokio::time::timeout(SILENCE, self.0.next()).await.context("silence")? {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text)?),
                Some(Ok(Message::Close(frame))) => bail!(Closed(frame.map(|frame| frame.code.into()))),
                Some(Ok(_)) => {}
                Some(Err(error)) => bail!(error),
                None => bail!(Closed(None)),
            }
        }
    }

    /// Passes over frames up to one of that action.
    pub(crate) async fn until(&mut self, action: &str) -> anyhow::Result<Value> {
        loop {
            let frame = self.next().await?;
            if frame["action"] == action {
                return Ok(frame);
            }
        }
    }
}
