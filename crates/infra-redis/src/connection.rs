//! The connection to Redis: kept open, closed at the first failure, and opened again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use redis::aio::{ConnectionLike, MultiplexedConnection, SendError};
use redis::{PushInfo, PushKind, RedisResult, Script, ScriptInvocation, Value};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::target::{KeyConnection, Target};

/// Time to open a connection, however many servers are tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time between a failure and the next attempt to connect.
const RECONNECT_DELAY: Duration = Duration::from_millis(250);
/// Interval between pings.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Factor by which pings and publications may take longer than a request.
const BACKGROUND_FACTOR: u32 = 5;

/// Receives published messages. Must not block.
pub(crate) trait MessageHandler: Send + Sync {
    /// Called when a subscription starts: messages before it may be lost.
    fn subscribed(&self);
    /// Called for each message.
    fn message(&self, payload: &[u8]);
}

/// An open connection.
#[derive(Clone)]
struct Connected {
    /// Number of this connection, so that the failure of an earlier one does not close it.
    number: u64,
    keys: KeyConnection,
    pubsub: MultiplexedConnection,
}

/// State that the connection task shares with callers.
struct Inner {
    target: Target,
    /// Time that a request may wait for Redis.
    timeout: Duration,
    channel: String,
    state: watch::Sender<Option<Connected>>,
    /// Set after a timeout, until Redis has answered a ping: requests do not wait for it meanwhile.
    slow: AtomicBool,
    /// Asks for a ping without waiting for the next heartbeat.
    ping_now: Notify,
    handler: OnceLock<Box<dyn MessageHandler>>,
}

/// A client of Redis, which may be up or down. A task keeps the connection open until the client is dropped.
pub struct Redis {
    inner: Arc<Inner>,
    task: AbortHandle,
}

/// A server's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// Its version.
    pub version: String,
    /// True where it copies a master, and takes no writes.
    pub is_replica: bool,
    /// True for a node of a cluster.
    pub is_cluster: bool,
    /// True where the URL names a cluster.
    pub by_cluster_url: bool,
    /// `maxmemory-policy`; `None` where the server does not say.
    pub eviction: Option<String>,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Redis {
    /// Connects in the background, on the current runtime. A request waits for at most `timeout`; after one that did so,
    /// requests do not wait until Redis has answered a ping.
    #[must_use]
    pub fn open(target: Target, timeout: Duration) -> Arc<Self> {
        // Databases have separate keys, but common channels.
        let channel = format!("parlor:{}:events", target.database());
        let inner = Arc::new(Inner {
            target,
            timeout,
            channel,
            state: watch::Sender::new(None),
            slow: AtomicBool::new(false),
            ping_now: Notify::new(),
            handler: OnceLock::new(),
        });
        metrics::gauge!("parlor_bus_up").set(0);
        let task = tokio::spawn(keep_connected(inner.clone())).abort_handle();
        Arc::new(Self { inner, task })
    }

    /// Connects once, as a replica does, and returns the server's description of itself.
    pub async fn examine(target: &Target) -> anyhow::Result<Examination> {
        let answer = timeout(CONNECT_TIMEOUT, async {
            // Push messages need RESP3, which comes with version 6.
            let mut pubsub = target.connect_pubsub(|_| Ok::<(), SendError>(())).await?;
            let mut keys = target.connect_keys().await?;
            redis::cmd("PING").query_async::<()>(&mut keys).await?;
            redis::cmd("INFO").query_async::<String>(&mut pubsub).await
        });
        let silent = || format!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs());
        let info = answer.await.with_context(silent)??;
        let value = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned())
        };
        Ok(Examination {
            version: value("redis_version").unwrap_or_else(|| "unknown".into()),
            is_replica: value("role").is_some_and(|role| role == "slave"),
            is_cluster: value("cluster_enabled").is_some_and(|enabled| enabled == "1"),
            by_cluster_url: target.is_cluster(),
            eviction: value("maxmemory_policy"),
        })
    }

    /// Returns true while Redis is connected.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.inner.state.borrow().is_some()
    }

    /// Waits until Redis is connected, or is not.
    pub async fn wait_until(&self, up: bool) {
        wait_until(&mut self.inner.state.subscribe(), up).await;
    }

    /// Delivers messages to the handler from now on. A second call has no effect.
    pub(crate) fn subscribe(&self, handler: impl MessageHandler + 'static) {
        drop(self.inner.handler.set(Box::new(handler)));
        if let Some(handler) = self.inner.handler.get() {
            // Messages of an open connection had no handler so far.
            handler.subscribed();
        }
    }

    /// Runs a script; `None` where Redis is down, slow or fails.
    pub(crate) async fn run<T: redis::FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        if self.inner.slow.load(Ordering::Relaxed) {
            return None;
        }
        let connected = self.inner.state.borrow().clone()?;
        let mut keys = connected.keys;
        if let Ok(result) = timeout(self.inner.timeout, script.invoke_async(&mut keys)).await {
            return self.inner.check(connected.number, Ok(result));
        }
        self.inner.slow.store(true, Ordering::Relaxed);
        self.inner.ping_now.notify_one();
        None
    }

    /// Publishes messages to all replicas, this one included, in order. Waits while Redis is down; the messages are made
    /// after that. Returns false where the publication failed.
    pub(crate) async fn publish(&self, payloads: impl FnOnce() -> Vec<Vec<u8>>) -> bool {
        let mut state = self.inner.state.subscribe();
        // `Err` is impossible: the sender lives in `inner`.
        let connected = state.wait_for(Option::is_some).await.map(|state| state.clone());
        let Ok(Some(connected)) = connected else { return false };
        let mut pipeline = redis::pipe();
        for payload in payloads() {
            pipeline.cmd("PUBLISH").arg(&self.inner.channel).arg(payload).ignore();
        }
        let mut pubsub = connected.pubsub;
        let limit = self.inner.timeout * BACKGROUND_FACTOR;
        let result = timeout(limit, pipeline.query_async::<()>(&mut pubsub)).await;
        self.inner.check(connected.number, result).is_some()
    }
}

/// Builds a script from its own text and a common beginning.
pub(crate) fn script(common: &str, own: &str) -> Script {
    Script::new(&format!("{common}\n{own}"))
}

impl Inner {
    /// Returns the answer to a command, and closes the connection after any failure: a server that was demoted, is full or
    /// hangs is of no use. A new connection finds a better one, or shows that there is none.
    fn check<T>(
        &self,
        number: u64,
        result: Result<RedisResult<T>, tokio::time::error::Elapsed>,
    ) -> Option<T> {
        match result {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => self.close(number, &error.to_string()),
            Err(_) => self.close(number, "timeout"),
        }
        None
    }

    fn close(&self, number: u64, reason: &str) {
        let closed = self.state.send_if_modified(|state| {
            let current = state.as_ref().is_some_and(|connected| connected.number == number);
            if current {
                *state = None;
            }
            current
        });
        if closed {
            metrics::gauge!("parlor_bus_up").set(0);
            tracing::warn!(reason, "Redis is down; this replica continues without it");
        }
    }

    /// Connects and subscribes. Returns the connection, and the notification of its end.
    async fn connect(self: &Arc<Self>, number: u64) -> anyhow::Result<(Connected, Arc<Notify>)> {
        let ended = Arc::new(Notify::new());
        let (end, inner) = (ended.clone(), Arc::downgrade(self));
        let on_push = move |push: PushInfo| {
            match (push.kind, push.data.get(1), inner.upgrade()) {
                (PushKind::Message, Some(Value::BulkString(payload)), Some(inner)) => {
                    if let Some(handler) = inner.handler.get() {
                        handler.message(payload);
                    }
                }
                (PushKind::Disconnection, ..) => end.notify_one(),
                _ => {}
            }
            Ok::<(), SendError>(())
        };
        let connecting = timeout(CONNECT_TIMEOUT, async {
            let mut keys = self.target.connect_keys().await?;
            ping(&mut keys).await?;
            let mut pubsub = self.target.connect_pubsub(on_push).await?;
            pubsub.subscribe(&self.channel).await?;
            RedisResult::Ok(Connected { number, keys, pubsub })
        });
        Ok((connecting.await??, ended))
    }

    /// Sends heartbeats until the connection ends.
    async fn monitor(&self, connected: &Connected, ended: &Notify) {
        let mut state = self.state.subscribe();
        let (mut keys, mut pubsub) = (connected.keys.clone(), connected.pubsub.clone());
        loop {
            tokio::select! {
                () = wait_until(&mut state, false) => return,
                () = ended.notified() => self.close(connected.number, "the connection ended"),
                () = self.ping_now.notified() => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
            let both = async { tokio::try_join!(ping(&mut keys), ping(&mut pubsub)) };
            let result = timeout(self.timeout * BACKGROUND_FACTOR, both).await;
            if self.check(connected.number, result).is_some() {
                self.slow.store(false, Ordering::Relaxed);
            }
        }
    }
}

/// Waits until Redis is connected, or is not. The sender lives as long as the caller.
async fn wait_until(state: &mut watch::Receiver<Option<Connected>>, up: bool) {
    let _reached = state.wait_for(|state| state.is_some() == up).await.is_ok();
}

async fn ping(connection: &mut (impl ConnectionLike + Send)) -> RedisResult<()> {
    redis::cmd("PING").query_async(connection).await
}

/// Connects, and connects again after each failure.
async fn keep_connected(inner: Arc<Inner>) {
    let mut warned = false;
    for number in 0.. {
        match inner.connect(number).await {
            Ok((connected, ended)) => {
                warned = false;
                inner.slow.store(false, Ordering::Relaxed);
                inner.state.send_replace(Some(connected.clone()));
                metrics::gauge!("parlor_bus_up").set(1);
                tracing::info!("Redis is connected");
                if let Some(handler) = inner.handler.get() {
                    handler.subscribed();
                }
                inner.monitor(&connected, &ended).await;
            }
            // A warning every quarter of a second would flood the log.
            Err(error) if !warned => {
                warned = true;
                tracing::warn!("can't connect to Redis: {error}; retrying");
            }
            Err(_) => {}
        }
        tokio::time::sleep(RECONNECT_DELAY).await;
    }
}
