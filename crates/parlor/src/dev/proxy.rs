//! A proxy in front of the server, which loses answers, repeats events, is late, and cuts connections.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use bytes::{Bytes, BytesMut};
use futures_util::stream::unfold;
use http::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, SEC_WEBSOCKET_EXTENSIONS, TRANSFER_ENCODING,
};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until};

use super::fault::Faults;
use super::packet::{Packet, SEPARATOR, split_event};
use super::{delay, tunnel};

/// The wait after a connection could not be accepted, as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// Accepts connections for as long as the process runs.
pub(super) async fn run(listener: TcpListener, server: SocketAddr, faults: Arc<Faults>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(serve(client, server, faults.clone()))),
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves a connection until it ends or its time is over.
async fn serve(client: TcpStream, server: SocketAddr, faults: Arc<Faults>) {
    let end = faults.end();
    let _slower = client.set_nodelay(true);
    let service = service_fn(move |request| forward(request, server, faults.clone(), end));
    let connection = Builder::new().serve_connection(TokioIo::new(client), service);
    tokio::select! {
        _ended = connection.with_upgrades() => {}
        () = reached(end) => {}
    }
}

/// Waits until then.
pub(super) async fn reached(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => pending().await,
    }
}

/// Forwards a request, and disturbs the answer. An error closes the connection without one.
async fn forward(
    mut request: Request<Incoming>,
    server: SocketAddr,
    faults: Arc<Faults>,
    end: Option<Instant>,
) -> anyhow::Result<Response<Body>> {
    let kind = Kind::of(request.method(), request.uri());
    // What is compressed can't be looked into.
    for header in [ACCEPT_ENCODING, SEC_WEBSOCKET_EXTENSIONS] {
        request.headers_mut().remove(header);
    }
    let client = hyper::upgrade::on(&mut request);
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    let mut response = sender.send_request(request).await?;
    sleep(faults.delay).await;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let server = hyper::upgrade::on(&mut response);
        tokio::spawn(async move {
            if let (Ok(client), Ok(server)) = tokio::join!(client, server) {
                tunnel::run(client, server, &faults, end).await;
            }
        });
        return Ok(response.map(|_| Empty::new().map_err(|never| match never {}).boxed_unsync()));
    }
    // It is framed again.
    response.headers_mut().remove(TRANSFER_ENCODING);
    if kind == Kind::Send && response.status().is_success() && faults.loses(Packet::Answer) {
        bail!("the answer is lost on purpose");
    }
    let content_type = response.headers().get(CONTENT_TYPE);
    if content_type.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return Ok(response.map(|body| events(body, faults)));
    }
    if kind == Kind::Polling {
        let (mut head, body) = response.into_parts();
        head.headers.remove(CONTENT_LENGTH);
        let body = poll(&body.collect().await?.to_bytes(), &faults)?;
        return Ok(Response::from_parts(
            head,
            Full::new(body).map_err(|never| match never {}).boxed_unsync(),
        ));
    }
    Ok(response.map(BodyExt::boxed_unsync))
}

/// The kind of a request, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It sends a message.
    Send,
    /// It polls for packets of Socket.IO.
    Polling,
    /// Anything else.
    Other,
}

impl Kind {
    fn of(method: &Method, uri: &Uri) -> Self {
        let polls = uri.path().starts_with("/socket.io")
            && uri.query().unwrap_or_default().contains("transport=polling");
        match *method {
            Method::POST if uri.path().ends_with("/messages") => Self::Send,
            Method::GET if polls => Self::Polling,
            _ => Self::Other,
        }
    }
}

/// Disturbs an event stream.
fn events(mut body: Incoming, faults: Arc<Faults>) -> Body {
    let (sender, receiver) = delay::line(faults.delay);
    tokio::spawn(async move {
        let mut buffer = BytesMut::new();
        while let Some(Ok(frame)) = body.frame().await {
            buffer.extend_from_slice(&frame.into_data().unwrap_or_default());
            while let Some(event) = split_event(&mut buffer) {
                for _ in 0..faults.copies(Packet::of_server_sent(&event)) {
                    if !sender.send(event.clone()).await {
                        return;
                    }
                }
            }
        }
    });
    let frames = unfold(receiver, |mut receiver| async move {
        let event = receiver.next().await?;
        Some((Ok(Frame::data(event)), receiver))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Disturbs an answer to long polling; an error where it is lost.
fn poll(body: &Bytes, faults: &Faults) -> anyhow::Result<Bytes> {
    let Ok(text) = std::str::from_utf8(body) else { return Ok(body.clone()) };
    let mut packets = vec![];
    for text in text.split(SEPARATOR) {
        let packet = Packet::of(text);
        if faults.loses(packet) {
            bail!("the answer is lost on purpose");
        }
        packets.extend(std::iter::repeat_n(text, faults.copies(packet)));
    }
    Ok(packets.join(&SEPARATOR.to_string()).into())
}
