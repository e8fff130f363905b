//! Answers that a client does not read, on real sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, ResponseError, rt, web};
use bytes::Bytes;
use futures_util::stream;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::connection::{Bounds, Clients, Unread};
use super::serve::ServeOptions;
use crate::http::ApiError;

/// The length of a piece of the answer, of which several fit into the buffers of the system.
const PIECE: usize = 800_000;
const AN_HOUR: Duration = Duration::from_hours(1);

/// Reports when it is dropped.
struct Dropped(UnboundedSender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _test_over = self.0.send(());
    }
}

/// Answers without end.
async fn endless(dropped: web::Data<UnboundedSender<()>>) -> HttpResponse {
    let state = (Bytes::from(vec![b'x'; PIECE]), Dropped(dropped.get_ref().clone()));
    let pieces = stream::unfold(state, |(piece, dropped)| async move {
        Some((Ok::<_, io::Error>(piece.clone()), (piece, dropped)))
    });
    HttpResponse::Ok().streaming(pieces)
}

/// A server of answers without end, and a channel that reports each that it gave up.
struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    given_up: UnboundedReceiver<()>,
}

impl Server {
    fn with(bounds: Bounds) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions { workers: 1, grace: Duration::ZERO };
        let (sender, given_up) = mpsc::unbounded_channel();
        let app =
            move || App::new().app_data(web::Data::new(sender.clone())).route("/", web::get().to(endless));
        let clients = Clients::direct(Arc::new(|error: ApiError| error.error_response()));
        let clients = Clients { unread: Arc::new(Unread::within(bounds)), ..clients };
        let server = super::http::start(listener, options, clients, app).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        Self { address, handle, given_up }
    }

    /// Sends a request and leaves its answer unread.
    async fn ask(&self) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").await.unwrap();
        connection
    }
}

fn run(test: impl Future<Output = ()>) {
    let limited = async { tokio::time::timeout(Duration::from_secs(20), test).await };
    assert!(rt::System::new().block_on(limited).is_ok(), "the server gave no answer up");
}

#[test]
fn an_answer_that_is_not_read_in_time_is_given_up() {
    run(async {
        let bounds = Bounds { time: Duration::from_millis(50), bytes_a_second: u32::MAX, bytes: usize::MAX };
        let mut server = Server::with(bounds);
        let _unread = server.ask().await;
        server.given_up.recv().await.unwrap();
        server.handle.stop(false).await;
    });
}

#[test]
fn the_answers_that_a_client_leaves_unread_are_bounded_together() {
    run(async {
        let bounds = Bounds { time: AN_HOUR, bytes_a_second: 1, bytes: 2 * PIECE + PIECE / 2 };
        let mut server = Server::with(bounds);
        let _unread = (server.ask().await, server.ask().await, server.ask().await);
        server.given_up.recv().await.unwrap();
        // The other two wait.
        assert!(server.given_up.try_recv().is_err());
        server.handle.stop(false).await;
    });
}
