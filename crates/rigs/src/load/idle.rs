//! Sockets that are open and say nothing.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::frames::Socket;
use crate::http::Client;
use crate::process::{cpu, cpu_since, memory};

/// Opens them, each a member of one room that listens to it, and watches for so long.
pub(crate) async fn run(address: &str, sockets: usize, seconds: u64, pid: u32) -> anyhow::Result<()> {
    let client = Client::new(address, 0).await?;
    let mut open = JoinSet::new();
    let (mut half, few) = (0, sockets / 2);
    for n in 0..sockets {
        if n == few {
            half = settled(pid).await?;
        }
        let mut socket = Socket::upgrade(address, &format!("/chat?token={}", client.token)).await?;
        socket.say(&format!(r#"{{"action":"join","roomId":"{}"}}"#, client.room)).await?;
        socket.hear_until(r#""joined""#).await?;
        open.spawn(async move { while socket.hear().await.is_ok() {} });
    }
    // What signing in took is in neither or in both.
    let each = settled(pid).await?.saturating_sub(half) / u64::try_from(sockets - few)?;
    println!("{sockets} idle sockets: {each} bytes each, of the second half");
    let (used, begun) = (cpu(pid)?, Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let used = cpu_since(pid, used)?;
    let share = used.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    println!("{sockets} idle sockets, heartbeats included: {share:.2} % of a core");
    Ok(())
}

/// The memory of a server that has had time to give back what it needs no more.
async fn settled(pid: u32) -> anyhow::Result<u64> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    memory(pid)
}
