//! Connections of HTTP/1 on real sockets: each answer by its own request, whatever comes before and after it.

mod crowds;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::{self, HeaderName};
use actix_web::middleware::Compress;
use actix_web::{App, HttpResponse, ResponseError, rt, web};
use bytes::Bytes;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connection::{Clients, Standard};
use super::serve::ServeOptions;
use crate::http::ApiError;

/// More than the server collects before it writes, and compressible.
const LONG: usize = 100_000;

/// The headers that answers get.
static STANDARD: Standard = Standard { always: "x-always: yes\r\n", unless_there: &FRAMES };
static FRAMES: [(HeaderName, &str); 1] = [(header::X_FRAME_OPTIONS, "x-frame-options: DENY\r\n")];

/// Answers whatever was sent.
async fn echo(body: Bytes) -> Bytes {
    body
}

/// Answers before the body is read.
async fn early() -> HttpResponse {
    HttpResponse::Forbidden().insert_header((header::X_FRAME_OPTIONS, "SAMEORIGIN")).body("no")
}

/// Answers in two parts of unknown length.
async fn parts() -> HttpResponse {
    let parts = ["one ", "two"].map(|part| Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes())));
    HttpResponse::Ok().streaming(stream::iter(parts))
}

struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions { workers: 1, grace: Duration::from_secs(5) };
        let app = || {
            App::new()
                .wrap(Compress::default())
                .route("/long", web::route().to(|| async { "x".repeat(LONG) }))
                .route("/short", web::route().to(|| async { "short" }))
                .route("/none", web::route().to(|| async { HttpResponse::NoContent().finish() }))
                .route("/parts", web::route().to(parts))
                .route("/early", web::route().to(early))
                .route("/echo", web::route().to(echo))
        };
        let refuse = Arc::new(|error: ApiError| error.error_response());
        let clients = Clients { standard: STANDARD, ..Clients::direct(refuse) };
        let server = super::http::start(listener, options, clients, app).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        Self { address, handle }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes in one segment, ends the sending side, and returns everything that comes back.
    async fn exchange(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        rest(&mut stream).await
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut received = vec![];
    stream.read_to_end(&mut received).await.unwrap();
    String::from_utf8_lossy(&received).into_owned()
}

/// Reads until these words have come.
async fn until(stream: &mut TcpStream, words: &str) -> String {
    let mut received = String::new();
    while !received.contains(words) {
        let mut chunk = vec![0; 1024];
        let read = stream.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the connection ended after {received}");
        received.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
    received
}

fn run(test: impl Future<Output = ()>) {
    let limited = async { tokio::time::timeout(Duration::from_secs(20), test).await };
    assert!(rt::System::new().block_on(limited).is_ok(), "the server did not answer");
}

fn request(line: &str, headers: &str) -> String {
    format!("{line}\r\nHost: here\r\n{headers}\r\n")
}

/// Splits answers with `content-length` into status and body; those to HEAD have none.
fn answers<'a>(mut text: &'a str, methods: &[&str]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![];
    for method in methods {
        let (head, rest) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {method} in {text:.300}"));
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        let (body, rest) = rest.split_at(if *method == "HEAD" { 0 } else { length });
        all.push((head.split(' ').nth(1).unwrap(), body));
        text = rest;
    }
    assert_eq!(text, "", "more than {} answers", methods.len());
    all
}

#[test]
fn pipelined_requests_are_answered_each_by_its_own_method() {
    run(async {
        let server = Server::start();
        let orders: [&[&str]; 4] =
            [&["GET", "HEAD"], &["HEAD", "GET"], &["GET", "HEAD", "GET", "HEAD"], &["HEAD", "HEAD", "GET"]];
        for (path, body) in [("/short", "short".to_owned()), ("/long", "x".repeat(LONG))] {
            for methods in orders {
                let all: String =
                    methods.iter().map(|method| request(&format!("{method} {path} HTTP/1.1"), "")).collect();
                let received = server.exchange(&all).await;
                for (method, (status, found)) in methods.iter().zip(answers(&received, methods)) {
                    assert_eq!(status, "200");
                    assert_eq!(found, if *method == "HEAD" { "" } else { &body }, "{method} of {methods:?}");
                }
            }
        }
    });
}

#[test]
fn pipelined_bodies_end_where_their_own_headers_say() {
    run(async {
        let server = Server::start();
        let sized = request("POST /echo HTTP/1.1", "Content-Length: 5\r\n") + "first";
        let chunked = request("POST /echo HTTP/1.1", "Transfer-Encoding: chunked\r\n")
            + "3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n";
        let unread = request("POST /short HTTP/1.1", "Content-Length: 5\r\n") + "GET /";
        let all = [&sized, &chunked, &unread, &sized].map(String::as_str).concat();
        let received = server.exchange(&all).await;
        let bodies = answers(&received, &["POST"; 4]).into_iter().map(|(_, body)| body);
        assert_eq!(bodies.collect::<Vec<_>>(), ["first", "second", "short", "first"]);
    });
}

#[test]
fn an_upgrade_that_nobody_takes_changes_nothing() {
    run(async {
        let server = Server::start();
        for upgrade in ["websocket", "h2c", "WebSocket, h2c", "x"] {
            let headers = format!("Upgrade: {upgrade}\r\nConnection: upgrade\r\n");
            let post = request("POST /echo HTTP/1.1", &format!("{headers}Content-Length: 4\r\n")) + "body";
            let get = request("GET /short HTTP/1.1", &headers);
            let received = server.exchange(&[&*post, &get, &post].concat()).await;
            let bodies = answers(&received, &["POST", "GET", "POST"]).into_iter().map(|(_, body)| body);
            assert_eq!(bodies.collect::<Vec<_>>(), ["body", "short", "body"], "{upgrade}");
            let zipped = server
                .exchange(&request("GET /long HTTP/1.1", &format!("{headers}Accept-Encoding: gzip\r\n")))
                .await;
            let (head, body) = zipped.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("transfer-encoding: chunked"), "{head}");
            assert!(body.ends_with("\r\n0\r\n\r\n"), "{upgrade}: no chunks");
        }
    });
}

#[test]
fn http_1_0_gets_no_chunks() {
    run(async {
        let server = Server::start();
        for (line, headers, expected) in [
            ("GET /parts HTTP/1.0", "", "one two"),
            ("GET /parts HTTP/1.0", "Connection: keep-alive\r\n", "one two"),
            ("GET /short HTTP/1.0", "", "short"),
        ] {
            // The sending side stays open: it is the server that ends the connection.
            let mut stream = server.connect().await;
            stream.write_all(request(line, headers).as_bytes()).await.unwrap();
            let received = rest(&mut stream).await;
            let (head, body) = received.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.0 200") && !head.contains("chunked"), "{head}");
            assert_eq!(body, expected);
        }
        let zipped = server.exchange(&request("GET /long HTTP/1.0", "Accept-Encoding: gzip\r\n")).await;
        assert!(zipped.contains("content-encoding: gzip") && !zipped.contains("chunked"), "{zipped:.300}");
        let open = request("GET /short HTTP/1.0", "Connection: keep-alive\r\n").repeat(2);
        let received = server.exchange(&open).await;
        assert_eq!(received.matches("connection: keep-alive").count(), 2, "{received}");
    });
}

#[test]
fn head_has_the_head_of_get() {
    run(async {
        let server = Server::start();
        for (path, length) in [("/short", Some("content-length: 5")), ("/none", None), ("/parts", None)] {
            let received = server.exchange(&request(&format!("HEAD {path} HTTP/1.1"), "")).await;
            let (head, body) = received.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, "", "{path}");
            assert_eq!(head.lines().find(|line| line.starts_with("content-length")), length, "{path}");
        }
    });
}

#[test]
fn a_client_that_waits_is_told_to_send_its_body_only_if_it_is_read() {
    run(async {
        let server = Server::start();
        let head = |path: &str| {
            request(&format!("POST {path} HTTP/1.1"), "Content-Length: 4\r\nExpect: 100-continue\r\n")
        };
        let mut stream = server.connect().await;
        stream.write_all(head("/echo").as_bytes()).await.unwrap();
        assert_eq!(until(&mut stream, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"body").await.unwrap();
        assert!(until(&mut stream, "body").await.starts_with("HTTP/1.1 200"));
        let mut stream = server.connect().await;
        stream.write_all(head("/early").as_bytes()).await.unwrap();
        let received = rest(&mut stream).await;
        assert!(received.starts_with("HTTP/1.1 403") && received.contains("connection: close"), "{received}");
        let at_once = head("/echo") + "body";
        assert!(server.exchange(&at_once).await.starts_with("HTTP/1.1 200"), "nobody waits");
    });
}

#[test]
fn a_refusal_arrives_although_its_body_was_not_read() {
    run(async {
        let server = Server::start();
        let mut stream = server.connect().await;
        let head = request("POST /early HTTP/1.1", "Content-Length: 1000000\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // More than the buffers of both systems is never taken; what is left must not reset the connection.
        let (mut reading, mut writing) = stream.split();
        let sending = async { writing.write_all(&vec![b'x'; 1_000_000]).await };
        let mut received = String::new();
        let (_sent, read) = tokio::join!(sending, reading.read_to_string(&mut received));
        read.unwrap();
        assert!(received.starts_with("HTTP/1.1 403") && received.ends_with("no"), "{received}");
    });
}

#[test]
fn what_is_no_request_is_refused_in_words() {
    run(async {
        let server = Server::start();
        let get = request("GET /short HTTP/1.1", "");
        for (bytes, status, code) in [
            ("hello\r\n\r\n".to_owned(), "400", "VALIDATION_FAILED"),
            ("GET /short HTTP/1.1\r\n\r\n".to_owned(), "400", "VALIDATION_FAILED"),
            (request("GET /short HTTP/1.1", "Content-Length: x\r\n"), "400", "VALIDATION_FAILED"),
            (
                request("GET /short HTTP/1.1", &format!("X: {}\r\n", "x".repeat(200_000))),
                "431",
                "HEADERS_TOO_LARGE",
            ),
        ] {
            for before in ["", &get] {
                let received = server.exchange(&[before, &*bytes].concat()).await;
                let start = received.find(&format!("HTTP/1.1 {status}"));
                let refusal = &received[start.unwrap_or_else(|| panic!("no {status}: {received:.400}"))..];
                assert!(refusal.contains("connection: close\r\n") && refusal.contains(code), "{refusal}");
            }
        }
    });
}

#[test]
fn a_stop_ends_idle_connections_and_lets_answers_finish() {
    run(async {
        let server = Server::start();
        let mut idle = server.connect().await;
        idle.write_all(request("GET /short HTTP/1.1", "").as_bytes()).await.unwrap();
        until(&mut idle, "short").await;
        let mut busy = server.connect().await;
        busy.write_all(
            request("POST /echo HTTP/1.1", "Content-Length: 4\r\nExpect: 100-continue\r\n").as_bytes(),
        )
        .await
        .unwrap();
        until(&mut busy, "100 Continue").await;
        let stopping = server.handle.stop(true);
        assert_eq!(rest(&mut idle).await, "");
        busy.write_all(b"last").await.unwrap();
        let received = rest(&mut busy).await;
        assert!(received.contains("connection: close") && received.ends_with("last"), "{received}");
        stopping.await;
    });
}

#[test]
fn answers_get_the_standard_headers_that_they_do_not_have() {
    run(async {
        let server = Server::start();
        for (path, frames) in [("/short", "DENY"), ("/early", "SAMEORIGIN"), ("/unknown", "DENY")] {
            let answer = server.exchange(&request(&format!("GET {path} HTTP/1.1"), "")).await;
            assert_eq!(answer.matches("x-frame-options").count(), 1, "{answer}");
            assert_eq!(answer.matches("x-always: yes\r\n").count(), 1, "{answer}");
            assert!(answer.contains(&format!("\r\nx-frame-options: {frames}\r\n")), "{answer}");
        }
    });
}
