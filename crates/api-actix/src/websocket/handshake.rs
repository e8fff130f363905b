//! The handshake of a WebSocket, and the token that comes with it.

use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use actix_ws::AggregatedMessageStream;
use bytes::Bytes;
use domain::limit::LimitKey;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::oneshot;

use super::outgoing::{event_frame, write};
use super::socket::{Handshake, Socket};
use crate::http::outgoing::Outgoing;
use crate::http::takeover::{Claim, Takeover, read_already};
use crate::http::{ApiError, Credential, origin};
use crate::state::AppState;

/// The largest frame, and the largest message of several frames.
pub(crate) const FRAME: usize = 64 * 1024;
/// The bytes read at once.
const READ: usize = 4 * 1024;

/// Opens a socket. The token may come as header, query parameter or subprotocol, or in a frame later; or a ticket as query
/// parameter.
pub(super) async fn open(
    api: web::Data<AppState>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &api.settings.cors_origins)?;
    let offered = subprotocols(&request);
    actix_http::ws::verify_handshake(request.head()).map_err(ApiError::no_handshake)?;
    // While the token is checked, HTTP must not take the frames that follow for requests.
    let claim = Takeover::claim(&request)?;
    let address = api.client_address(&request);
    let handshake = authenticate(&api, credential(&request, &offered), address).await?;
    let Accepted { mut response, stream, outgoing } = accept(&request, body, claim)?;
    if let Some(protocol) = chosen(&offered).and_then(|protocol| HeaderValue::from_str(protocol).ok()) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    actix_web::rt::spawn(Socket::new(api.into_inner(), outgoing, address).run(stream, handshake));
    Ok(response)
}

/// Checks the token of a handshake, if it has one, or uses its ticket up. `Err` where the ticket is refused, where neither can be
/// checked, or the address has too many sockets without.
async fn authenticate(
    api: &AppState,
    credential: Option<Credential>,
    address: IpAddr,
) -> Result<Handshake, ApiError> {
    let token = match credential {
        None => return Ok(Handshake::NoToken(api.unauthenticated.admit(LimitKey::address(address))?)),
        Some(Credential::Ticket(ticket)) => {
            let (identity, expires_at) =
                api.use_cases.accounts.authenticate.with_ticket(&ticket, address).await?;
            return Ok(Handshake::Verified(identity, expires_at));
        }
        Some(Credential::Bearer(token) | Credential::InQuery(token)) => token,
    };
    match api.use_cases.accounts.authenticate.with_expiry(&token, address).await {
        Ok((identity, expires_at)) => Ok(Handshake::Verified(identity, expires_at)),
        Err(domain::Error::Refused(refusal)) => Ok(Handshake::Refused(refusal)),
        Err(error @ domain::Error::Store(_)) => Err(error.into()),
    }
}

/// A WebSocket that opens as soon as the response has left.
pub(crate) struct Accepted {
    pub(crate) response: HttpResponse,
    pub(crate) stream: AggregatedMessageStream,
    pub(crate) outgoing: Arc<Outgoing>,
}

/// Performs the handshake. Afterwards the connection belongs to the socket alone.
pub(crate) fn accept(request: &HttpRequest, body: web::Payload, claim: Claim) -> Result<Accepted, ApiError> {
    let (connected, connection) = oneshot::channel();
    let frames = web::Payload::from_request(request, &mut incoming(body, connection)).into_inner();
    let handled = frames.and_then(|frames| actix_ws::handle(request, frames));
    let (response, _session, stream) =
        handled.map_err(|error| ApiError::bad_request(format!("This path is a WebSocket: {error}")))?;
    let stream = stream.max_frame_size(FRAME).aggregate_continuations().max_continuation_size(FRAME);
    let outgoing = Outgoing::new(event_frame);
    let writer = outgoing.clone();
    let response = response.map_body(|_, handshake| {
        claim.body(move |connection| async move {
            let (reading, writing) = connection.into_split();
            // A socket that has ended meanwhile reads no more, but may have frames to send.
            let _ended = connected.send(reading);
            write(&writer, writing).await;
            // Frames from the client end when it is dropped.
            drop(handshake);
        })
    });
    Ok(Accepted { response, stream, outgoing })
}

/// Returns the client's bytes: those that HTTP has read already, and all that follow.
fn incoming(body: web::Payload, connection: oneshot::Receiver<OwnedReadHalf>) -> Payload {
    let stream = async move {
        let Ok(reading) = connection.await else { return stream::empty().left_stream() };
        stream::iter(read_already(body).map(Ok)).chain(read(reading)).right_stream()
    };
    Payload::Stream { payload: Box::pin(stream.flatten_stream()) }
}

/// Reads from the connection. An idle socket keeps no buffer, and no more than one frame's size is read before other tasks
/// get their turn.
fn read(mut reading: OwnedReadHalf) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let mut count = 0;
    stream::poll_fn(move |context| {
        if count >= FRAME {
            count = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut space = [MaybeUninit::uninit(); READ];
        let mut bytes = ReadBuf::uninit(&mut space);
        let Poll::Ready(read) = Pin::new(&mut reading).poll_read(context, &mut bytes) else {
            count = 0;
            return Poll::Pending;
        };
        count += bytes.filled().len();
        Poll::Ready(match read {
            Ok(()) if bytes.filled().is_empty() => None,
            Ok(()) => Some(Ok(Bytes::copy_from_slice(bytes.filled()))),
            Err(error) => Some(Err(error.into())),
        })
    })
}

/// The subprotocol of this API.
const PROTOCOL: &str = "parlor.v1";
/// The prefix of a subprotocol that carries a token.
const TOKEN_PREFIX: &str = "bearer.";

/// Returns the subprotocols that the client offers.
fn subprotocols(request: &HttpRequest) -> Vec<String> {
    let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).map(|offer| offer.trim().to_owned()).collect()
}

/// Chooses the subprotocol to answer. A token is echoed only where nothing else is offered: browsers close a socket
/// whose offers are all ignored, and an echoed token ends up in more logs.
fn chosen(offered: &[String]) -> Option<&str> {
    let named = |wanted: &str| offered.iter().map(String::as_str).find(|offer| *offer == wanted);
    let all_tokens = offered.iter().all(|offer| offer.starts_with(TOKEN_PREFIX));
    named(PROTOCOL).or_else(|| offered.first().filter(|_| all_tokens).map(String::as_str))
}

/// Returns the proof that comes with the handshake. An empty subprotocol counts as none.
fn credential(request: &HttpRequest, offered: &[String]) -> Option<Credential> {
    let offers = offered.iter().filter_map(|offer| offer.strip_prefix(TOKEN_PREFIX));
    let from_offer = || offers.filter(|token| !token.is_empty()).map(str::to_owned).next();
    Credential::of(request, true).or_else(|| from_offer().map(Credential::Bearer))
}
