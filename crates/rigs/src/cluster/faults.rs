//! What breaks while everybody talks, in this order.

use std::time::{Duration, Instant};

use crate::stage::Stage;

/// How many rests a play has.
pub(crate) const RESTS: u32 = 9;

/// Plays every fault, with rests between them.
pub(crate) async fn play(stage: &mut Stage, rest: Duration) -> anyhow::Result<()> {
    for at in 0..stage.replicas.len() {
        let (name, begun) = (stage.replicas[at].name(), Instant::now());
        stage.say(&format!("rolling restart: {name} is told to end"));
        stage.replicas[at].drain().await?;
        let ended = begun.elapsed().as_secs_f64();
        stage.replicas[at].start().await?;
        let back = begun.elapsed().as_secs_f64();
        stage.say(&format!(
            "rolling restart: {name} ended after {ended:.1} s, and was back after {back:.1} s"
        ));
        tokio::time::sleep(rest).await;
    }
    let name = stage.replicas[1].name();
    stage.say(&format!("{name} is killed"));
    stage.replicas[1].kill().await?;
    tokio::time::sleep(rest).await;
    stage.replicas[1].start().await?;
    stage.say(&format!("{name} is back"));
    tokio::time::sleep(rest).await;

    stage.say("Redis is killed");
    stage.redis.kill()?;
    tokio::time::sleep(rest).await;
    stage.redis.resume()?;
    stage.say("Redis is back, and empty");
    stage.all_ready().await?;
    stage.say("every replica has found Redis again");
    tokio::time::sleep(rest).await;

    stage.say("nginx is reloaded; its old workers go");
    stage.nginx.reload()?;
    tokio::time::sleep(rest).await;
    Ok(())
}
