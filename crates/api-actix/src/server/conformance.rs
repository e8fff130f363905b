//! Echo servers for the protocols' own test suites, on the bridge and the frame handling of the chat itself: the
//! Engine.IO v4 and Socket.IO v5 suites of the protocols' authors, and Autobahn's fuzzing client for `WebSocket`s.

use std::future::ready;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_http::ws::Message;
use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, ResponseError, web};
use actix_ws::AggregatedMessage;
use bytes::Bytes;
use engineioxide::config::EngineIoConfig;
use engineioxide::handler::EngineIoHandler;
use engineioxide::service::{EngineIoService, NotFoundService};
use engineioxide::socket::DisconnectReason;
use engineioxide::{Socket, Str};
use futures_util::StreamExt;
use rmpv::Value;
use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};
use socketioxide::service::SocketIoService;
use tokio::runtime::Handle;

use super::connection::Clients;
use super::http;
use super::serve::ServeOptions;
use crate::http::ApiError;
use crate::http::outgoing::frame;
use crate::http::takeover::Takeover;
use crate::socketio::bridge::{self, Bridge};
use crate::socketio::sessions::EngineSessions;
use crate::websocket::close::{by_hub, received};
use crate::websocket::handshake::{Accepted, accept};
use crate::websocket::outgoing::close;

/// The settings that the suites expect.
const PING_INTERVAL: Duration = Duration::from_millis(300);
const PING_TIMEOUT: Duration = Duration::from_millis(200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const PAYLOAD: u64 = 1_000_000;
/// The largest frame over a WebSocket, with the overhead of Engine.IO.
const MESSAGE: usize = 1_000_000 + 1_024;

/// A delay. The suites' clients receive one packet at a time: of two that arrive together they lose the second. And they measure
/// a session's timeout from when they learn of the session, while it begins a little earlier.
const DELAY: Duration = Duration::from_millis(5);

/// Serves `/socket.io/` (`auth`, `message` → `message-back`, `message-with-ack`, namespace `/custom`), `/engine.io/`
/// (echoes), and `/echo` (a WebSocket that echoes). Call it on a multi-threaded runtime.
pub fn serve(listener: TcpListener) -> std::io::Result<Server> {
    let runtime = Handle::current();
    let sessions = EngineSessions::without_authentication;
    let socketio = web::Data::new(Bridge::new(socketio(), runtime.clone(), Arc::default(), sessions()));
    let engineio = web::Data::new(Bridge::new(engineio(), runtime, Arc::default(), sessions()));
    let options = ServeOptions { workers: 2, grace: Duration::from_secs(30) };
    let clients = Clients::direct(Arc::new(|error: ApiError| error.error_response()));
    http::start(listener, options, clients, move || {
        App::new()
            .wrap(from_fn(delayed))
            .wrap(Cors::permissive())
            .app_data(socketio.clone())
            .app_data(engineio.clone())
            .configure(|config| {
                bridge::mount::<SocketIoService<NotFoundService>, _>(config, ["/socket.io", "/socket.io/"]);
            })
            .configure(|config| {
                bridge::mount::<EngineIoService<Echo, NotFoundService>, _>(
                    config,
                    ["/engine.io", "/engine.io/"],
                );
            })
            .route("/echo", web::get().to(echo))
    })
}

/// Delays the answer that opens a session by long polling.
async fn delayed(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let query = request.query_string();
    let opens = query.contains("transport=polling") && !query.contains("sid=");
    let answer = next.call(request).await?;
    if opens {
        tokio::time::sleep(DELAY).await;
    }
    Ok(answer)
}

fn socketio() -> SocketIoService<NotFoundService> {
    async fn greet(socket: SocketRef, Data(auth): Data<Value>) {
        // Handled without a future, so in the order of packets.
        socket.on("message", |socket: SocketRef, Data::<Arguments>(data)| {
            answer(&socket, "message-back", &data);
            ready(())
        });
        socket.on("message-with-ack", |Data::<Arguments>(data), ack: AckSender| {
            let _gone = ack.send(&data);
            ready(())
        });
        tokio::time::sleep(DELAY).await;
        answer(&socket, "auth", &auth);
    }
    let (service, io) = SocketIo::builder()
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .max_payload(PAYLOAD)
        .ws_max_message_size(MESSAGE)
        .ws_max_frame_size(MESSAGE)
        .build_svc();
    io.ns("/", greet);
    io.ns("/custom", greet);
    service
}

fn answer(socket: &SocketRef, event: &str, data: &impl Serialize) {
    // A client that is gone needs no answer.
    let _gone = socket.emit(event, data);
}

/// All arguments of an event: socketioxide deserialises a tuple from several, anything else from the first.
struct Arguments(Vec<Value>);

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Arguments;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("arguments")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut arguments: A) -> Result<Arguments, A::Error> {
                let mut all = vec![];
                while let Some(argument) = arguments.next_element()? {
                    all.push(argument);
                }
                Ok(Arguments(all))
            }
        }
        deserializer.deserialize_tuple(1, All)
    }
}

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for argument in &self.0 {
            tuple.serialize_element(argument)?;
        }
        tuple.end()
    }
}

fn engineio() -> EngineIoService<Echo, NotFoundService> {
    let config = EngineIoConfig::builder()
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT)
        .max_payload(PAYLOAD)
        .ws_max_message_size(MESSAGE)
        .ws_max_frame_size(MESSAGE)
        .build();
    EngineIoService::with_config(Arc::new(Echo), config)
}

#[derive(Debug)]
struct Echo;

impl EngineIoHandler for Echo {
    type Data = ();

    fn on_connect(self: Arc<Self>, _: Arc<Socket<()>>) {}

    fn on_disconnect(&self, _: Arc<Socket<()>>, _: DisconnectReason) {}

    fn on_message(self: &Arc<Self>, text: Str, socket: Arc<Socket<()>>) {
        let _gone = socket.emit(text);
    }

    fn on_binary(self: &Arc<Self>, data: Bytes, socket: Arc<Socket<()>>) {
        let _gone = socket.emit_binary(data);
    }
}

/// Echoes messages, within the limits of the chat's WebSocket.
async fn echo(request: HttpRequest, body: web::Payload) -> Result<HttpResponse, ApiError> {
    let Accepted { response, mut stream, outgoing } = accept(&request, body, Takeover::claim(&request)?)?;
    actix_web::rt::spawn(async move {
        let end = loop {
            let reply = match received(stream.next().await) {
                Ok(AggregatedMessage::Text(text)) => Message::Text(text),
                Ok(AggregatedMessage::Binary(bytes)) => Message::Binary(bytes),
                Ok(AggregatedMessage::Ping(bytes)) => Message::Pong(bytes),
                Ok(AggregatedMessage::Pong(_) | AggregatedMessage::Close(_)) => continue,
                Err(end) => break end,
            };
            if let Err(end) = outgoing.send(frame(reply)).await {
                break Some(by_hub(end));
            }
        };
        close(&outgoing, end);
    });
    Ok(response)
}
