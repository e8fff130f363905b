//! The first heartbeat. Engine.IO sends it one `pingInterval` after the handshake; engineioxide sends it with the handshake.
//! The server answers that one itself, before the client receives anything.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tower_service::Service;

/// A polling request.
pub(super) type Polled = http::Request<Full<Bytes>>;

/// The time within which it is expected; later, it is left to the client.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Ping and pong as Engine.IO writes them.
const PING: &[u8] = b"2";
const PONG: &[u8] = b"3";
/// The same as frames of a WebSocket: the server's bare, the client's under a mask (of zeros).
const PING_FRAME: &[u8] = b"\x81\x012";
const PONG_FRAME: &[u8] = b"\x81\x81\0\0\0\x003";

/// The length of a frame whose real length is in the next two bytes.
const EXTENDED: u8 = 126;

/// Answers the first ping of a session that was opened by long polling, and polls at that URI.
pub(super) async fn answer_polling<S, B>(service: &mut S, uri: &str)
where
    S: Service<Polled, Response = http::Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    let request = |method: &str, body: &'static [u8]| {
        http::Request::builder().method(method).uri(uri).body(Full::new(Bytes::from_static(body)))
    };
    let (Ok(poll), Ok(pong)) = (request("GET", b""), request("POST", PONG)) else { return };
    let Ok(Ok(polled)) = timeout(TIMEOUT, service.call(poll)).await else { return };
    let body = polled.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    if body.is_ok_and(|body| body == PING) {
        let Ok(_answered) = service.call(pong).await;
    }
}

/// Returns the session's id from `0{"sid":"…",…}`.
pub(super) fn session(opened: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(opened).ok()?.strip_prefix("0{")?;
    text.split_once("\"sid\":\"")?.1.split_once('"').map(|(session, _)| session)
}

/// Returns the session's id from the frame that opens a WebSocket.
pub(super) fn session_of(opening: &[u8]) -> Option<&str> {
    let head = if *opening.get(1)? == EXTENDED { 4 } else { 2 };
    session(opening.get(head..)?)
}

/// Answers the first ping of a WebSocket that was just opened. Returns the server's other bytes, the packet of the handshake,
/// for the client; a WebSocket that has ended meanwhile is no failure.
pub(super) async fn answer_websocket(socket: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Bytes {
    let mut received = BytesMut::new();
    let begun = async {
        frame(socket, &mut received).await?;
        let opening = received.len();
        frame(socket, &mut received).await?;
        if received[opening..] == *PING_FRAME {
            received.truncate(opening);
            socket.write_all(PONG_FRAME).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let _ended = timeout(TIMEOUT, begun).await;
    received.freeze()
}

/// Reads one short frame of the server.
async fn frame(socket: &mut (impl AsyncRead + Unpin), received: &mut BytesMut) -> std::io::Result<()> {
    let mut start = [0; 2];
    socket.read_exact(&mut start).await?;
    received.extend_from_slice(&start);
    let mut length = usize::from(start[1]);
    if start[1] == EXTENDED {
        let mut extended = [0; 2];
        socket.read_exact(&mut extended).await?;
        received.extend_from_slice(&extended);
        length = usize::from(u16::from_be_bytes(extended));
    }
    let before = received.len();
    received.resize(before + length, 0);
    socket.read_exact(&mut received[before..]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_in_the_handshake() {
        assert_eq!(session(br#"0{"sid":"abc","upgrades":[]}"#), Some("abc"));
        assert_eq!(session(br#"{"code":"0"}"#), None);
        assert_eq!(session_of(b"\x81\x0d0{\"sid\":\"abc\"}"), Some("abc"));
        assert_eq!(session_of(b"\x81\x7e\0\x0d0{\"sid\":\"abc\"}"), Some("abc"));
        assert_eq!(session_of(b"\x81"), None);
    }

    #[tokio::test]
    async fn a_first_ping_is_answered_and_not_passed_on() {
        let (mut ours, mut theirs) = tokio::io::duplex(1_024);
        theirs.write_all(b"\x81\x020{\x81\x012").await.unwrap();
        assert_eq!(answer_websocket(&mut ours).await, b"\x81\x020{"[..]);
        let mut pong = [0; 7];
        theirs.read_exact(&mut pong).await.unwrap();
        assert_eq!(pong, PONG_FRAME);
    }

    #[tokio::test]
    async fn anything_else_is_passed_on() {
        let (mut ours, mut theirs) = tokio::io::duplex(1_024);
        theirs.write_all(b"\x81\x020{\x81\x021x").await.unwrap();
        assert_eq!(answer_websocket(&mut ours).await, b"\x81\x020{\x81\x021x"[..]);
    }

    #[tokio::test]
    async fn the_end_is_no_failure() {
        let (mut ours, mut theirs) = tokio::io::duplex(1_024);
        theirs.write_all(b"\x81\x020{\x81\x012").await.unwrap();
        drop(theirs);
        assert_eq!(answer_websocket(&mut ours).await, b"\x81\x020{"[..]);
    }
}
