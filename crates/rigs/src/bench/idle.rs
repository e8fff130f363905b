//! Idle sockets: their memory, and their CPU time.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::frames::Socket;
use crate::http::Client;
use crate::process::{cpu, cpu_since, memory};

/// Opens the sockets, each joined to one room, and measures for so many seconds.
pub(crate) async fn run(address: &str, sockets: usize, seconds: u64, pid: u32) -> anyhow::Result<()> {
    let client = Client::new(address, 0).await?;
    let mut open = JoinSet::new();
    let (mut at_half, half) = (0, sockets / 2);
    for n in 0..sockets {
        if n == half {
            at_half = settled_memory(pid).await?;
        }
        let mut socket = Socket::upgrade(address, &format!("/chat?token={}", client.token)).await?;
        socket.send_text(&format!(r#"{{"action":"join","roomId":"{}"}}"#, client.room)).await?;
        socket.receive_until(r#""joined""#).await?;
        open.spawn(async move { while socket.receive().await.is_ok() {} });
    }
    // The memory of signing in is in neither or in both.
    let each = settled_memory(pid).await?.saturating_sub(at_half) / u64::try_from(sockets - half)?;
    println!("{sockets} idle sockets: {each} bytes each, of the second half");
    let (used, begun) = (cpu(pid)?, Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let used = cpu_since(pid, used)?;
    let share = used.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    println!("{sockets} idle sockets, heartbeats included: {share:.2} % of a core");
    Ok(())
}

/// Returns the memory of a server after it has had time to free what it no longer needs.
async fn settled_memory(pid: u32) -> anyhow::Result<u64> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    memory(pid)
}
