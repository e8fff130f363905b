//! The bridge from actix-web to socketioxide. A polling request is copied over and its answer back; of a WebSocket, the
//! handshake is performed here, and then bytes are copied both ways.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::guard::{Guard, fn_guard};
use actix_web::http::header::{CONNECTION, HeaderMap, TRANSFER_ENCODING, UPGRADE};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyExt, Full};
use tokio::io::{AsyncWriteExt, DuplexStream, WriteHalf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::runtime::Handle;
use tower_service::Service;

use super::first_ping::{self, Polled};
use super::web_sockets::WebSockets;
use crate::http::takeover::{self, Takeover};
use crate::http::{ApiError, origin, query_value};
use crate::state::Settings;

/// The largest packet: larger files go by HTTP (wire contract, section 10).
pub(super) const PAYLOAD: u32 = 1_000_000;
/// The buffer between the two sides of a WebSocket, in bytes.
const PIPE: usize = 64 * 1024;

/// A server of Engine.IO, or of Socket.IO upon it, and the runtime of its tasks, which outlive the worker thread of a
/// request.
#[derive(Clone)]
pub(crate) struct Bridge<S> {
    service: S,
    runtime: Handle,
    settings: Arc<Settings>,
    web_sockets: Arc<WebSockets>,
}

impl<S> Bridge<S> {
    /// `settings` name the origins of browser pages that may connect, and the proxies that report addresses; `web_sockets`
    /// registers each WebSocket.
    pub(crate) fn new(
        service: S,
        runtime: Handle,
        settings: Arc<Settings>,
        web_sockets: Arc<WebSockets>,
    ) -> Self {
        Self { service, runtime, settings, web_sockets }
    }
}

/// Adds a server of Engine.IO at its path.
pub(crate) fn mount<S, B>(config: &mut web::ServiceConfig, paths: [&'static str; 2])
where
    S: Service<Polled, Response = http::Response<B>, Error = Infallible, Future: Send>
        + Service<Piped>
        + Clone
        + Send
        + 'static,
    <S as Service<Piped>>::Error: std::fmt::Display,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    config.service(
        web::resource(paths)
            .route(web::get().guard(upgrades()).to(websocket::<S>))
            // Every method: Engine.IO answers unknown ones itself.
            .route(web::to(polling::<S, B>)),
    );
}

/// A WebSocket that actix-web has opened.
type Piped = (DuplexStream, http::Request<()>);

/// Matches requests for a WebSocket.
fn upgrades() -> impl Guard {
    fn_guard(|context| {
        let upgrade = context.head().headers().get(UPGRADE).and_then(|value| value.to_str().ok());
        upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
    })
}

/// Serves one request of a long-polling client.
async fn polling<S, B>(
    bridge: web::Data<Bridge<S>>,
    request: HttpRequest,
    mut body: web::Payload,
) -> Result<HttpResponse, ApiError>
where
    S: Service<Polled, Response = http::Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    origin::check(&request, &bridge.settings.cors_origins)?;
    if request.method() == Method::HEAD {
        return Ok(peek(&request));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| ApiError::bad_request(format!("The body broke off: {error}")))?;
        if bytes.len() + chunk.len() > usize::try_from(PAYLOAD).unwrap_or(usize::MAX) {
            return Ok(HttpResponse::PayloadTooLarge().finish());
        }
        bytes.extend_from_slice(&chunk);
    }
    let path = request.path().to_owned();
    let opens = request.method() == Method::GET && query_value(&request, "sid").is_none();
    let from = ClientAddress(bridge.settings.client_address(&request));
    let request = head(&request, from, Full::new(Bytes::from(bytes)))?;
    let mut service = bridge.service.clone();
    let answering = bridge.runtime.spawn(async move {
        let Ok(answer) = service.call(request).await;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        if opens && head.status == http::StatusCode::OK {
            first_ping::answer_polling(&mut service, &path, &body).await;
        }
        (head, body)
    });
    let (head, bytes) =
        answering.await.map_err(|error| ApiError::internal(format!("Socket.IO broke off: {error}")))?;
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    Ok(response.body(bytes))
}

/// Answers HEAD: as GET by a client that speaks this protocol, without a session, and without waiting for packets.
fn peek(request: &HttpRequest) -> HttpResponse {
    let is = |name, value: &str| query_value(request, name).as_deref() == Some(value);
    if is("EIO", "4") && is("transport", "polling") {
        return HttpResponse::Ok().content_type("text/plain; charset=UTF-8").finish();
    }
    HttpResponse::BadRequest().content_type("application/json").finish()
}

/// Serves a WebSocket, from the start or taking over from long polling.
async fn websocket<S>(
    bridge: web::Data<Bridge<S>>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError>
where
    S: Service<Piped> + Clone,
    S::Error: std::fmt::Display,
{
    origin::check(&request, &bridge.settings.cors_origins)?;
    let mut response = actix_http::ws::handshake(request.head()).map_err(ApiError::no_handshake)?;
    let claim = Takeover::claim(&request)?;
    let (mut ours, theirs) = tokio::io::duplex(PIPE);
    let resumed = query_value(&request, "sid");
    let from = ClientAddress(bridge.settings.client_address(&request));
    let asked = head(&request, from, ())?;
    {
        let _on_the_runtime = bridge.runtime.enter();
        let mut service = bridge.service.clone();
        if let Err(error) = service.call((theirs, asked)).await {
            return Err(ApiError::bad_request(format!("This is no Engine.IO request: {error}")));
        }
    }
    let opening =
        if resumed.is_none() { first_ping::answer_websocket(&mut ours).await } else { Bytes::new() };
    let session = resumed.or_else(|| first_ping::session_of(&opening).map(str::to_owned));
    let open = session.map(|session| bridge.web_sockets.open(&session));
    let body = claim.body(move |connection| async move {
        let closed = async {
            match open {
                Some(open) => open.closed().await,
                None => std::future::pending().await,
            }
        };
        let (reading, mut writing) = connection.into_split();
        let (mut from_them, to_them) = tokio::io::split(ours);
        let down = async {
            writing.write_all(&opening).await?;
            tokio::io::copy(&mut from_them, &mut writing).await
        };
        tokio::select! {
            // The other side is done, or the client is gone.
            _over = down => {}
            never = up(body, reading, to_them) => match never {},
            () = closed => {}
        }
        takeover::end(writing).await;
    });
    let response = response.message_body(body).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(response.into())
}

/// Copies the client's bytes until they end: the other side sees the end of the stream, and ends the socket.
async fn up(
    body: web::Payload,
    mut reading: OwnedReadHalf,
    mut to_them: WriteHalf<DuplexStream>,
) -> Infallible {
    let passed = async {
        for early in takeover::read_already(body) {
            to_them.write_all(&early).await?;
        }
        tokio::io::copy(&mut reading, &mut to_them).await
    };
    let _broken_off = passed.await;
    let _already_gone = to_them.shutdown().await;
    std::future::pending().await
}

/// The address of a client, beside its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// Converts the request's head, without the headers of the connection, and adds the client's address.
fn head<B>(request: &HttpRequest, from: ClientAddress, body: B) -> Result<http::Request<B>, ApiError> {
    let mut copy = http::Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
    for (name, value) in end_to_end(request.headers()) {
        copy = copy.header(name, value);
    }
    copy.extension(from).body(body).map_err(|error| ApiError::bad_request(error.to_string()))
}

fn end_to_end(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers
        .iter()
        .filter(|(name, _)| **name != CONNECTION && **name != TRANSFER_ENCODING)
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
}
