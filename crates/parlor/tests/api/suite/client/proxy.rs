//! A TCP proxy in front of a server, whose connections a test can cut.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A proxy that ends with its test.
pub(super) struct Proxy {
    pub(super) url: String,
    cuts: watch::Sender<u64>,
    server: watch::Sender<SocketAddr>,
}

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

impl Proxy {
    pub(super) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url_here = format!("http://{}", listener.local_addr().unwrap());
        let (cuts, server) = (watch::Sender::new(0), watch::Sender::new(address(url)));
        let (cut, target) = (cuts.subscribe(), server.subscribe());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, *target.borrow(), cut.clone()));
            }
        });
        Self { url: url_here, cuts, server }
    }

    /// Cuts every connection, in the middle of whatever it carries.
    pub(super) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Leads new connections to another address.
    pub(super) fn lead_to(&self, url: &str) {
        self.server.send_replace(address(url));
    }
}

/// Copies bytes both ways until either side ends or the connection is cut.
async fn forward(mut client: TcpStream, server: SocketAddr, mut cut: watch::Receiver<u64>) {
    cut.mark_unchanged();
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        _ended = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _cut = cut.changed() => {}
    }
}
