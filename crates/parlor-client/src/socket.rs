//! A WebSocket of frames as they are: JSON out, JSON in.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response as Handshake;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::{ApiError, Client, Error, Ticket, TransportError};

/// The connection under a [`Socket`].
pub type RawSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The time that a handshake, and the sending of a frame, may take.
const IO_TIMEOUT: Duration = Duration::from_secs(10);
/// The time after which a silent connection counts as broken. The server pings every 25 seconds.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(40);

/// An open WebSocket of the server, without any help: no rejoining, no resuming. See [`Live`](crate::Live) for that.
#[derive(Debug)]
pub struct Socket {
    /// Boxed, since TLS makes it large.
    stream: Box<RawSocket>,
    silence: Duration,
    /// The end of the time in which something must come.
    deadline: Instant,
}

impl Socket {
    /// Opens `/chat` with the client's token, if it has one.
    ///
    /// # Errors
    /// Refused as the handshake is; [`Error::Transport`] where none takes place.
    pub async fn open(client: &Client) -> Result<Self, Error> {
        let bearer = client.token().map(|token| ("authorization", format!("Bearer {token}")));
        let headers: Vec<_> = bearer.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(Self::open_at(client, "/chat", &headers).await?.0)
    }

    /// Opens `/chat` with a ticket, and without the client's token.
    ///
    /// # Errors
    /// Refused with `UNAUTHENTICATED` where the ticket is used or has lapsed; [`Error::Transport`] where no handshake takes
    /// place.
    pub async fn open_by_ticket(client: &Client, ticket: &Ticket) -> Result<Self, Error> {
        Ok(Self::open_at(client, &format!("/chat?ticket={}", ticket.ticket), &[]).await?.0)
    }

    /// Opens a WebSocket at any path, with these headers and no others; returns the answer to the handshake, too.
    ///
    /// # Errors
    /// Refused as the handshake is; [`Error::Transport`] where none takes place.
    pub async fn open_at(
        client: &Client,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(Self, Handshake), Error> {
        // `http` becomes `ws`, `https` becomes `wss`.
        let url = format!("{}{path}", client.base_url().replacen("http", "ws", 1));
        let mut request = url.into_client_request().map_err(|_| Error::Url(client.base_url().to_owned()))?;
        for (name, value) in headers {
            let (name, value) = (HeaderName::try_from(*name), HeaderValue::try_from(*value));
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err(TransportError::from(tungstenite::Error::AttackAttempt).into());
            };
            value.set_sensitive(name == AUTHORIZATION);
            request.headers_mut().insert(name, value);
        }
        match timeout(IO_TIMEOUT, connect_async(request)).await {
            Ok(Ok((stream, handshake))) => {
                let (silence, deadline) = (SILENCE_TIMEOUT, Instant::now() + SILENCE_TIMEOUT);
                Ok((Self { stream: Box::new(stream), silence, deadline }, handshake))
            }
            Ok(Err(tungstenite::Error::Http(response))) => Err(refusal(&response)),
            Ok(Err(error)) => Err(TransportError::from(error).into()),
            Err(_) => Err(TransportError::Timeout.into()),
        }
    }

    /// Sets the time after which a silent connection counts as broken: 40 seconds by default.
    #[must_use]
    pub fn with_silence_timeout(self, silence: Duration) -> Self {
        Self { silence, deadline: Instant::now() + silence, ..self }
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// [`TransportError`] where the connection is broken or does not take the frame in time.
    pub async fn send(&mut self, frame: &Value) -> Result<(), TransportError> {
        self.send_text(frame.to_string()).await
    }

    /// Sends a text as one frame.
    ///
    /// # Errors
    /// [`TransportError`] where the connection is broken or does not take the frame in time.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<(), TransportError> {
        let sending = self.stream.send(Message::text(text.into()));
        Ok(timeout(IO_TIMEOUT, sending).await.map_err(|_| TransportError::Timeout)??)
    }

    /// Waits for the next text frame and returns it as JSON; text that is no JSON becomes a JSON string.
    ///
    /// # Errors
    /// [`TransportError::Closed`] with the server's code once it has closed the socket, [`TransportError::Timeout`]
    /// after a silence, other errors where the connection breaks.
    pub async fn next(&mut self) -> Result<Value, TransportError> {
        let text = self.next_text().await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Waits for the next text frame.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn next_text(&mut self) -> Result<String, TransportError> {
        loop {
            let next = timeout_at(self.deadline, self.stream.next()).await;
            let next = next.map_err(|_| TransportError::Timeout)?;
            self.deadline = Instant::now() + self.silence;
            match next {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(TransportError::Closed(frame.map(|frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(TransportError::Closed(None)),
            }
        }
    }

    /// Closes the socket with a close frame.
    pub async fn close(&mut self) {
        let _already_gone = timeout(IO_TIMEOUT, (*self.stream).close(None)).await;
    }

    /// Returns the connection itself, for frames of other kinds.
    pub fn get_mut(&mut self) -> &mut RawSocket {
        &mut self.stream
    }
}

/// The refusal of a handshake.
fn refusal(response: &tungstenite::http::Response<Option<Vec<u8>>>) -> Error {
    let status = response.status().as_u16();
    let body = response.body().as_deref().and_then(|body| serde_json::from_slice(body).ok());
    match body.and_then(|body| ApiError::read(Some(status), &body)) {
        Some(mut error) => {
            let retry_after = response.headers().get(RETRY_AFTER).and_then(|seconds| seconds.to_str().ok());
            error.retry_after = retry_after.and_then(|seconds| seconds.parse().ok());
            error.into()
        }
        None if matches!(status, 502..=504) => TransportError::Proxy(response.status()).into(),
        None => Error::Decode { status, reason: "the handshake was refused".to_owned() },
    }
}
