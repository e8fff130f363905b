//! Echo servers for the protocols' own test suites:
//! `cargo run -p api-actix --features conformance --example conformance -- 127.0.0.1:3000`
#![expect(clippy::print_stdout, reason = "says where it listens")]

use std::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    api_actix::conformance::serve(listener)?.await
}
