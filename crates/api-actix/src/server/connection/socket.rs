//! The connection's socket, and the bytes that were read from it and not yet used.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

/// The most bytes of a read. A head that is too large is found soon after its limit.
const READ: usize = 16 * 1024;
/// The most bytes of the first read of a request. Most are smaller, and take no more memory than they need.
const FIRST_READ: usize = 4 * 1024;

pub(super) struct Socket {
    /// `None` once it has another owner.
    stream: Option<TcpStream>,
    read: BytesMut,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: Some(stream), read: BytesMut::new() }
    }

    /// Returns true if no byte is left that was read.
    pub(super) fn is_empty(&self) -> bool {
        self.read.is_empty()
    }

    /// Gives the buffer's memory back if it is empty, and returns true then: idle connections keep none.
    pub(super) fn release_if_empty(&mut self) -> bool {
        if self.read.is_empty() {
            self.read = BytesMut::new();
        }
        self.read.is_empty()
    }

    /// The bytes that were read and not yet used.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.read
    }

    /// Takes the stream away; what was read stays.
    pub(super) fn take_stream(&mut self) -> Option<TcpStream> {
        self.stream.take()
    }

    /// Takes what was read before the stream was taken away; `None` if there is nothing, or the stream is still here.
    pub(super) fn take_rest(&mut self) -> Option<Bytes> {
        (self.stream.is_none() && !self.read.is_empty()).then(|| self.read.split().freeze())
    }

    /// Reads more; 0 bytes at the end of what the client sends.
    pub(super) fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        if self.read.capacity() == 0 {
            let mut space = [MaybeUninit::uninit(); FIRST_READ];
            let mut bytes = ReadBuf::uninit(&mut space);
            ready!(Pin::new(stream).poll_read(context, &mut bytes))?;
            self.read.extend_from_slice(bytes.filled());
            return Poll::Ready(Ok(self.read.len()));
        }
        loop {
            ready!(stream.poll_read_ready(context))?;
            self.read.reserve(READ);
            match stream.try_read_buf(&mut (&mut self.read).limit(READ)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }

    pub(super) fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(stream) = &self.stream else { return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) };
        loop {
            ready!(stream.poll_write_ready(context))?;
            match stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) if !bytes.is_empty() => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => return Poll::Ready(written),
            }
        }
    }

    /// Ready once the client has reset the connection. That is not seen while bytes are left to read.
    pub(super) fn poll_reset(&self, context: &mut Context<'_>) -> Poll<()> {
        let Some(stream) = &self.stream else { return Poll::Pending };
        let mut byte = [0];
        match stream.poll_peek(context, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        }
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

/// Reads more; 0 bytes at the end of what the client sends.
pub(super) async fn fill(socket: &RefCell<Socket>) -> io::Result<usize> {
    poll_fn(|context| socket.borrow_mut().poll_fill(context)).await
}

/// Writes all of the bytes.
pub(super) async fn write(socket: &RefCell<Socket>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = poll_fn(|context| socket.borrow_mut().poll_write(context, bytes)).await?;
        bytes = &bytes[written..];
    }
    Ok(())
}

/// Ends once the client has reset the connection.
pub(super) async fn reset(socket: &RefCell<Socket>) {
    poll_fn(|context| socket.borrow().poll_reset(context)).await;
}

/// Ends the server's side, and drops what the client still sends for a while: a system that closes a connection with unread
/// bytes resets it, and the client loses the answer.
pub(super) async fn linger(socket: &Rc<RefCell<Socket>>, most: Duration) {
    let drained = async {
        poll_fn(|context| socket.borrow_mut().poll_shutdown(context)).await?;
        loop {
            socket.borrow_mut().buffer().clear();
            if fill(socket).await? == 0 {
                return io::Result::Ok(());
            }
        }
    };
    match timeout(most, drained).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a client left before the end of its connection"),
        Err(_) => tracing::debug!("a client still sends on a connection that has ended"),
    }
}
