//! The faults, one after the other, while everybody sends and receives.

use std::time::{Duration, Instant};

use crate::environment::Environment;

/// The number of rests between the faults.
pub(crate) const RESTS: u32 = 9;

/// Injects every fault, with rests between them.
pub(crate) async fn inject(environment: &mut Environment, rest: Duration) -> anyhow::Result<()> {
    for at in 0..environment.replicas.len() {
        let (name, begun) = (environment.replicas[at].name(), Instant::now());
        environment.log(&format!("rolling restart: {name} shuts down"));
        environment.replicas[at].drain().await?;
        let ended = begun.elapsed().as_secs_f64();
        environment.replicas[at].start().await?;
        let back = begun.elapsed().as_secs_f64();
        environment.log(&format!(
            "rolling restart: {name} ended after {ended:.1} s, and was back after {back:.1} s"
        ));
        tokio::time::sleep(rest).await;
    }
    let name = environment.replicas[1].name();
    environment.log(&format!("{name} is killed"));
    environment.replicas[1].kill().await?;
    tokio::time::sleep(rest).await;
    environment.replicas[1].start().await?;
    environment.log(&format!("{name} is back"));
    tokio::time::sleep(rest).await;

    environment.log("Redis is killed");
    environment.redis.kill()?;
    tokio::time::sleep(rest).await;
    environment.redis.resume()?;
    environment.log("Redis is back, and empty");
    environment.wait_until_ready().await?;
    environment.log("every replica has reconnected to Redis");
    tokio::time::sleep(rest).await;

    environment.log("nginx is reloaded; its old workers go");
    environment.nginx.reload()?;
    tokio::time::sleep(rest).await;
    Ok(())
}
