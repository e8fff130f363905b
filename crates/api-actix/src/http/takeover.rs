//! Connections that change hands: HTTP first, and after the handshake of a WebSocket the socket itself. Left to itself,
//! actix-web would keep serving it as the body of an endless answer, with 16 KiB of buffers for each connection and a turn
//! of its HTTP machinery for each frame.

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

/// How long the other end has to end its side, once the server has ended its own.
const FAREWELL: Duration = Duration::from_secs(2);

/// What becomes of a connection that has been taken over.
type Next = Box<dyn FnOnce(TcpStream) -> LocalBoxFuture<'static, ()>>;

/// The way from a request to the connection that it came on.
#[derive(Clone, Default)]
pub(crate) struct Takeover(Rc<RefCell<State>>);

#[derive(Default)]
enum State {
    /// HTTP reads and writes.
    #[default]
    Http,
    /// Somebody may want it: HTTP reads no further, and is woken where nothing comes of it.
    Claimed(Option<Waker>),
    /// As soon as the answer's head has left. Whoever writes the answer is woken then.
    Asked(Next, Waker),
    Taken(Next, TcpStream),
    Over,
}

impl Takeover {
    /// Claims a request's connection: what comes after the request is left for whoever takes it over.
    pub(crate) fn claim(request: &HttpRequest) -> Result<Claim, ApiError> {
        let takeover = request.conn_data::<Self>().cloned();
        let takeover = takeover
            .ok_or_else(|| ApiError::internal("a request that came over no connection".to_owned()))?;
        takeover.0.replace(State::Claimed(None));
        Ok(Claim(takeover))
    }

    /// Everything has left: now, if ever.
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

    /// What goes on with the connection; `None` where it was HTTP's to the end.
    pub(crate) fn taken(&self) -> Option<LocalBoxFuture<'static, ()>> {
        match self.0.replace(State::Over) {
            State::Taken(next, stream) => Some(next(stream)),
            _ => None,
        }
    }
}

/// A connection that is about to be taken over. Where that comes to nothing HTTP goes on with it.
pub(crate) struct Claim(Takeover);

impl Claim {
    /// The body of an answer that hands the connection over once its head has left.
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

/// A body that says nothing, and breaks off once the connection has been taken: of an error alone actix-web makes an end
/// without a last word.
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

/// A connection as HTTP sees it. Once it has been taken over nothing comes any more, and nothing may be written.
pub(crate) struct HttpStream {
    stream: Option<TcpStream>,
    takeover: Takeover,
}

impl HttpStream {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream: Some(stream), takeover: Takeover::default() }
    }

    /// The way to take it over.
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
        // What comes from there on is for the next.
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

    /// Is asked for once everything has been written.
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

/// What HTTP has read of what belongs to the next.
pub(crate) fn read_already(mut body: web::Payload) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || body.next().now_or_never().flatten()?.ok())
}

/// Ends a connection that was taken over. What still comes is heard out for a while: a system that is left with it takes
/// back what it sent.
pub(crate) async fn end(mut connection: OwnedWriteHalf) {
    if connection.shutdown().await.is_err() {
        return;
    }
    let heard_out = async {
        let (stream, mut rest) = (connection.as_ref(), vec![0; 1024]);
        // Which lets others have their turn, unlike `readable`, however much comes.
        while poll_fn(|context| stream.poll_read_ready(context)).await.is_ok() {
            match stream.try_read(&mut rest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    };
    // One that does not end its side either is left.
    let _impatient = timeout(FAREWELL, heard_out).await;
}
