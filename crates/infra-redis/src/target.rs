//! The servers that a URL names: one, the master of sentinels, or a cluster.

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

/// Address of Redis, with credentials that are never printed.
pub struct Target {
    servers: Servers,
    database: i64,
}

enum Servers {
    One(Client),
    Sentinel(Mutex<SentinelClient>),
    /// The second part are the nodes in the URL: a message published at one of them reaches the subscribers at all.
    Cluster(ClusterClient, Vec<Client>),
}

/// A connection for commands on keys.
#[derive(Clone)]
pub(crate) enum KeyConnection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target(…)")
    }
}

/// Returns the error for an invalid URL.
fn invalid_url(detail: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "must be redis://<host>, redis+sentinel://<host>,<host>/<master> or redis+cluster://<host>,<host> \
         (rediss… with TLS): {detail}"
    )
}

impl Target {
    /// Parses `redis://user:password@host:port/database`; `redis+sentinel://user:password@host,host/master/database`, with
    /// `?sentinel_password=…` if the sentinels need one; or `redis+cluster://user:password@host,host`. With `rediss`
    /// connections use TLS. Does not connect.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| invalid_url("it has no ://"))?;
        let (transport, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        if !["redis", "rediss"].contains(&transport) {
            return Err(invalid_url(&format!("{scheme} is none of these")));
        }
        let target = match kind {
            "" => single(&format!("{transport}://{rest}")),
            "sentinel" => sentinel(transport, rest),
            "cluster" => cluster(transport, rest),
            _ => return Err(invalid_url(&format!("{scheme} is none of these"))),
        };
        // The messages of the crate do not contain the URL with its password.
        target.map_err(|error| invalid_url(&error.to_string()))
    }

    /// Returns the number of the database, which separates several installations on one server.
    pub(crate) fn database(&self) -> i64 {
        self.database
    }

    /// Returns true for a cluster.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.servers, Servers::Cluster(..))
    }

    /// Opens a connection for commands on keys.
    pub(crate) async fn connect_keys(&self) -> RedisResult<KeyConnection> {
        Ok(match &self.servers {
            Servers::Cluster(client, _) => KeyConnection::Cluster(client.get_async_connection().await?),
            _ => KeyConnection::One(self.connect(&config()).await?),
        })
    }

    /// Opens a connection for publish and subscribe. The push sender receives its messages.
    pub(crate) async fn connect_pubsub(
        &self,
        push_sender: impl AsyncPushSender,
    ) -> RedisResult<MultiplexedConnection> {
        self.connect(&config().set_push_sender(push_sender)).await
    }

    /// Connects to the server, or to the first node of the cluster that answers.
    async fn connect(&self, config: &AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        match &self.servers {
            Servers::One(client) => client.get_multiplexed_async_connection_with_config(config).await,
            Servers::Sentinel(client) => client.lock().await.get_async_connection_with_config(config).await,
            Servers::Cluster(_, nodes) => {
                let mut result = Err(NO_NODE.into());
                for node in nodes {
                    result = node.get_multiplexed_async_connection_with_config(config).await;
                    if result.is_ok() {
                        break;
                    }
                }
                result
            }
        }
    }
}

/// Callers set their own timeouts.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(None)
}

/// Timeout of commands to a cluster, whose client requires one. Callers set shorter ones.
const CLUSTER_TIMEOUT: Duration = Duration::from_secs(5);
const NO_NODE: (ErrorKind, &str) = (ErrorKind::InvalidClientConfig, "the URL names no node");

/// Parses a URL, and chooses RESP3, which has push messages.
fn resp3(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(settings))
}

fn single(url: &str) -> RedisResult<Target> {
    let info = resp3(url)?;
    let database = info.redis_settings().db();
    Ok(Target { servers: Servers::One(Client::open(info)?), database })
}

/// Splits credentials, with their `@`, from the hosts.
fn authority(text: &str) -> (&str, Vec<&str>) {
    let (credentials, hosts) = text.rfind('@').map_or(("", text), |at| text.split_at(at + 1));
    (credentials, hosts.split(',').filter(|host| !host.is_empty()).collect())
}

fn sentinel(transport: &str, rest: &str) -> RedisResult<Target> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority_part, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (master, database) = path.split_once('/').unwrap_or((path, ""));
    let (credentials, hosts) = authority(authority_part);
    if master.is_empty() || hosts.is_empty() {
        return Err((ErrorKind::InvalidClientConfig, "sentinels and a master must be named").into());
    }
    let password = query.strip_prefix("sentinel_password=").unwrap_or_default();
    let sentinel_credentials = if password.is_empty() { String::new() } else { format!(":{password}@") };
    let sentinels = hosts.iter().map(|host| {
        let host = if host.contains(':') { (*host).to_owned() } else { format!("{host}:26379") };
        format!("{transport}://{sentinel_credentials}{host}").into_connection_info()
    });
    // The host is a placeholder: the sentinels name the master.
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
    // The client discovers the other nodes itself.
    let client = ClusterClient::builder(nodes.clone()).response_timeout(CLUSTER_TIMEOUT).build()?;
    let nodes = nodes.into_iter().map(Client::open).collect::<RedisResult<Vec<_>>>()?;
    Ok(Target { servers: Servers::Cluster(client, nodes), database: 0 })
}

impl ConnectionLike for KeyConnection {
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

    fn parse(url: &str) -> anyhow::Result<Target> {
        Target::parse(url)
    }

    #[test]
    fn one_server_sentinels_and_clusters_are_distinguished() {
        assert!(matches!(parse("redis://localhost").unwrap().servers, Servers::One(_)));
        assert!(matches!(
            parse("rediss://u:p%40@h:1/2").unwrap(),
            Target { servers: Servers::One(_), database: 2 }
        ));
        let sentinel = parse("redis+sentinel://:p@a,b:1/main/3?sentinel_password=x").unwrap();
        assert!(matches!(sentinel, Target { servers: Servers::Sentinel(_), database: 3 }));
        let cluster = parse("rediss+cluster://u:p@a:1,b:2,[::1]:3").unwrap();
        assert!(matches!(cluster.servers, Servers::Cluster(_, nodes) if nodes.len() == 3));
    }

    #[test]
    fn an_invalid_url_is_rejected_without_printing_its_password() {
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
            let error = parse(url).unwrap_err().to_string();
            assert!(error.starts_with("must be redis://") && !error.contains("s3cret"), "{url}: {error}");
        }
    }
}
