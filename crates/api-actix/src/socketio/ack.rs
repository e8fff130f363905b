//! Acknowledgements of events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::to_raw_value;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::AckSender;
use socketioxide::handler::FromMessageParts;
use socketioxide::socket::Socket;
use socketioxide::{SendError, SocketError};
use socketioxide_core::Value as Packet;
use tokio::time::Instant;

use super::sessions::Authenticated;
use crate::http::ApiError;
use crate::json::{AcknowledgedData, Acknowledgement};

/// The time within which the client must take a packet.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The interval at which sending to a full buffer is retried.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The result of an event: a message for people, and data.
pub(super) type Answer = Result<(&'static str, AcknowledgedData), ApiError>;

/// The client is gone, or reads too slowly.
pub(super) struct Gone;

/// Emits a packet of so many bytes; waits for a client for which too much waits already.
pub(super) async fn patiently(
    engine: &Authenticated,
    bytes: usize,
    emit: impl Fn() -> Result<(), SendError>,
) -> Result<(), Gone> {
    let emit = || match emit() {
        Err(SendError::Socket(SocketError::InternalChannelFull)) => None,
        emitted => Some(emitted),
    };
    let begun = Instant::now();
    loop {
        match engine.session.emit(bytes, emit) {
            Some(emitted) => return emitted.map_err(|_| Gone),
            None if begun.elapsed() < WRITE_TIMEOUT => tokio::time::sleep(RETRY_INTERVAL).await,
            None => return Err(Gone),
        }
    }
}

/// The way back to the sender of an event.
pub(super) struct Reply {
    socket: Arc<Socket<LocalAdapter>>,
    /// `None` where the client asked for no acknowledgement.
    id: Option<i64>,
}

impl FromMessageParts<LocalAdapter> for Reply {
    type Error = Infallible;

    fn from_message_parts(
        socket: &Arc<Socket<LocalAdapter>>,
        _: &mut Packet,
        id: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self { socket: socket.clone(), id: *id })
    }
}

impl Reply {
    /// Sends the result of an event.
    pub(super) async fn send(self, engine: &Authenticated, answer: Answer) {
        let refused;
        let acknowledgement = match answer {
            Ok((message, data)) => Acknowledgement::accepted(message, data),
            Err(error) => {
                refused = error;
                Acknowledgement::refused(&refused)
            }
        };
        let Ok(json) = to_raw_value(&acknowledgement) else { return };
        // A client that is gone misses nothing; one that does not read is cut off by its heartbeat.
        let _gone = patiently(engine, json.get().len(), || self.try_send(&json)).await;
    }

    /// Sends an error at once. Returns false where the client's buffer is full.
    pub(super) fn try_refuse(&self, error: &ApiError) -> bool {
        let sent = self.try_send(&Acknowledgement::refused(error));
        !matches!(sent, Err(SendError::Socket(SocketError::InternalChannelFull)))
    }

    fn try_send(&self, acknowledgement: &impl Serialize) -> Result<(), SendError> {
        let Ok(sender) =
            AckSender::from_message_parts(&self.socket, &mut Packet::Bytes(Bytes::new()), &self.id);
        sender.send(acknowledgement)
    }
}
