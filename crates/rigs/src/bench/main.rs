//! Puts a running server under load and prints what it sustained: `bench --help`. The server must have its limits off.
#![expect(clippy::print_stdout, reason = "prints what it measured")]

mod bare;
mod fan_out;
mod frames;
mod http;
mod idle;
mod process;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench", about = "Puts a server under load and prints what it sustained")]
enum Bench {
    /// Sends and history pages over HTTP.
    Http { address: String, clients: usize, seconds: u64 },
    /// Opens idle sockets of Parlor; prints the memory of each, and the CPU time of all of them.
    Idle { address: String, sockets: usize, seconds: u64, pid: u32 },
    /// Sends messages to so many receivers in one room; prints the CPU time and the latency of a delivery.
    FanOut {
        #[command(subcommand)]
        server: Server,
        #[arg(long, global = true, default_value_t = 1_000)]
        receivers: usize,
        #[arg(long, global = true, default_value_t = 400)]
        messages: usize,
        /// The id of the server's process.
        #[arg(long, global = true, default_value_t = 0)]
        pid: u32,
    },
    /// Runs a server that does nothing but write each message to each receiver, one write(2) for each.
    Bare { receivers: usize },
}

/// The server that the receivers connect to.
#[derive(Clone, Subcommand)]
enum Server {
    /// Parlor, by WebSocket.
    Parlor { address: String },
    /// Socket.IO's official server with the application `node/server.mjs`.
    Node { address: String },
    /// The server of `bench bare`.
    Bare { address: String },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Bench::parse() {
        Bench::Http { address, clients, seconds } => http::run(&address, clients, seconds).await,
        Bench::Idle { address, sockets, seconds, pid } => idle::run(&address, sockets, seconds, pid).await,
        Bench::FanOut { server, receivers, messages, pid } => {
            fan_out::run(&server, receivers, messages, pid).await
        }
        Bench::Bare { receivers } => bare::serve(receivers),
    }
}
