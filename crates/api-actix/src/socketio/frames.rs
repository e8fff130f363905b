//! The frames that a client sends over a WebSocket, seen on their way to Engine.IO.

use std::sync::Arc;

use actix_codec::Decoder;
use actix_http::ws::{Codec, Frame, Item};
use bytes::BytesMut;

use super::budgets::Held;
use super::packets::Packet;
use super::session::{Breach, EngineSession};

/// The packet by which a client that polled says that it uses this WebSocket from now on.
const UPGRADE: &[u8] = b"5";

/// The frames of one WebSocket. They are only looked at; the bytes go on as they came.
pub(super) struct Frames {
    session: Arc<EngineSession>,
    codec: Codec,
    /// The beginning of a frame that has not arrived whole.
    begun: BytesMut,
    /// A message whose frames have not all arrived: what it is, and its bytes so far.
    fragments: Option<(Packet, usize)>,
    held: Option<Held>,
}

impl Frames {
    /// `largest` is the size of the largest frame.
    pub(super) fn new(session: Arc<EngineSession>, largest: usize) -> Self {
        let (codec, begun) = (Codec::new().max_size(largest), BytesMut::new());
        Self { session, codec, begun, fragments: None, held: None }
    }

    /// Looks at bytes that arrived. `Err` where they break the rules, and must not go on.
    pub(super) fn arrived(&mut self, bytes: &[u8]) -> Result<(), Breach> {
        self.session.count(bytes.len())?;
        self.begun.extend_from_slice(bytes);
        while let Some(frame) = self.codec.decode(&mut self.begun).map_err(|_| Breach)? {
            self.frame(&frame)?;
        }
        // Its memory is given back: a socket is idle most of the time.
        if self.begun.is_empty() {
            self.begun = BytesMut::new();
        }
        self.held = None;
        let waiting = self.begun.len() + self.fragments.as_ref().map_or(0, |(_, bytes)| *bytes);
        if waiting > 0 {
            self.held = self.session.hold(waiting)?;
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame) -> Result<(), Breach> {
        match frame {
            Frame::Text(text) => {
                self.session.admit_text(text, text.len())?;
                if **text == *UPGRADE {
                    self.session.downlink.upgraded();
                }
                Ok(())
            }
            Frame::Binary(bytes) => self.session.admit(Packet::Attachment, bytes.len()),
            Frame::Continuation(Item::FirstText(text)) => {
                // Its last frame decides.
                self.fragments = Some((Packet::of_text(text), text.len()));
                Ok(())
            }
            Frame::Continuation(Item::FirstBinary(bytes)) => {
                self.fragments = Some((Packet::Attachment, bytes.len()));
                Ok(())
            }
            Frame::Continuation(Item::Continue(bytes)) => {
                let (_, before) = self.fragments.as_mut().ok_or(Breach)?;
                *before += bytes.len();
                Ok(())
            }
            Frame::Continuation(Item::Last(bytes)) => {
                let (packet, before) = self.fragments.take().ok_or(Breach)?;
                self.session.admit(packet, before + bytes.len())
            }
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::limit::LimitKey;

    use super::super::downlink::Transport;
    use super::super::sessions::EngineSessions;
    use super::*;
    use crate::http::unauthenticated::Unauthenticated;

    /// The frames of a session that has not authenticated.
    fn frames() -> Frames {
        let address = LimitKey::Address(std::net::IpAddr::from([192, 0, 2, 1]));
        let sessions = EngineSessions::new(Unauthenticated::default());
        let admission = sessions.admit(&address).unwrap();
        Frames::new(sessions.open("one", address, admission, Transport::Polling), 1_000)
    }

    /// A short frame, masked with zeros.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        [&[first, 0x80 | u8::try_from(payload.len()).unwrap()], &[0; 4][..], payload].concat()
    }

    #[tokio::test]
    async fn frames_are_looked_at_however_their_bytes_arrive() {
        let (connect, event) = (frame(0x81, b"40{}"), frame(0x81, b"42[\"x\"]"));
        for size in 1..connect.len() {
            let mut frames = frames();
            connect.chunks(size).for_each(|bytes| frames.arrived(bytes).unwrap());
            let refused = event.chunks(size).map(|bytes| frames.arrived(bytes)).find(Result::is_err);
            assert!(refused.is_some(), "an event before authentication");
        }
    }

    #[tokio::test]
    async fn attachments_and_too_many_bytes_before_authentication_are_refused() {
        frames().arrived(&frame(0x82, b"abc")).unwrap_err();
        let fragments = [frame(0x01, b"451-[\"file"), frame(0x80, b"Upload\"]")].concat();
        frames().arrived(&fragments).unwrap_err();
        let mut patient = frames();
        let ping = frame(0x89, &[b'x'; 100]);
        let refused = (0..1_000).map(|_| patient.arrived(&ping)).position(|result| result.is_err());
        assert_eq!(refused, Some(64 * 1024 / ping.len()));
        // A message in several frames, whose first says what it is.
        let mut fragments = frames();
        for part in [frame(0x01, b"40{"), frame(0x00, b"\"token\":"), frame(0x80, b"\"x\"}")] {
            fragments.arrived(&part).unwrap();
        }
    }
}
