//! Taking connections over: HTTP serves a connection until the handshake of a WebSocket, and the socket from then on.
//! Otherwise actix-web would serve it as the body of an endless answer, with 16 KiB of buffers for each connection and a pass
//! through its HTTP code for each frame.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::rt::net::TcpStream;
use actix_web::{HttpMessage, HttpRequest, web};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

use super::ApiError;

/// The time that the client has to end its side, once the server has ended its own.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves a connection that was taken over.
pub(crate) type Next = Box<dyn FnOnce(TcpStream) -> LocalBoxFuture<'static, ()>>;

/// The wish of a request's handler to take its connection over. Data of the request.
#[derive(Clone, Default)]
pub(crate) struct Takeover(Rc<RefCell<Option<Next>>>);

impl Takeover {
    /// Claims a request's connection for its next owner.
    pub(crate) fn claim(request: &HttpRequest) -> Result<Claim, ApiError> {
        let takeover = request.extensions().get::<Self>().cloned();
        let takeover = takeover
            .ok_or_else(|| ApiError::internal("a request that came over no connection".to_owned()))?;
        Ok(Claim(takeover))
    }

    /// Returns the next owner, who gets the connection once the answer 101 has been written; `None` if none asked for it.
    pub(crate) fn asked(&self) -> Option<Next> {
        self.0.take()
    }
}

/// A connection that is about to be taken over. If this is dropped, HTTP continues with it.
pub(crate) struct Claim(Takeover);

impl Claim {
    /// Returns the body of an answer 101 that hands the connection over.
    pub(crate) fn body<F>(self, next: impl FnOnce(TcpStream) -> F + 'static) -> BoxBody
    where
        F: Future<Output = ()> + 'static,
    {
        let next: Next = Box::new(|stream| Box::pin(next(stream)));
        self.0.0.replace(Some(next));
        BoxBody::new(())
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
