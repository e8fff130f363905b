//! Taking connections over: HTTP serves a connection until the handshake of a WebSocket, and the socket from then on.
//! Otherwise actix-web would serve it as the body of an endless answer, with 16 KiB of buffers for each connection and a pass
//! through its HTTP code for each frame.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

use super::ApiError;

/// The time that the client has to end its side, once the server has ended its own.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves a connection that was taken over.
type Next = Box<dyn FnOnce(TcpStream) -> LocalBoxFuture<'static, ()>>;

/// Leads from a request to the connection that it came on.
#[derive(Clone, Default)]
pub(crate) struct Takeover(Rc<RefCell<State>>);

#[derive(Default)]
enum State {
    /// HTTP reads and writes.
    #[default]
    Http,
    /// A handler may take it over: HTTP reads no further, and is woken if the claim is dropped.
    Claimed(Option<Waker>),
    /// To be taken once the answer's head has left; the writer of the answer is woken then.
    Asked(Next, Waker),
    Taken(Next, TcpStream),
    Over,
}

impl Takeover {
    /// Claims a request's connection: HTTP leaves the bytes after the request to its next owner.
    pub(crate) fn claim(request: &HttpRequest) -> Result<Claim, ApiError> {
        let takeover = request.conn_data::<Self>().cloned();
        let takeover = takeover
            .ok_or_else(|| ApiError::internal("a request that came over no connection".to_owned()))?;
        takeover.0.replace(State::Claimed(None));
        Ok(Claim(takeover))
    }

    /// Takes the connection if that was asked for. Called when everything has been written.
    fn take(&self, stream: &mut Option<TcpStream>) {
        let mut state = self.0.borrow_mut();
        if !matches!(*state, State::Asked(..)) {
            return;
        }
        if let (State::Asked(next, waker), Some(stream)) = (std::mem::take(&mut *state), stream.take()) {
            *state = State::Taken(next, stream);
            waker.wake();
        }
    }

    /// Returns the future that serves the connection from now on; `None` where it belonged to HTTP to its end.
    pub(crate) fn taken(&self) -> Option<LocalBoxFuture<'static, ()>> {
        match self.0.replace(State::Over) {
            State::Taken(next, stream) => Some(next(stream)),
            _ => None,
        }
    }
}

/// A connection that is about to be taken over. If this is dropped, HTTP continues with it.
pub(crate) struct Claim(Takeover);

impl Claim {
    /// Returns the body of an answer that hands the connection over once its head has left.
    pub(crate) fn body<F>(self, next: impl FnOnce(TcpStream) -> F + 'static) -> BoxBody
    where
        F: Future<Output = ()> + 'static,
    {
        let next: Next = Box::new(|stream| Box::pin(next(stream)));
        BoxBody::new(Handover { claim: self, next: Some(next) })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.0.0.borrow_mut();
        if let State::Claimed(reader) = &mut *state {
            let reader = reader.take();
            *state = State::Http;
            if let Some(reader) = reader {
                reader.wake();
            }
        }
    }
}

/// An empty body that fails once the connection has been taken: only after an error does actix-web end the answer without
/// writing more.
struct Handover {
    claim: Claim,
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
        let mut state = self.claim.0.0.borrow_mut();
        match (&mut *state, next) {
            (state, Some(next)) => *state = State::Asked(next, context.waker().clone()),
            (State::Asked(_, waker), None) => waker.clone_from(context.waker()),
            _ => return Poll::Ready(Some(Err(Box::new(Taken)))),
        }
        Poll::Pending
    }
}

/// A connection as HTTP sees it. Once it has been taken over, reads stay pending and writes fail.
pub(crate) struct HttpStream {
    stream: Option<TcpStream>,
    takeover: Takeover,
}

impl HttpStream {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream: Some(stream), takeover: Takeover::default() }
    }

    /// Returns the handle by which it is taken over.
    pub(crate) fn takeover(&self) -> Takeover {
        self.takeover.clone()
    }

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

impl AsyncRead for HttpStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Bytes from there on are for the next owner.
        match &mut *self.takeover.0.borrow_mut() {
            State::Http => {}
            State::Claimed(reader) => {
                *reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            State::Asked(..) | State::Taken(..) | State::Over => return Poll::Pending,
        }
        self.poll(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(context, bytes))
    }

    /// Called once everything has been written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_flush(context),
            None => Poll::Ready(Ok(())),
        };
        if flushed.is_ready() {
            let this = &mut *self;
            this.takeover.take(&mut this.stream);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_shutdown(context))
    }
}

/// Returns the bytes that HTTP has read and that belong to the next owner.
pub(crate) fn read_already(mut body: web::Payload) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || body.next().now_or_never().flatten()?.ok())
}

/// Ends a connection that was taken over. What still arrives is read for a while: a system with unread bytes resets the
/// connection, and the client loses what was sent last.
pub(crate) async fn end(mut connection: OwnedWriteHalf) {
    if connection.shutdown().await.is_err() {
        return;
    }
    let drained = async {
        let (stream, mut rest) = (connection.as_ref(), vec![0; 1024]);
        // Unlike `readable`, this yields to other tasks, however much arrives.
        while poll_fn(|context| stream.poll_read_ready(context)).await.is_ok() {
            match stream.try_read(&mut rest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    };
    // A client that does not end its side in time is left.
    let _timed_out = timeout(LINGER_TIMEOUT, drained).await;
}
