//! A connection of HTTP/1: reads a request, has the application answer it, writes the answer, and goes on with the next one.
//!
//! One request at a time: the bytes after it stay unread until its answer is written. So everything about an answer (its length,
//! its end, whether the connection stays open) follows from its own request alone. actix-http parses heads and chunks.
//!
//! The files import only from those before them in this list: `deadline`, `socket`, `incoming`, `unread`, `answer`.

mod answer;
mod deadline;
mod incoming;
mod socket;
mod unread;

use std::cell::RefCell;
use std::future::{Future, pending};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpMessage, Request, RequestHead, Response, ServiceConfig};
use actix_service::Service;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::UPGRADE;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpResponse};
use futures_util::FutureExt;
use futures_util::future::{Fuse, FusedFuture};
use tokio::time::timeout;

use crate::http::takeover::{Next, Takeover};
use crate::http::{ApiError, ErrorCode};
pub(crate) use answer::Standard;
use answer::{Answering, End};
use deadline::Deadline;
use incoming::{Head, Incoming};
use socket::Socket;
#[cfg(test)]
pub(crate) use unread::Bounds;
use unread::Reader;
pub(crate) use unread::Unread;

/// The time that a head has to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The time that a connection stays open without a request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// The time for which a client may go on sending what is not read, so that it gets to read the answer.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers what is no request, and so reaches no application.
pub(crate) type Refuse = Arc<dyn Fn(ApiError) -> HttpResponse + Send + Sync>;
/// Returns the address of a request's client.
pub(crate) type AddressOf = Arc<dyn Fn(&RequestHead) -> IpAddr + Send + Sync>;

/// The server's relation to its clients, outside the application.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) refuse: Refuse,
    pub(crate) address: AddressOf,
    pub(crate) unread: Arc<Unread>,
    pub(crate) standard: Standard,
}

impl Clients {
    /// Clients that connect without a proxy.
    pub(crate) fn direct(refuse: Refuse) -> Self {
        let address = |head: &RequestHead| ip_of(head.peer_addr);
        Self { refuse, address: Arc::new(address), unread: Arc::default(), standard: Standard::NONE }
    }
}

fn ip_of(peer: Option<SocketAddr>) -> IpAddr {
    peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip())
}

/// The parts of a server that its connections share.
pub(super) struct Shared<S> {
    pub(super) application: S,
    pub(super) clients: Clients,
    pub(super) config: ServiceConfig,
}

/// Serves a connection until it ends. Returns its next owner, with the connection, if a request asked for that. Once `stopping`
/// ends, the request in flight is the last.
pub(super) async fn serve<S, B>(
    shared: &Shared<S>,
    stream: TcpStream,
    stopping: impl Future<Output = ()>,
) -> Option<(Next, TcpStream)>
where
    S: Service<Request>,
    S::Error: Into<Error>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let peer = stream.peer_addr().ok();
    let socket = Rc::new(RefCell::new(Socket::new(stream)));
    let mut stopping = pin!(stopping.fuse());
    let mut deadline = pin!(Deadline::new(HEAD_TIMEOUT));
    let mut first = true;
    loop {
        let head = match head(&socket, shared, stopping.as_mut(), deadline.as_mut(), first).await {
            Ok(head) => head?,
            Err(error) => {
                let refused = (shared.clients.refuse)(error).into();
                let reader = Reader::at(ip_of(peer), &shared.clients.unread);
                let done = Answering::REFUSAL
                    .write(&socket, &reader, refused, shared.clients.standard, &shared.config)
                    .await;
                if done.is_ok() {
                    socket::linger(&socket, LINGER_TIMEOUT).await;
                }
                return None;
            }
        };
        first = false;
        match exchange(shared, &socket, head, peer, stopping.as_mut()).await {
            After::Next => {}
            After::End => return None,
            After::Linger => {
                socket::linger(&socket, LINGER_TIMEOUT).await;
                return None;
            }
            After::Takeover(next) => {
                let stream = socket.borrow_mut().take_stream();
                return stream.map(|stream| (next, stream));
            }
        }
    }
}

/// Reads the head of a request. `None` if the connection ends before one.
async fn head<S, F: Future<Output = ()>>(
    socket: &Rc<RefCell<Socket>>,
    shared: &Shared<S>,
    mut stopping: Pin<&mut Fuse<F>>,
    mut deadline: Pin<&mut Deadline>,
    first: bool,
) -> Result<Option<Head>, ApiError> {
    let waits = socket.borrow_mut().release_if_empty();
    if waits {
        deadline.as_mut().restart(if first { HEAD_TIMEOUT } else { IDLE_TIMEOUT });
        tokio::select! {
            biased;
            () = stopping.as_mut() => return Ok(None),
            read = socket::fill(socket) => if !matches!(read, Ok(1..)) {
                return Ok(None);
            },
            () = deadline => return if first { Err(too_late()) } else { Ok(None) },
        }
    }
    timeout(HEAD_TIMEOUT, incoming::head(socket, &shared.config)).await.unwrap_or_else(|_| Err(too_late()))
}

fn too_late() -> ApiError {
    ApiError::new(ErrorCode::RequestTimeout, "The request took too long to arrive; send it again")
}

/// The next step of a connection.
enum After {
    Next,
    End,
    /// The end, while the client may still be sending.
    Linger,
    Takeover(Next),
}

/// Has the application answer a request, and writes the answer.
async fn exchange<S, B, F>(
    shared: &Shared<S>,
    socket: &Rc<RefCell<Socket>>,
    head: Head,
    peer: Option<SocketAddr>,
    mut stopping: Pin<&mut Fuse<F>>,
) -> After
where
    S: Service<Request>,
    S::Error: Into<Error>,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
    F: Future<Output = ()>,
{
    let Head { mut request, body, upgrades } = head;
    let mut answering = Answering::to(request.head());
    let takeover = Takeover::default();
    let incoming = Incoming::new(socket.clone(), body, request.head().expect());
    request.head_mut().peer_addr = peer;
    let reader = Reader::at((shared.clients.address)(request.head()), &shared.clients.unread);
    if request.headers().contains_key(UPGRADE) {
        request.extensions_mut().insert(takeover.clone());
    }
    *request.payload() = if upgrades { incoming::after_takeover(socket.clone()) } else { incoming.payload() };
    let called = async {
        match shared.application.call(request).await {
            Ok(response) => response.into().map_into_boxed_body(),
            Err(error) => error.into().error_response().into(),
        }
    };
    let response: Response<BoxBody> = tokio::select! {
        biased;
        response = called => response,
        // There is no client left to answer.
        () = gone(socket, &incoming) => return After::End,
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let switched =
            answering.write(socket, &reader, response, shared.clients.standard, &shared.config).await;
        return match (switched, takeover.asked()) {
            (Ok(_), Some(next)) => After::Takeover(next),
            _ => After::End,
        };
    }
    let whole = incoming.skip_buffered();
    if !whole || stopping.is_terminated() || stopping.as_mut().now_or_never().is_some() {
        answering.close();
    }
    let written = tokio::select! {
        biased;
        written = answering.write(socket, &reader, response, shared.clients.standard, &shared.config) => written,
        () = gone(socket, &incoming) => return After::End,
    };
    match written {
        Ok(End::Open) => After::Next,
        // A system that closes a connection with unread bytes resets it, and the client may lose the answer.
        Ok(End::Close) if whole && socket.borrow().is_empty() => After::End,
        Ok(End::Close) => After::Linger,
        Err(error) => {
            tracing::debug!(%error, "an answer broke off");
            After::End
        }
    }
}

/// Ends when the client has reset the connection. While a body may still be read, its reader notices.
async fn gone(socket: &Rc<RefCell<Socket>>, incoming: &Incoming) {
    if incoming.has_body() {
        return pending().await;
    }
    socket::reset(socket).await;
}
