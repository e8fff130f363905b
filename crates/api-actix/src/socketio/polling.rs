//! Long polling: requests copied over to Engine.IO, and its answers back.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::ConnectionType;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use domain::limit::LimitKey;
use http_body_util::{BodyExt, Full};
use tokio::sync::OwnedMutexGuard;
use tower_service::Service;

use super::bridge::{Bridge, ClientAddress, PAYLOAD, head};
use super::downlink::Transport;
use super::downstream::payload;
use super::first_ping::{self, Polled};
use super::session::{Breach, EngineSession, UNAUTHENTICATED_BYTES};
use crate::http::{ApiError, collect, origin, query_value};

/// The bytes of an answer that are written at once.
const CHUNK: usize = 16 * 1024;
/// The packet by which either side ends a session.
const CLOSE: &[u8] = b"1";
/// The packet that says nothing.
const NOOP: &[u8] = b"6";
/// Stands between the packets of a body.
const SEPARATOR: u8 = 0x1e;

/// An answer of Engine.IO, with its body.
type Answered = (http::response::Parts, Bytes);

/// A service that answers polling requests.
pub(crate) trait Polling<B>:
    Service<Polled, Response = http::Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S, B> Polling<B> for S where
    S: Service<Polled, Response = http::Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves one request of a client that polls.
pub(super) async fn serve<S, B>(
    bridge: web::Data<Bridge<S>>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError>
where
    S: Polling<B>,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    origin::check(&request, &bridge.settings.cors_origins)?;
    if request.method() == Method::HEAD {
        return Ok(peek(&request));
    }
    if query_value(&request, "transport").as_deref() == Some("websocket") {
        let message = "This transport begins with the handshake of a WebSocket";
        return Err(ApiError::bad_request(message.to_owned()));
    }
    let id = query_value(&request, "sid");
    let session = id.as_deref().and_then(|id| bridge.sessions.get(id));
    match (request.method(), id, session) {
        (&Method::GET, None, _) => open(&bridge, &request).await,
        (&Method::GET, _, Some(session)) => poll(&bridge, &request, &session).await,
        (&Method::POST, _, Some(session)) => post(&bridge, &request, body, &session).await,
        // Engine.IO closes a session a moment after it has left the register, and would answer a poll until then.
        (_, Some(_), None) => Ok(unknown()),
        // Engine.IO says what is wrong with it; the body is neither read for that nor waited for.
        _ => {
            let mut answer = respond(call(&bridge, &request, Bytes::new()).await?, None);
            answer.head_mut().set_connection_type(ConnectionType::Close);
            Ok(answer)
        }
    }
}

/// Answers a request of a session that is not known, or over, as Engine.IO does. The body is neither read nor waited for.
fn unknown() -> HttpResponse {
    HttpResponse::BadRequest()
        .force_close()
        .content_type("application/json")
        .body(r#"{"code":"1","message":"Session ID unknown"}"#)
}

/// Answers HEAD: as GET by a client that speaks this protocol, without a session, and without waiting for packets.
fn peek(request: &HttpRequest) -> HttpResponse {
    let is = |name, value: &str| query_value(request, name).as_deref() == Some(value);
    if is("EIO", "4") && is("transport", "polling") {
        return HttpResponse::Ok().content_type("text/plain; charset=UTF-8").finish();
    }
    HttpResponse::BadRequest().content_type("application/json").finish()
}

/// Opens a session.
async fn open<S, B>(bridge: &Bridge<S>, request: &HttpRequest) -> Result<HttpResponse, ApiError>
where
    S: Polling<B>,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    let address = LimitKey::address(bridge.settings.client_address(request));
    let admission = bridge.sessions.admit(&address)?;
    let (head, body) = call(bridge, request, Bytes::new()).await?;
    if let Some(id) = first_ping::session(&body).filter(|_| head.status == http::StatusCode::OK) {
        let session = bridge.sessions.open(id, address, admission, Transport::Polling);
        let (id, path) = (id.to_owned(), request.path().to_owned());
        let (mut service, sessions) = (bridge.service.clone(), bridge.sessions.clone());
        let (answered, ready) = tokio::sync::oneshot::channel();
        bridge.runtime.spawn(async move {
            let uri = format!("{path}?EIO=4&transport=polling&sid={id}");
            first_ping::answer_polling(&mut service, &uri).await;
            // A client that is gone meanwhile waits for nothing; its session lapses.
            let _gone = answered.send(());
            session.over().await;
            sessions.end(&id);
            if let Ok(close) = http::Request::post(uri).body(Full::new(Bytes::from_static(CLOSE))) {
                let Ok(_closed) = service.call(close).await;
            }
        });
        ready.await.map_err(|error| ApiError::internal(format!("Socket.IO broke off: {error}")))?;
    }
    Ok(respond((head, body), None))
}

/// Waits for packets of Engine.IO, or others that wait for the client. The client must take the answer before its next poll, so
/// that one at most is held.
async fn poll<S, B>(
    bridge: &Bridge<S>,
    request: &HttpRequest,
    session: &Arc<EngineSession>,
) -> Result<HttpResponse, ApiError>
where
    S: Polling<B>,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    let Ok(polling) = session.polling.clone().try_lock_owned() else {
        return Err(bridge.sessions.breach(session, "Poll again once the last answer is there"));
    };
    let (engine, session) = (answer(bridge, request, Bytes::new())?, session.clone());
    let answered = on_the_runtime(bridge, async move {
        let packets = poll_fn(|context| session.downlink.poll(Transport::Polling, context));
        tokio::select! {
            biased;
            answered = engine => if session.is_over() { last(answered) } else { answered },
            // Until it has packets, Engine.IO holds none, so none is lost with this call.
            frames = packets => answer_with(payload(frames)),
        }
    });
    Ok(respond(answered.await?, Some(polling)))
}

/// Takes packets of the client.
async fn post<S, B>(
    bridge: &Bridge<S>,
    request: &HttpRequest,
    body: web::Payload,
    session: &EngineSession,
) -> Result<HttpResponse, ApiError>
where
    S: Polling<B>,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    let Ok(_posting) = session.posting.clone().try_lock_owned() else {
        return Err(bridge.sessions.breach(session, "Send one body at a time"));
    };
    let largest = if session.is_authenticated() { PAYLOAD } else { UNAUTHENTICATED_BYTES };
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let held = session.hold(length.unwrap_or(largest).min(largest));
    let _held = held.map_err(|Breach| ApiError::too_many_events())?;
    let bytes = collect(body.into_inner(), largest).await.inspect_err(|_| {
        // What comes after the gap is of no use.
        bridge.sessions.end(session.id());
    })?;
    if check(session, &bytes).is_err() {
        return Err(bridge.sessions.breach(session, "Connect with a token first, then send events"));
    }
    Ok(respond(call(bridge, request, bytes.into()).await?, None))
}

fn check(session: &EngineSession, body: &[u8]) -> Result<(), Breach> {
    session.count(body.len())?;
    body.split(|byte| *byte == SEPARATOR).try_for_each(|packet| session.admit_text(packet, packet.len()))
}

/// Passes a request on, on the program's runtime.
async fn call<S, B>(bridge: &Bridge<S>, request: &HttpRequest, body: Bytes) -> Result<Answered, ApiError>
where
    S: Polling<B>,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    on_the_runtime(bridge, answer(bridge, request, body)?).await
}

/// Returns the answer of Engine.IO to a request.
fn answer<S, B>(
    bridge: &Bridge<S>,
    request: &HttpRequest,
    body: Bytes,
) -> Result<impl Future<Output = Answered> + Send + use<S, B>, ApiError>
where
    S: Polling<B>,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    let from = ClientAddress(bridge.settings.client_address(request));
    let (mut service, request) = (bridge.service.clone(), head(request, from, Full::new(body))?);
    Ok(async move {
        let Ok(answer) = service.call(request).await;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        (head, body)
    })
}

/// Runs a call on the program's runtime.
async fn on_the_runtime<S>(
    bridge: &Bridge<S>,
    call: impl Future<Output = Answered> + Send + 'static,
) -> Result<Answered, ApiError> {
    let answering = bridge.runtime.spawn(call);
    answering.await.map_err(|error| ApiError::internal(format!("Socket.IO broke off: {error}")))
}

/// Returns the answer to the poll that waits as its session ends: the close of the session where Engine.IO has no packets left.
fn last((head, packets): Answered) -> Answered {
    let nothing = head.status != http::StatusCode::OK || packets == NOOP;
    if nothing { answer_with(Bytes::from_static(CLOSE)) } else { (head, packets) }
}

/// Makes an answer of packets, as Engine.IO makes it.
fn answer_with(packets: Bytes) -> Answered {
    let (mut head, ()) = http::Response::new(()).into_parts();
    let text = http::HeaderValue::from_static("text/plain; charset=UTF-8");
    head.headers.insert(http::header::CONTENT_TYPE, text);
    (head, packets)
}

/// Makes the answer. It has the poll until its last bytes are written.
fn respond((head, bytes): Answered, polling: Option<OwnedMutexGuard<()>>) -> HttpResponse {
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(Packets { bytes, polling })
}

/// The packets of an answer, written a part at a time.
struct Packets {
    bytes: Bytes,
    polling: Option<OwnedMutexGuard<()>>,
}

impl MessageBody for Packets {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.bytes.len().min(CHUNK);
        let chunk = self.bytes.split_to(length);
        if self.bytes.is_empty() {
            self.polling = None;
        }
        Poll::Ready((!chunk.is_empty()).then_some(Ok(chunk)))
    }
}
