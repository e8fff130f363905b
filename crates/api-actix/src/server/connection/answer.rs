//! Writing an answer, as the version and the method of its own request demand.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use actix_http::{ConnectionType, RequestHead, Response, ResponseHead, ServiceConfig};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, HeaderName, TRANSFER_ENCODING};
use actix_web::http::{Method, StatusCode, Version};
use bytes::{Bytes, BytesMut};

use super::socket::Socket;
use super::unread::Reader;

/// The bytes of a body that are collected before they are written.
const COLLECTED: usize = 32 * 1024;

/// The headers that a server adds to its answers, as lines: constant ones cost less than those of a map.
#[derive(Clone, Copy)]
pub(crate) struct Standard {
    /// Those of every answer.
    pub(crate) always: &'static str,
    /// Those of answers that do not have their own.
    pub(crate) unless_there: &'static [(HeaderName, &'static str)],
}

impl Standard {
    /// No headers.
    pub(super) const NONE: Self = Self { always: "", unless_there: &[] };
}

/// The parts of a request on which its answer depends.
pub(super) struct Answering {
    version: Version,
    /// True for HEAD: the answer has the head of GET's and no body.
    head_only: bool,
    /// True if the connection stays open after it.
    open: bool,
}

/// The state of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Close,
}

/// The end of a body, as its reader finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// There is no body.
    None,
    /// After so many bytes.
    Length(u64),
    /// At the chunk that says so.
    Chunked,
    /// At the end of the connection.
    Close,
}

impl Answering {
    /// The answer to something that is no request; it is the last on its connection.
    pub(super) const REFUSAL: Self = Self { version: Version::HTTP_11, head_only: false, open: false };

    pub(super) fn to(request: &RequestHead) -> Self {
        let has = |option: &str| names(request.headers(), option);
        let open = !has("close") && (request.version >= Version::HTTP_11 || has("keep-alive"));
        // A tunnel is all that could follow CONNECT.
        let open = open && request.method != Method::CONNECT;
        Self { version: request.version, head_only: request.method == Method::HEAD, open }
    }

    /// Makes the answer the last on its connection.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// Writes the answer. `Err` if the client is gone or does not read, or the body breaks off.
    pub(super) async fn write(
        mut self,
        socket: &RefCell<Socket>,
        reader: &Reader<'_>,
        response: Response<BoxBody>,
        standard: Standard,
        config: &ServiceConfig,
    ) -> io::Result<End> {
        let (response, body) = response.into_parts();
        let mut out = BytesMut::with_capacity(1024);
        let framing = self.head(&mut out, response.head(), body.size(), standard, config);
        if framing == Framing::None {
            drop(body);
            reader.write(socket, &out).await?;
        } else {
            send(socket, reader, out, pin!(body), framing).await?;
        }
        Ok(if self.open { End::Open } else { End::Close })
    }

    /// Writes the head, and decides how the body ends.
    fn head(
        &mut self,
        out: &mut BytesMut,
        response: &ResponseHead,
        size: BodySize,
        standard: Standard,
        config: &ServiceConfig,
    ) -> Framing {
        let status = response.status;
        let framing = match size {
            _ if status.is_informational()
                || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) =>
            {
                Framing::None
            }
            BodySize::None => Framing::Length(0),
            BodySize::Sized(length) => Framing::Length(length),
            BodySize::Stream if self.head_only => Framing::None,
            BodySize::Stream if self.version >= Version::HTTP_11 => Framing::Chunked,
            BodySize::Stream => Framing::Close,
        };
        if framing == Framing::Close || response.connection_type() == ConnectionType::Close {
            self.open = false;
        }
        let version = if self.version >= Version::HTTP_11 { "HTTP/1.1" } else { "HTTP/1.0" };
        line(out, &[version, " ", status.as_str(), " ", response.reason()]);
        match framing {
            Framing::Length(length) => line(out, &["content-length: ", &length.to_string()]),
            Framing::Chunked => line(out, &["transfer-encoding: chunked"]),
            Framing::None | Framing::Close => {}
        }
        match (self.open, self.version) {
            _ if status == StatusCode::SWITCHING_PROTOCOLS => line(out, &["connection: upgrade"]),
            (false, Version::HTTP_11) => line(out, &["connection: close"]),
            (true, Version::HTTP_10) => line(out, &["connection: keep-alive"]),
            _ => {}
        }
        for (name, value) in &response.headers {
            if !matches!(*name, CONNECTION | CONTENT_LENGTH | TRANSFER_ENCODING) {
                out.extend_from_slice(name.as_str().as_bytes());
                out.extend_from_slice(b": ");
                out.extend_from_slice(value.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        out.extend_from_slice(standard.always.as_bytes());
        for (name, line) in standard.unless_there {
            if !response.headers.contains_key(name) {
                out.extend_from_slice(line.as_bytes());
            }
        }
        if !response.headers.contains_key(DATE) {
            config.write_date_header(out, false);
        }
        out.extend_from_slice(b"\r\n");
        if self.head_only { Framing::None } else { framing }
    }
}

/// Returns true if the header `Connection` has this option.
fn names(headers: &HeaderMap, option: &str) -> bool {
    let options = headers.get_all(CONNECTION).filter_map(|options| options.to_str().ok());
    options.flat_map(|options| options.split(',')).any(|known| known.trim().eq_ignore_ascii_case(option))
}

fn line(out: &mut BytesMut, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes `out`, which has the head, and the body after it.
async fn send(
    socket: &RefCell<Socket>,
    reader: &Reader<'_>,
    mut out: BytesMut,
    mut body: Pin<&mut BoxBody>,
    mut framing: Framing,
) -> io::Result<()> {
    loop {
        // What is there is written before the body is waited for.
        let next = poll_fn(|context| match body.as_mut().poll_next(context) {
            Poll::Pending if out.is_empty() => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(next) => Poll::Ready(Some(next)),
        });
        match next.await {
            Some(Some(Ok(bytes))) => encode(&mut out, &bytes, &mut framing)?,
            Some(Some(Err(error))) => {
                tracing::error!(%error, "the body of an answer failed");
                return Err(io::Error::other("the body failed"));
            }
            Some(None) => {
                return match framing {
                    Framing::Length(1..) => Err(io::Error::other("the body is too short")),
                    Framing::Chunked => {
                        out.extend_from_slice(b"0\r\n\r\n");
                        reader.write(socket, &out).await
                    }
                    Framing::None | Framing::Length(0) | Framing::Close => reader.write(socket, &out).await,
                };
            }
            None => {
                reader.write(socket, &out).await?;
                out = BytesMut::new();
            }
        }
        if out.len() >= COLLECTED {
            reader.write(socket, &out).await?;
            out = BytesMut::new();
        }
    }
}

fn encode(out: &mut BytesMut, bytes: &Bytes, framing: &mut Framing) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    match framing {
        Framing::Chunked => {
            line(out, &[&format!("{:X}", bytes.len())]);
            out.extend_from_slice(bytes);
            out.extend_from_slice(b"\r\n");
        }
        Framing::Length(rest) => {
            let length = bytes.len() as u64;
            *rest = rest.checked_sub(length).ok_or_else(|| io::Error::other("the body is too long"))?;
            out.extend_from_slice(bytes);
        }
        Framing::None | Framing::Close => out.extend_from_slice(bytes),
    }
    Ok(())
}
