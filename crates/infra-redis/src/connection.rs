//! The connection to Redis: kept, given up at the first failure, and made again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection, SendError};
use redis::{PushInfo, PushKind, RedisResult, Script, ScriptInvocation, Value};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::target::{Keys, Target};

/// How long a connection may take to be made, however many servers are asked for the way.
const CONNECT: Duration = Duration::from_secs(5);
/// How long after a failure it is made anew.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a silent Redis is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How many times longer it may think about that, and take in what is told, than a request waits.
const SLOWER: u32 = 5;

/// Takes in what is heard. Must not block.
pub(crate) trait Ears: Send + Sync {
    /// Everything that is told from now on is heard.
    fn listening(&self);
    /// Somebody told this to all.
    fn heard(&self, told: &[u8]);
}

/// Redis as it is reached now.
#[derive(Clone)]
struct Up {
    /// Which connection this is, so that none is given up for the failure of one before it.
    number: u64,
    keys: Keys,
    talk: MultiplexedConnection,
}

/// What the connection is made of and for.
struct Line {
    target: Target,
    patience: Duration,
    channel: String,
    state: watch::Sender<Option<Up>>,
    /// Set while nobody should wait for it: it did not answer in time, and has not shown yet that it answers at all.
    slow: AtomicBool,
    doubts: Notify,
    ears: OnceLock<Box<dyn Ears>>,
}

/// Redis, whether it is there or not; a task of its own looks after the connection until this is dropped.
pub struct Redis {
    line: Arc<Line>,
    keeper: AbortHandle,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Redis {
    /// Connects on the current runtime, in the background: it need not be there yet. Who asks waits for at most
    /// `patience`, and then nobody does until Redis has shown that it answers.
    #[must_use]
    pub fn open(target: Target, patience: Duration) -> Arc<Self> {
        // Databases keep keys apart, but not what is told.
        let channel = format!("parlor:{}:events", target.database());
        let line = Arc::new(Line {
            target,
            patience,
            channel,
            state: watch::Sender::new(None),
            slow: AtomicBool::new(false),
            doubts: Notify::new(),
            ears: OnceLock::new(),
        });
        metrics::gauge!("parlor_bus_up").set(0);
        let keeper = tokio::spawn(keep(line.clone())).abort_handle();
        Arc::new(Self { line, keeper })
    }

    /// Connects once and answers what version is there.
    pub async fn probe(target: &Target) -> anyhow::Result<String> {
        let asked = timeout(CONNECT, async {
            // Talking takes RESP3, which comes with version 6.
            let mut talk = target.talk(|_| Ok::<(), SendError>(())).await?;
            let mut keys = target.keys().await?;
            redis::cmd("PING").query_async::<()>(&mut keys).await?;
            redis::cmd("INFO").arg("server").query_async::<String>(&mut talk).await
        });
        let info = asked.await??;
        let line = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
        Ok(line.unwrap_or("unknown").trim().to_owned())
    }

    /// Whether it is there now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.line.state.borrow().is_some()
    }

    /// Waits until it is there, or is not.
    pub async fn until(&self, up: bool) {
        is(&mut self.line.state.subscribe(), up).await;
    }

    /// From now on what is heard goes there. The first one stays.
    pub(crate) fn listen(&self, ears: impl Ears + 'static) {
        drop(self.line.ears.set(Box::new(ears)));
        if let Some(ears) = self.line.ears.get() {
            // Nobody was there to hear what was told before.
            ears.listening();
        }
    }

    /// Runs a script; `None` where Redis is away or not quick enough.
    pub(crate) async fn run<T: redis::FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        if self.line.slow.load(Ordering::Relaxed) {
            return None;
        }
        let up = self.line.state.borrow().clone()?;
        let mut keys = up.keys;
        if let Ok(outcome) = timeout(self.line.patience, script.invoke_async(&mut keys)).await {
            return self.line.judge(up.number, Ok(outcome));
        }
        self.line.slow.store(true, Ordering::Relaxed);
        self.line.doubts.notify_one();
        None
    }

    /// Tells all of it, this replica included, in that order; waits until Redis is there. Answers whether it took them.
    pub(crate) async fn tell(&self, told: impl FnOnce() -> Vec<Vec<u8>>) -> bool {
        let mut state = self.line.state.subscribe();
        // The sender lives in the same structure.
        let Ok(Some(up)) = state.wait_for(Option::is_some).await.map(|up| up.clone()) else { return false };
        let mut pipeline = redis::pipe();
        for one in told() {
            pipeline.cmd("PUBLISH").arg(&self.line.channel).arg(one).ignore();
        }
        let mut talk = up.talk;
        let outcome = timeout(self.line.patience * SLOWER, pipeline.query_async::<()>(&mut talk)).await;
        self.line.judge(up.number, outcome).is_some()
    }
}

/// A script with its keys. What several of them begin with is `shared`.
pub(crate) fn script(shared: &str, own: &str) -> Script {
    Script::new(&format!("{shared}\n{own}"))
}

impl Line {
    /// What came of asking. Whatever fails, the connection is given up: a server that was demoted, is full or hangs is
    /// none to go on with; making it anew finds a better one, or shows that there is none.
    fn judge<T>(
        &self,
        number: u64,
        outcome: Result<RedisResult<T>, tokio::time::error::Elapsed>,
    ) -> Option<T> {
        match outcome {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => self.lose(number, &error.to_string()),
            Err(_) => self.lose(number, "no answer in time"),
        }
        None
    }

    fn lose(&self, number: u64, why: &str) {
        let lost = self.state.send_if_modified(|state| {
            let lost = state.as_ref().is_some_and(|up| up.number == number);
            if lost {
                *state = None;
            }
            lost
        });
        if lost {
            metrics::gauge!("parlor_bus_up").set(0);
            tracing::warn!(why, "Redis is away; this replica goes on by itself");
        }
    }

    async fn connect(self: &Arc<Self>, number: u64) -> anyhow::Result<(Up, Arc<Notify>)> {
        let ended = Arc::new(Notify::new());
        let (end, line) = (ended.clone(), Arc::downgrade(self));
        let ears = move |push: PushInfo| {
            match (push.kind, push.data.get(1), line.upgrade()) {
                (PushKind::Message, Some(Value::BulkString(told)), Some(line)) => {
                    if let Some(ears) = line.ears.get() {
                        ears.heard(told);
                    }
                }
                (PushKind::Disconnection, ..) => end.notify_one(),
                _ => {}
            }
            Ok::<(), SendError>(())
        };
        let made = timeout(CONNECT, async {
            let mut keys = self.target.keys().await?;
            ping(&mut keys).await?;
            let mut talk = self.target.talk(ears).await?;
            talk.subscribe(&self.channel).await?;
            RedisResult::Ok(Up { number, keys, talk })
        });
        Ok((made.await??, ended))
    }

    /// Ends when the connection has.
    async fn watch(&self, up: &Up, ended: &Notify) {
        let (mut state, mut keys, mut talk) = (self.state.subscribe(), up.keys.clone(), up.talk.clone());
        loop {
            tokio::select! {
                () = is(&mut state, false) => return,
                () = ended.notified() => self.lose(up.number, "the connection ended"),
                () = self.doubts.notified() => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
            let both = async { tokio::try_join!(ping(&mut keys), ping(&mut talk)) };
            if self.judge(up.number, timeout(self.patience * SLOWER, both).await).is_some() {
                self.slow.store(false, Ordering::Relaxed);
            }
        }
    }
}

/// Resolves once it is there, or is not. The sender lives as long as whoever waits.
async fn is(state: &mut watch::Receiver<Option<Up>>, up: bool) {
    let _it_is = state.wait_for(|state| state.is_some() == up).await.is_ok();
}

async fn ping(connection: &mut (impl ConnectionLike + Send)) -> RedisResult<()> {
    redis::cmd("PING").query_async(connection).await
}

async fn keep(line: Arc<Line>) {
    let mut said = false;
    for number in 0.. {
        match line.connect(number).await {
            Ok((up, ended)) => {
                said = false;
                line.slow.store(false, Ordering::Relaxed);
                line.state.send_replace(Some(up.clone()));
                metrics::gauge!("parlor_bus_up").set(1);
                tracing::info!("Redis is there");
                if let Some(ears) = line.ears.get() {
                    ears.listening();
                }
                line.watch(&up, &ended).await;
            }
            // Every quarter of a second would be a flood.
            Err(error) if !said => {
                said = true;
                tracing::warn!("Redis can't be reached: {error}; it is tried again until it can");
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
