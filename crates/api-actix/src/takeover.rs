//! Connections that change hands: HTTP first, and after the handshake of a WebSocket the socket itself. Left to itself,
//! actix-web would keep serving it as the body of an endless answer, with 16 KiB of buffers for each connection and a turn
//! of its HTTP machinery for each frame.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service, map_config,
};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpRequest};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::serve::ServeOptions;

/// How long what was written may wait for the other end to take it.
const NOTHING_TAKEN: Duration = Duration::from_mins(1);

/// What becomes of a connection that has been taken over.
type Next = Box<dyn FnOnce(TcpStream) -> LocalBoxFuture<'static, ()>>;

/// The way from a request to the connection that it came on.
#[derive(Clone, Default)]
pub(crate) struct Takeover(Rc<RefCell<State>>);

#[derive(Default)]
enum State {
    #[default]
    Http,
    /// As soon as the answer's head has left. Whoever writes the answer is woken then.
    Asked(Next, Waker),
    Taken(Next, TcpStream),
    Over,
}

impl Takeover {
    /// That of the connection of a request; `None` for one that did not come over a connection.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        request.conn_data::<Self>().cloned()
    }

    /// The body of an answer that hands the connection over once its head has left.
    pub(crate) fn body<F>(self, next: impl FnOnce(TcpStream) -> F + 'static) -> BoxBody
    where
        F: Future<Output = ()> + 'static,
    {
        let next: Next = Box::new(|stream| Box::pin(next(stream)));
        BoxBody::new(Handover { takeover: self, next: Some(next) })
    }

    fn is_asked(&self) -> bool {
        matches!(*self.0.borrow(), State::Asked(..))
    }

    /// Everything has left: now, if ever.
    fn take(&self, stream: &mut Option<TcpStream>) {
        let mut state = self.0.borrow_mut();
        match (std::mem::take(&mut *state), stream.take()) {
            (State::Asked(next, waker), Some(taken)) => {
                *state = State::Taken(next, taken);
                waker.wake();
            }
            (other, kept) => (*state, *stream) = (other, kept),
        }
    }

    fn taken(&self) -> Option<(Next, TcpStream)> {
        match self.0.replace(State::Over) {
            State::Taken(next, stream) => Some((next, stream)),
            _ => None,
        }
    }
}

/// A body that says nothing, and breaks off once the connection has been taken: of an error alone actix-web makes an end
/// without a last word.
struct Handover {
    takeover: Takeover,
    next: Option<Next>,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection was taken over")]
struct Taken;

impl MessageBody for Handover {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = self.next.take();
        let mut state = self.takeover.0.borrow_mut();
        match (&mut *state, next) {
            (state, Some(next)) => *state = State::Asked(next, context.waker().clone()),
            (State::Asked(_, waker), None) => waker.clone_from(context.waker()),
            _ => return Poll::Ready(Some(Err(Box::new(Taken)))),
        }
        Poll::Pending
    }
}

/// A connection as HTTP sees it. Once it has been taken over nothing comes any more, and nothing may be written.
struct Line {
    stream: Option<TcpStream>,
    takeover: Takeover,
}

impl Line {
    fn poll<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut self.stream {
            Some(stream) => poll(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stream.is_none() || self.takeover.is_asked() {
            // What comes from here on is for the next.
            return Poll::Pending;
        }
        self.poll(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(context, bytes))
    }

    /// Is asked for once everything has been written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_flush(context),
            None => Poll::Ready(Ok(())),
        };
        if flushed.is_ready() {
            let line = &mut *self;
            line.takeover.take(&mut line.stream);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_shutdown(context))
    }
}

/// Serves an application on every connection of a listener, and then what has taken the connection over. Signals are not
/// listened to.
pub(crate) fn server<F, I, S, B>(
    listener: TcpListener,
    options: ServeOptions,
    application: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let builder =
        Server::build().workers(options.workers).shutdown_timeout(options.grace.as_secs()).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let listening = builder.listen("parlor", listener, move || {
        let stopping = stopping.clone();
        let application = application().into_factory();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(Duration::from_secs(10))
            .client_disconnect_timeout(Duration::from_secs(2))
            .keep_alive(Duration::from_secs(75))
            .on_connect_ext(|line: &Line, connection| {
                connection.insert(line.takeover.clone());
            })
            .h1(map_config(application.map_err(|error| error.into().error_response()), |()| {
                AppConfig::default()
            }));
        connections(http)
    })?;
    Ok(listening.run())
}

fn connections<H>(
    http: H,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    H: ServiceFactory<(Line, Option<SocketAddr>), Config = (), Response = (), InitError = ()> + 'static,
    H: ServiceFactory<(Line, Option<SocketAddr>), Error = DispatchError>,
{
    let http = Rc::new(http);
    fn_factory(move || {
        let http = http.clone();
        async move {
            let http = Rc::new(http.new_service(()).await?);
            Ok(fn_service(move |stream| serve(http.clone(), stream)))
        }
    })
}

async fn serve<H>(http: Rc<H>, stream: TcpStream) -> Result<(), DispatchError>
where
    H: Service<(Line, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    prepare(&stream);
    let (peer, takeover) = (stream.peer_addr().ok(), Takeover::default());
    let line = Line { stream: Some(stream), takeover: takeover.clone() };
    // Boxed: a connection that has been taken over has no use for what HTTP needed.
    let served = Box::pin(http.call((line, peer))).await;
    match takeover.taken() {
        Some((next, stream)) => next(stream).await,
        None => served?,
    }
    Ok(())
}

/// Small writes leave at once. And the system ends a connection whose other end takes nothing for too long: one that
/// stopped reading, or is gone without a word. Nobody else would notice while there is something to write. (Other systems
/// than Linux have no such option; theirs give up after some minutes.)
fn prepare(stream: &TcpStream) {
    let prepared = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let prepared = prepared.and_then(|()| SockRef::from(stream).set_tcp_user_timeout(Some(NOTHING_TAKEN)));
    if let Err(error) = prepared {
        tracing::debug!(%error, "a connection without a limit to its patience");
    }
}
