//! The head of a request, and its body while the handler reads it.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_codec::Decoder;
use actix_http::error::{ParseError, PayloadError};
use actix_http::h1::{Codec, Message};
use actix_http::{HttpMessage, Payload, Request, ServiceConfig};
use actix_web::http::Version;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use bytes::Bytes;
use futures_util::stream;

use super::socket::{Socket, fill};
use crate::http::{ApiError, ErrorCode};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The head of a request.
pub(super) struct Head {
    pub(super) request: Request,
    pub(super) body: Body,
    /// True if what follows could be of another protocol. Most paths take none; there the next request follows.
    pub(super) upgrades: bool,
}

/// The rest of a request's body.
pub(super) enum Body {
    None,
    Length(u64),
    Chunked(Box<Codec>),
    /// Its end can't be found any more.
    Broken,
}

/// Reads the head of a request. `None` if the connection ends before one; `Err` is for the client to read.
pub(super) async fn head(socket: &RefCell<Socket>, config: &ServiceConfig) -> Result<Option<Head>, ApiError> {
    // One for each request: it keeps what it has learnt of a connection for ever.
    let mut codec = Codec::new(config.clone());
    loop {
        let decoded = codec.decode(socket.borrow_mut().buffer());
        match decoded.map_err(|error| refusal(&error))? {
            Some(Message::Item(request)) => return Ok(Some(framed(request, codec))),
            Some(Message::Chunk(_)) => return Err(ApiError::internal("a chunk before its head".to_owned())),
            None => {}
        }
        if !matches!(fill(socket).await, Ok(1..)) {
            return Ok(None);
        }
    }
}

fn refusal(error: &ParseError) -> ApiError {
    match error {
        ParseError::TooLarge => {
            ApiError::new(ErrorCode::HeadersTooLarge, "The head of the request is too large; send less of it")
        }
        // Of the request line too.
        ParseError::Header => ApiError::bad_request(
            "This is not a request of HTTP/1.1: it begins with a line such as `GET /path HTTP/1.1`, and each header is a line \
             such as `Name: value`"
                .to_owned(),
        ),
        error => ApiError::bad_request(format!("This is not a request of HTTP/1.1: {error}")),
    }
}

/// Finds the length of the body by its headers, which the codec has checked. The codec itself would take everything after an
/// `Upgrade` to WebSocket for the body, whatever the headers say. Before HTTP/1.1 there is no upgrade (RFC 9110, section 7.8).
fn framed(mut request: Request, codec: Codec) -> Head {
    if request.version() < Version::HTTP_11 {
        request.headers_mut().remove(UPGRADE);
    }
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
    let body = match length {
        _ if headers.contains_key(TRANSFER_ENCODING) => Body::Chunked(Box::new(codec)),
        None | Some(0) => Body::None,
        Some(length) => Body::Length(length),
    };
    let upgrades = matches!(body, Body::None) && headers.contains_key(UPGRADE);
    Head { request, body, upgrades }
}

/// The body of the request that is being answered.
#[derive(Clone)]
pub(super) struct Incoming(Rc<RefCell<Reading>>);

struct Reading {
    socket: Rc<RefCell<Socket>>,
    body: Body,
    /// The rest of what invites the client to send the body.
    invitation: &'static [u8],
}

impl Incoming {
    /// `expected` is true for a client that waits for an invitation to send the body.
    pub(super) fn new(socket: Rc<RefCell<Socket>>, body: Body, expected: bool) -> Self {
        let invitation = if expected { CONTINUE } else { &[] };
        Self(Rc::new(RefCell::new(Reading { socket, body, invitation })))
    }

    /// Returns the body for a handler. It is read as the handler asks for it.
    pub(super) fn payload(&self) -> Payload {
        if !self.has_body() {
            return Payload::None;
        }
        let reading = self.0.clone();
        Payload::Stream {
            payload: Box::pin(stream::poll_fn(move |context| reading.borrow_mut().poll_next(context))),
        }
    }

    /// Returns true while a part of the body is left.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.0.borrow().body, Body::None)
    }

    /// Passes over what has arrived of the body, and returns true if that was the rest of it.
    pub(super) fn skip_buffered(&self) -> bool {
        let mut reading = self.0.borrow_mut();
        while matches!(reading.decode(), Poll::Ready(Some(Ok(_)))) {}
        matches!(reading.body, Body::None)
    }
}

impl Reading {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        loop {
            if let Poll::Ready(decoded) = self.decode() {
                return Poll::Ready(decoded);
            }
            let error = match ready!(self.poll_more(context)) {
                Ok(0) => PayloadError::Incomplete(None),
                Ok(_) => continue,
                Err(error) => PayloadError::Io(error),
            };
            self.body = Body::Broken;
            return Poll::Ready(Some(Err(error)));
        }
    }

    /// Reads more, after the invitation where there is one.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut socket = self.socket.borrow_mut();
        while !self.invitation.is_empty() {
            let written = ready!(socket.poll_write(context, self.invitation))?;
            self.invitation = &self.invitation[written..];
        }
        socket.poll_fill(context)
    }

    /// Returns the next part of the body, or its end; pending while more bytes must be read.
    fn decode(&mut self) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let mut socket = self.socket.borrow_mut();
        let buffer = socket.buffer();
        let decoded = match &mut self.body {
            Body::None | Body::Broken => None,
            Body::Length(_) if buffer.is_empty() => return Poll::Pending,
            Body::Length(rest) => {
                let length = usize::try_from(*rest).map_or(buffer.len(), |rest| rest.min(buffer.len()));
                *rest -= length as u64;
                if *rest == 0 {
                    self.body = Body::None;
                }
                Some(Ok(buffer.split_to(length).freeze()))
            }
            Body::Chunked(codec) => match codec.decode(buffer) {
                Ok(None) => return Poll::Pending,
                Ok(Some(Message::Chunk(Some(chunk)))) => Some(Ok(chunk)),
                Ok(Some(Message::Chunk(None))) => {
                    self.body = Body::None;
                    None
                }
                Ok(Some(Message::Item(_))) | Err(_) => {
                    self.body = Body::Broken;
                    Some(Err(PayloadError::EncodingCorrupted))
                }
            },
        };
        // A client that sends the body already needs no invitation.
        self.invitation = &[];
        Poll::Ready(decoded)
    }
}

/// Returns the bytes after a request, once its connection has been taken over; nothing before.
pub(super) fn after_takeover(socket: Rc<RefCell<Socket>>) -> Payload {
    Payload::Stream {
        payload: Box::pin(stream::poll_fn(move |_| Poll::Ready(socket.borrow_mut().take_rest().map(Ok)))),
    }
}
