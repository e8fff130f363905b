//! The bridge from actix-web to socketioxide. A polling request is copied over and its answer back; of a WebSocket, the
//! handshake is performed here, and then bytes are copied both ways. Events and acknowledgements join the frames of Engine.IO here:
//! they are encoded once for all clients, and pass neither socketioxide nor the pipe.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::guard::{Guard, fn_guard};
use actix_web::http::header::{CONNECTION, HeaderMap, TRANSFER_ENCODING, UPGRADE};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use domain::limit::LimitKey;
use tokio::io::{AsyncWriteExt, DuplexStream, WriteHalf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::runtime::Handle;
use tower_service::Service;

use super::downlink::Transport;
use super::frames::Frames;
use super::polling::{self, Polling};
use super::session::Breach;
use super::sessions::EngineSessions;
use super::{downstream, first_ping};
use crate::http::takeover::{self, Takeover};
use crate::http::{ApiError, RouteName, origin, query_value};
use crate::state::Settings;

/// The largest packet: larger files go by HTTP (wire contract, section 10).
pub(super) const PAYLOAD: usize = 1_000_000;
/// The buffer between the two sides of a WebSocket, in bytes.
const PIPE: usize = 64 * 1024;
/// The bytes read at once.
const READ: usize = 8 * 1024;

/// A server of Engine.IO, or of Socket.IO upon it, and the runtime of its tasks, which outlive the worker thread of a
/// request.
#[derive(Clone)]
pub(crate) struct Bridge<S> {
    pub(super) service: S,
    pub(super) runtime: Handle,
    pub(super) settings: Arc<Settings>,
    pub(super) sessions: Arc<EngineSessions>,
}

impl<S> Bridge<S> {
    /// `settings` name the origins of browser pages that may connect, and the proxies that report addresses; `sessions` bounds
    /// what each session sends.
    pub(crate) fn new(
        service: S,
        runtime: Handle,
        settings: Arc<Settings>,
        sessions: Arc<EngineSessions>,
    ) -> Self {
        Self { service, runtime, settings, sessions }
    }
}

/// Adds a server of Engine.IO at its path.
pub(crate) fn mount<S, B>(config: &mut web::ServiceConfig, paths: [&'static str; 2])
where
    S: Polling<B> + Service<Piped>,
    <S as Service<Piped>>::Error: std::fmt::Display,
    B: http_body::Body<Data: Send> + Send + 'static,
{
    // A resource for each: of several paths actix-web makes a regular expression.
    for path in paths {
        config.service(
            web::resource(path)
                .app_data(RouteName(paths[0]))
                .route(web::get().guard(upgrades()).to(websocket::<S>))
                // Every method: Engine.IO answers unknown ones itself.
                .route(web::to(polling::serve::<S, B>)),
        );
    }
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
    let from = ClientAddress(bridge.settings.client_address(&request));
    let asked = head(&request, from, ())?;
    let (address, resumed) = (LimitKey::address(from.0), query_value(&request, "sid"));
    let known = resumed.as_deref().map(|id| bridge.sessions.get(id));
    if matches!(known, Some(None)) {
        return Err(ApiError::bad_request("This session is not known, or is over".to_owned()));
    }
    let admission = if resumed.is_none() { bridge.sessions.admit(&address)? } else { None };
    {
        let _on_the_runtime = bridge.runtime.enter();
        let mut service = bridge.service.clone();
        if let Err(error) = service.call((theirs, asked)).await {
            return Err(ApiError::bad_request(format!("This is no Engine.IO request: {error}")));
        }
    }
    let opening =
        if resumed.is_none() { first_ping::answer_websocket(&mut ours).await } else { Bytes::new() };
    let opened = || {
        Some(bridge.sessions.open(
            first_ping::session_of(&opening)?,
            address,
            admission,
            Transport::WebSocket,
        ))
    };
    let Some(session) = known.flatten().or_else(opened) else {
        return Err(ApiError::internal("Engine.IO opened no session".to_owned()));
    };
    // A session that began here has nothing but this connection.
    let only = resumed.is_none().then(|| bridge.sessions.end_with(&session));
    let sessions = bridge.sessions.clone();
    let body = claim.body(move |connection| async move {
        let (reading, mut writing) = connection.into_split();
        let (from_them, to_them) = tokio::io::split(ours);
        let down = async {
            writing.write_all(&opening).await?;
            downstream::write(&session.downlink, from_them, &mut writing).await
        };
        tokio::select! {
            // The other side is done, or the client is gone.
            _over = down => {}
            Breach = up(body, reading, to_them, Frames::new(session.clone(), PAYLOAD)) => sessions.end(session.id()),
            () = session.over() => sessions.end(session.id()),
        }
        drop(only);
        takeover::end(writing).await;
    });
    let response = response.message_body(body).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(response.into())
}

/// Copies the client's bytes until they end: the other side sees the end of the stream, and ends the socket. Returns where they
/// break the rules.
async fn up(
    body: web::Payload,
    reading: OwnedReadHalf,
    mut to_them: WriteHalf<DuplexStream>,
    mut frames: Frames,
) -> Breach {
    let mut early = takeover::read_already(body);
    let mut buffer = BytesMut::new();
    loop {
        if let Some(bytes) = early.next() {
            buffer.extend_from_slice(&bytes);
        } else {
            // An idle socket keeps no buffer.
            buffer = BytesMut::new();
            if poll_fn(|context| reading.as_ref().poll_read_ready(context)).await.is_err() {
                break;
            }
            buffer.reserve(READ);
            match reading.try_read_buf(&mut buffer) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => break,
            }
        }
        if let Err(breach) = frames.arrived(&buffer) {
            return breach;
        }
        if to_them.write_all(&buffer).await.is_err() {
            break;
        }
        buffer.clear();
    }
    let _already_gone = to_them.shutdown().await;
    std::future::pending().await
}

/// The address of a client, beside its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// Converts the request's head, without the headers of the connection, and adds the client's address.
pub(super) fn head<B>(
    request: &HttpRequest,
    from: ClientAddress,
    body: B,
) -> Result<http::Request<B>, ApiError> {
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
