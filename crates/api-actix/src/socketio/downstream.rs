//! The frames on their way to a client: those of Engine.IO, and between them those that wait for the client.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::downlink::{Downlink, Transport};

/// The bytes read at once.
const READ: usize = 4 * 1024;
/// Stands between the packets of an answer to a poll.
const SEPARATOR: u8 = 0x1e;

/// Writes what Engine.IO sends, and the packets that wait for the client, until Engine.IO ends the connection.
pub(super) async fn write(
    downlink: &Downlink,
    engine: impl AsyncRead + Unpin,
    connection: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut engine = EngineFrames { from: engine, begun: BytesMut::new() };
    loop {
        let next = poll_fn(|context| match engine.poll(context) {
            // Heartbeats and ends wait for no event.
            Poll::Pending => downlink.poll(Transport::WebSocket, context).map(|bytes| Ok(Some(bytes))),
            engines @ Poll::Ready(_) => engines,
        });
        let Some(bytes) = next.await? else { return Ok(()) };
        connection.write_all(&bytes).await?;
    }
}

/// Returns an answer to a poll with the packets of these frames.
pub(super) fn payload(mut frames: Bytes) -> Bytes {
    let mut packets = BytesMut::with_capacity(frames.len());
    while let Some((head, length)) = frame(&frames) {
        let packet = frames.split_to(length);
        if !packets.is_empty() {
            packets.extend_from_slice(&[SEPARATOR]);
        }
        packets.extend_from_slice(&packet[head..]);
    }
    packets.freeze()
}

/// Returns the lengths of the head and the whole of the first frame, if it is there. Frames of a server have no mask.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let (head, payload) = match *bytes.get(1)? {
        126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    let length = usize::try_from(payload).ok()?.checked_add(head)?;
    (bytes.len() >= length).then_some((head, length))
}

/// The frames of Engine.IO. It passes on whole ones, so that others can come between them.
struct EngineFrames<R> {
    from: R,
    begun: BytesMut,
}

impl<R: AsyncRead + Unpin> EngineFrames<R> {
    /// Polls for frames; `None` at the end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            if let Some((_, length)) = frame(&self.begun) {
                return Poll::Ready(Ok(Some(self.take(length))));
            }
            let mut space = [MaybeUninit::uninit(); READ];
            let mut read = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut self.from).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(None));
            }
            self.begun.extend_from_slice(read.filled());
        }
    }

    fn take(&mut self, length: usize) -> Bytes {
        let frame = self.begun.split_to(length).freeze();
        // An idle socket keeps no buffer.
        if self.begun.is_empty() {
            self.begun = BytesMut::new();
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::Message;
    use domain::RoomId;
    use domain::room::Revision;
    use live::{Delivery, EncodedEvent, LiveEvent};
    use tokio::io::AsyncReadExt;
    use uuid::Uuid;

    use super::super::json;
    use super::*;
    use crate::http::outgoing::{Outgoing, frame as framed};

    fn text(length: usize) -> Bytes {
        framed(Message::Text("x".repeat(length).into()))
    }

    #[test]
    fn frames_are_measured_by_their_heads() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            let whole = text(length);
            let head = whole.len() - length;
            assert_eq!(frame(&whole), Some((head, whole.len())));
            assert_eq!(frame(&[&whole[..], b"more"].concat()), Some((head, whole.len())));
            for part in [0, 1, head.saturating_sub(1), whole.len() - 1] {
                assert_eq!(frame(&whole[..part]), None, "{part} bytes of {length}");
            }
        }
    }

    #[test]
    fn a_poll_is_answered_with_the_packets_of_all_frames() {
        assert_eq!(payload(Bytes::new()), "");
        assert_eq!(payload(text(3)), "xxx");
        let frames = [text(1), text(200), text(70_000)].concat();
        let expected = [1, 200, 70_000].map(|length| "x".repeat(length)).join("\u{1e}");
        assert_eq!(payload(frames.into()), expected);
    }

    #[tokio::test]
    async fn packets_never_come_within_a_frame_of_engine_io() {
        let (downlink, outgoing) = (Downlink::new(Transport::WebSocket), Outgoing::new(json::event));
        downlink.attach(outgoing.clone());
        let ((engine, mut engine_io), (mut connection, mut client)) =
            (tokio::io::duplex(1 << 20), tokio::io::duplex(1 << 20));
        let heartbeat = text(1_000);
        let (first, rest) = heartbeat.split_at(500);
        let writing = write(&downlink, engine, &mut connection);
        let acting = async {
            engine_io.write_all(first).await.unwrap();
            tokio::task::yield_now().await;
            let event = EncodedEvent::new(LiveEvent::CaughtUp(RoomId(Uuid::nil()), Revision(7)));
            outgoing.outbox.push(Delivery::Event(event.clone()));
            let mut received = vec![0; json::event(&event).len()];
            client.read_exact(&mut received).await.unwrap();
            assert_eq!(received, json::event(&event), "an event waits for no frame that has only begun");
            engine_io.write_all(rest).await.unwrap();
            let mut received = vec![0; heartbeat.len()];
            client.read_exact(&mut received).await.unwrap();
            assert_eq!(received, heartbeat);
            drop(engine_io);
        };
        assert!(tokio::join!(writing, acting).0.is_ok());
    }
}
