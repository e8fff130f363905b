//! Writing the frames of a WebSocket.

use std::future::poll_fn;
use std::time::Duration;

use actix_http::ws::Message;
use bytes::Bytes;
use live::EncodedEvent;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;

use super::close::Ended;
use crate::http::outgoing::{Outgoing, frame};
use crate::http::takeover;

/// The time that an abandoned client has to take the close frame.
const ABANDONED_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns an event as a frame, encoded once for all sockets.
pub(super) fn event_frame(event: &EncodedEvent) -> Bytes {
    event.frame(|json| frame(Message::Text(json)))
}

/// Writes all frames, and ends the connection after the close frame, as a server must (RFC 6455, section 7.1.1).
pub(super) async fn write(outgoing: &Outgoing, mut connection: OwnedWriteHalf) {
    let writing = async {
        while let Some(bytes) = poll_fn(|context| outgoing.poll(context)).await {
            connection.write_all(&bytes).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let abandoned = async {
        outgoing.abandoned().await;
        tokio::time::sleep(ABANDONED_TIMEOUT).await;
    };
    tokio::select! {
        written = writing => if let Err(error) = written {
            tracing::debug!(%error, "a WebSocket broke off");
            return;
        },
        () = abandoned => return,
    }
    takeover::end(connection).await;
}

/// Sends a close frame, and nothing after it.
pub(crate) fn close(outgoing: &Outgoing, ended: Ended) {
    outgoing.close(frame(Message::Close(ended)));
}
