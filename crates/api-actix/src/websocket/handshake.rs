//! `/chat`: the handshake of the WebSocket, and the ways in which a token comes with it.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use actix_ws::AggregatedMessageStream;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::oneshot;

use super::outgoing::Outgoing;
use super::socket::Socket;
use crate::http::takeover::{Takeover, read_already};
use crate::http::{ApiError, origin};
use crate::state::AppState;

/// The largest frame, and the largest message of several frames.
pub(crate) const FRAME: usize = 64 * 1024;
/// How much is read at once, in bytes.
const READ: usize = 4 * 1024;

/// Opens a socket.
pub(super) async fn open(
    api: web::Data<AppState>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &api.settings.cors_origins)?;
    let offered = protocol(&request);
    let token = token(&request, offered.as_deref());
    let Accepted { mut response, stream, outgoing } = accept(&request, body)?;
    if let Some(protocol) = offered.and_then(|protocol| HeaderValue::from_str(&protocol).ok()) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    actix_web::rt::spawn(Socket::new(api.into_inner(), outgoing).run(stream, token));
    Ok(response)
}

/// A WebSocket that opens as soon as the response has left.
pub(crate) struct Accepted {
    pub(crate) response: HttpResponse,
    pub(crate) stream: AggregatedMessageStream,
    pub(crate) outgoing: Arc<Outgoing>,
}

/// Makes the handshake. Afterwards the connection is the socket's alone.
pub(crate) fn accept(request: &HttpRequest, body: web::Payload) -> Result<Accepted, ApiError> {
    let claim = Takeover::claim(request)?;
    let (give, given) = oneshot::channel();
    let frames = web::Payload::from_request(request, &mut incoming(body, given)).into_inner();
    let handled = frames.and_then(|frames| actix_ws::handle(request, frames));
    let (response, _session, stream) =
        handled.map_err(|error| ApiError::bad_request(format!("This path is a WebSocket: {error}")))?;
    let stream = stream.max_frame_size(FRAME).aggregate_continuations().max_continuation_size(FRAME);
    let outgoing = Outgoing::new();
    let writer = outgoing.clone();
    let response = response.map_body(|_, handshake| {
        claim.body(move |connection| async move {
            let (reading, writing) = connection.into_split();
            // A socket that has ended meanwhile hears nothing, but has something to say.
            let _ended = give.send(reading);
            writer.write(writing).await;
            // Frames from the client end when it is dropped.
            drop(handshake);
        })
    });
    Ok(Accepted { response, stream, outgoing })
}

/// What comes from the client: what HTTP has read already, and all that follows.
fn incoming(body: web::Payload, given: oneshot::Receiver<OwnedReadHalf>) -> Payload {
    let stream = async move {
        let Ok(reading) = given.await else { return stream::empty().left_stream() };
        stream::iter(read_already(body).map(Ok)).chain(read(reading)).right_stream()
    };
    Payload::Stream { payload: Box::pin(stream.flatten_stream()) }
}

/// What is read from the connection. An idle socket keeps no memory for it; and of a client that says much at once no more
/// than a frame is taken before what it means gets its turn.
fn read(mut reading: OwnedReadHalf) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let mut heard = 0;
    stream::poll_fn(move |context| {
        if heard >= FRAME {
            heard = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut space = [MaybeUninit::uninit(); READ];
        let mut bytes = ReadBuf::uninit(&mut space);
        let Poll::Ready(read) = Pin::new(&mut reading).poll_read(context, &mut bytes) else {
            heard = 0;
            return Poll::Pending;
        };
        heard += bytes.filled().len();
        Poll::Ready(match read {
            Ok(()) if bytes.filled().is_empty() => None,
            Ok(()) => Some(Ok(Bytes::copy_from_slice(bytes.filled()))),
            Err(error) => Some(Err(error.into())),
        })
    })
}

/// The subprotocol that carries a token.
fn protocol(request: &HttpRequest) -> Option<String> {
    let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    offers
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .find(|p| p.starts_with("bearer."))
        .map(str::to_owned)
}

fn token(request: &HttpRequest, protocol: Option<&str>) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    // Another scheme is somebody else's, such as a proxy's before this server.
    let header = header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let header = header.map(|(_, token)| token.trim().to_owned());
    header
        .or_else(|| crate::http::query_value(request, "token"))
        .or_else(|| Some(protocol?.strip_prefix("bearer.")?.to_owned()))
}
