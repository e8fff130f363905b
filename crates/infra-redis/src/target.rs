//! What the URL names: one server, one that sentinels know, or a cluster.

use std::fmt;
use std::time::Duration;

use redis::aio::{AsyncPushSender, ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo, Pipeline,
    ProtocolVersion, RedisFuture, RedisResult, TlsMode, Value,
};
use tokio::sync::Mutex;

/// Where Redis is. Knows the password, and does not show it.
pub struct Target {
    servers: Servers,
    database: i64,
}

enum Servers {
    One(Client),
    Sentinel(Mutex<SentinelClient>),
    /// And each node that the URL names: what one of them is told to all, all of them hear.
    Cluster(ClusterClient, Vec<Client>),
}

/// A connection by which keys are reached.
#[derive(Clone)]
pub(crate) enum Keys {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target(…)")
    }
}

/// Why a text names no Redis.
fn no_url(detail: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "must be redis://<host>, redis+sentinel://<host>,<host>/<master> or redis+cluster://<host>,<host> \
         (rediss… with TLS): {detail}"
    )
}

impl Target {
    /// Reads `redis://user:password@host:port/database`; `redis+sentinel://user:password@host,host/master/database`, with
    /// `?sentinel_password=…` where the sentinels have one; or `redis+cluster://user:password@host,host`. With `rediss`
    /// the wire is TLS. Does not connect.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| no_url("it has no ://"))?;
        let (transport, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        if !["redis", "rediss"].contains(&transport) {
            return Err(no_url(&format!("{scheme} is none of these")));
        }
        let read = match kind {
            "" => one(&format!("{transport}://{rest}")),
            "sentinel" => sentinel(transport, rest),
            "cluster" => cluster(transport, rest),
            _ => return Err(no_url(&format!("{scheme} is none of these"))),
        };
        // What the crate says of a URL that it can't read does not repeat it.
        read.map_err(|error| no_url(&error.to_string()))
    }

    /// The number of the database, which keeps several installations on one server apart.
    pub(crate) fn database(&self) -> i64 {
        self.database
    }

    /// A new connection for keys.
    pub(crate) async fn keys(&self) -> RedisResult<Keys> {
        Ok(match &self.servers {
            Servers::Cluster(client, _) => Keys::Cluster(client.get_async_connection().await?),
            _ => Keys::One(self.connect(&config()).await?),
        })
    }

    /// A new connection for what is told to all, with what takes in what is heard on it.
    pub(crate) async fn talk(&self, ears: impl AsyncPushSender) -> RedisResult<MultiplexedConnection> {
        self.connect(&config().set_push_sender(ears)).await
    }

    /// A connection to the one server, or to the first of the cluster's that answers.
    async fn connect(&self, config: &AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        match &self.servers {
            Servers::One(client) => client.get_multiplexed_async_connection_with_config(config).await,
            Servers::Sentinel(client) => client.lock().await.get_async_connection_with_config(config).await,
            Servers::Cluster(_, nodes) => {
                let mut answer = Err(NO_NODE.into());
                for node in nodes {
                    answer = node.get_multiplexed_async_connection_with_config(config).await;
                    if answer.is_ok() {
                        break;
                    }
                }
                answer
            }
        }
    }
}

/// How long an answer may take is for who asks to say.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(None)
}

/// The same for a cluster, which wants to be told something.
const LONG: Duration = Duration::from_secs(5);
const NO_NODE: (ErrorKind, &str) = (ErrorKind::InvalidClientConfig, "the URL names no node");

/// What is heard comes by RESP3.
fn resp3(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(settings))
}

fn one(url: &str) -> RedisResult<Target> {
    let info = resp3(url)?;
    let database = info.redis_settings().db();
    Ok(Target { servers: Servers::One(Client::open(info)?), database })
}

/// Credentials with their `@`, and the hosts behind them.
fn authority(text: &str) -> (&str, Vec<&str>) {
    let (credentials, hosts) = text.rfind('@').map_or(("", text), |at| text.split_at(at + 1));
    (credentials, hosts.split(',').filter(|host| !host.is_empty()).collect())
}

fn sentinel(transport: &str, rest: &str) -> RedisResult<Target> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (master, database) = path.split_once('/').unwrap_or((path, ""));
    let (credentials, hosts) = authority(place);
    if master.is_empty() || hosts.is_empty() {
        return Err((ErrorKind::InvalidClientConfig, "sentinels and a master must be named").into());
    }
    let password = query.strip_prefix("sentinel_password=").unwrap_or_default();
    let theirs = if password.is_empty() { String::new() } else { format!(":{password}@") };
    let sentinels = hosts.iter().map(|host| {
        let host = if host.contains(':') { (*host).to_owned() } else { format!("{host}:26379") };
        format!("{transport}://{theirs}{host}").into_connection_info()
    });
    // The address is the sentinels' to say.
    let server = resp3(&format!("{transport}://{credentials}master/{database}"))?;
    let mut node =
        SentinelNodeConnectionInfo::default().set_redis_connection_info(server.redis_settings().clone());
    if transport == "rediss" {
        node = node.set_tls_mode(TlsMode::Secure);
    }
    let sentinels = sentinels.collect::<RedisResult<Vec<_>>>()?;
    let client = SentinelClient::build(sentinels, master, Some(node), SentinelServerType::Master)?;
    let database = server.redis_settings().db();
    Ok(Target { servers: Servers::Sentinel(Mutex::new(client)), database })
}

fn cluster(transport: &str, rest: &str) -> RedisResult<Target> {
    let (credentials, hosts) = authority(rest.trim_end_matches('/'));
    let nodes = hosts.iter().map(|host| resp3(&format!("{transport}://{credentials}{host}")));
    let nodes = nodes.collect::<RedisResult<Vec<_>>>()?;
    // It asks each node by the URL that names it, and finds the others itself.
    let client = ClusterClient::builder(nodes.clone()).response_timeout(LONG).build()?;
    let nodes = nodes.into_iter().map(Client::open).collect::<RedisResult<Vec<_>>>()?;
    Ok(Target { servers: Servers::Cluster(client, nodes), database: 0 })
}

impl ConnectionLike for Keys {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(one) => one.req_packed_command(cmd),
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(one) => one.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(one) => one.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> anyhow::Result<Target> {
        Target::parse(url)
    }

    #[test]
    fn one_server_sentinels_and_a_cluster_are_told_apart() {
        assert!(matches!(read("redis://localhost").unwrap().servers, Servers::One(_)));
        assert!(matches!(
            read("rediss://u:p%40@h:1/2").unwrap(),
            Target { servers: Servers::One(_), database: 2 }
        ));
        let sentinel = read("redis+sentinel://:p@a,b:1/main/3?sentinel_password=x").unwrap();
        assert!(matches!(sentinel, Target { servers: Servers::Sentinel(_), database: 3 }));
        let cluster = read("rediss+cluster://u:p@a:1,b:2,[::1]:3").unwrap();
        assert!(matches!(cluster.servers, Servers::Cluster(_, nodes) if nodes.len() == 3));
    }

    #[test]
    fn what_names_no_redis_is_refused_without_its_password() {
        for url in [
            "localhost",
            "http://:s3cret@localhost",
            "redis://",
            "redis://:s3cret@h/x",
            "redis+sentinel://:s3cret@a",
            "redis+sentinel:///main",
            "redis+sentinel://:s3cret@a/main/x",
            "redis+cluster://",
            "redis+ring://:s3cret@a",
        ] {
            let refused = read(url).unwrap_err().to_string();
            assert!(
                refused.starts_with("must be redis://") && !refused.contains("s3cret"),
                "{url}: {refused}"
            );
        }
    }
}
