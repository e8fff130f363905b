//! Connections that change hands, over real sockets.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, rt};
use tokio::io::AsyncReadExt;

use actix_web::{HttpRequest, web};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::serve::ServeOptions;
use crate::http::ApiError;
use crate::http::takeover::{Takeover, end, read_already};

/// Says how many bytes follow the request; or, where it is asked to, that it won't.
async fn count(request: HttpRequest, body: web::Payload) -> Result<HttpResponse, ApiError> {
    let claim = Takeover::claim(&request)?;
    // HTTP has its turn, and would read on.
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

/// What the server answers to a request with so many bytes after it.
fn answer(query: &str, after: usize) -> String {
    let head =
        format!("GET /{query} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    rt::System::new().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions { workers: 1, grace: Duration::ZERO };
        let app = || App::new().route("/", web::get().to(count));
        let server = super::http::start(listener, options, app).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
        rt::spawn(async move {
            let all = [head.as_bytes(), &vec![b'x'; after]].concat();
            writing.write_all(&all).await.unwrap();
            writing.shutdown().await.unwrap();
        });
        let mut heard = String::new();
        reading.read_to_string(&mut heard).await.unwrap();
        handle.stop(false).await;
        heard
    })
}

#[test]
fn whatever_follows_the_request_is_for_the_next_however_much_and_early() {
    for after in [0, 1, 100_000, 2_000_000] {
        let heard = answer("", after);
        assert!(heard.ends_with(&format!("\r\n\r\n{after} bytes")), "after {after}: {heard}");
    }
}

#[test]
fn a_claim_that_comes_to_nothing_leaves_the_connection_to_http() {
    let heard = answer("?refuse", 0);
    assert!(heard.starts_with("HTTP/1.1 400"), "{heard}");
}
