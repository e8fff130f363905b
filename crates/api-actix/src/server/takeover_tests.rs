//! Taking connections over, on real sockets.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpResponse, ResponseError, rt};
use tokio::io::AsyncReadExt;

use actix_web::{HttpRequest, web};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::connection::Clients;
use super::serve::ServeOptions;
use crate::http::ApiError;
use crate::http::takeover::{Takeover, end, read_already};

/// Answers how many bytes follow the request, or refuses for the query `refuse`.
async fn count(request: HttpRequest, body: web::Payload) -> Result<HttpResponse, ApiError> {
    let claim = Takeover::claim(&request)?;
    // HTTP runs, and would read on.
    for _ in 0..500 {
        tokio::task::yield_now().await;
    }
    if request.query_string() == "refuse" {
        return Err(ApiError::bad_request("no".to_owned()));
    }
    let body = claim.body(|connection| async move {
        let (mut reading, mut writing) = connection.into_split();
        let (early, mut rest) = (read_already(body).map(|bytes| bytes.len()).sum::<usize>(), vec![]);
        reading.read_to_end(&mut rest).await.unwrap();
        writing.write_all(format!("{} bytes", early + rest.len()).as_bytes()).await.unwrap();
        end(writing).await;
    });
    Ok(HttpResponse::SwitchingProtocols().upgrade("websocket").body(body))
}

/// Returns the answer to a request with so many bytes after it.
fn answer(query: &str, after: usize) -> String {
    let head =
        format!("GET /{query} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    rt::System::new().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions { workers: 1, grace: Duration::ZERO };
        let app = || App::new().route("/", web::get().to(count));
        let clients = Clients::direct(Arc::new(|error: ApiError| error.error_response()));
        let server = super::http::start(listener, options, clients, app).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
        rt::spawn(async move {
            let all = [head.as_bytes(), &vec![b'x'; after]].concat();
            writing.write_all(&all).await.unwrap();
            writing.shutdown().await.unwrap();
        });
        let mut received = String::new();
        reading.read_to_string(&mut received).await.unwrap();
        handle.stop(false).await;
        received
    })
}

#[test]
fn bytes_after_the_request_are_for_the_next_owner_however_many_and_early() {
    for after in [0, 1, 100_000, 2_000_000] {
        let received = answer("", after);
        assert!(received.ends_with(&format!("\r\n\r\n{after} bytes")), "after {after}: {received}");
    }
}

#[test]
fn a_dropped_claim_leaves_the_connection_to_http() {
    let received = answer("?refuse", 0);
    assert!(received.starts_with("HTTP/1.1 400"), "{received}");
}
