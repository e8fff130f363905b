//! Connects to the database server.

use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

use anyhow::anyhow;
use diesel::ConnectionError;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::location::Location;
use crate::{Options, Unreachable};

/// The time to connect.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The time for each server of a URL with several. A caller waits little longer for a connection of the pool, in which the
/// next server must have its turn.
const TIMEOUT_OF_ONE: Duration = Duration::from_millis(250);

/// The database server, and how to connect to it.
pub(crate) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads the options.
    pub(crate) fn new(options: &Options) -> anyhow::Result<Self> {
        let location = Location::parse(&options.url)?;
        let tls = crate::tls::connector(&location, options.ca_file.as_deref())?;
        let mut config = location.config;
        let servers = config.get_hosts().len().max(config.get_hostaddrs().len());
        config
            .connect_timeout(if servers > 1 { TIMEOUT_OF_ONE } else { TIMEOUT })
            .keepalives_idle(Duration::from_mins(1));
        if config.get_application_name().is_none() {
            config.application_name("parlor");
        }
        Ok(Self { config, tls })
    }

    /// Connects. A task of its own drives the connection until the client is dropped.
    pub(crate) async fn connect(&self) -> Result<Client, ConnectError> {
        match &self.tls {
            Some(tls) => self.dial(tls.clone()).await,
            None => self.dial(NoTls).await,
        }
    }

    async fn dial<T>(&self, tls: T) -> Result<Client, ConnectError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        // The client's own limit covers the connection alone. A pooler accepts it, and then waits for the server.
        let connected = timeout(TIMEOUT, self.config.connect(tls)).await;
        let late = |_| ConnectError::Away(format!("no answer within {} seconds", TIMEOUT.as_secs()));
        let (client, connection) = connected.map_err(late)?.map_err(|error| ConnectError::new(&error))?;
        // The client reports how it ended.
        tokio::spawn(connection);
        Ok(client)
    }
}

/// The reason why there is no connection, with the remedy where no later attempt can succeed.
#[derive(Debug)]
pub(crate) enum ConnectError {
    /// A later attempt may succeed.
    Away(String),
    /// The server, or a pooler before it, refuses the connection as it was asked for.
    Refused(String),
}

impl Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(reason) => write!(f, "can't reach the PostgreSQL database: {reason}"),
            Self::Refused(reason) => write!(f, "the PostgreSQL server refuses the connection: {reason}"),
        }
    }
}

impl ConnectError {
    pub(crate) fn new(error: &tokio_postgres::Error) -> Self {
        if let Some(answer) = error.as_db_error() {
            return match remedy(answer.code().code(), answer.message()) {
                Some(remedy) => Self::Refused(format!("{}: {remedy}", answer.message())),
                None => Self::Away(answer.message().to_owned()),
            };
        }
        // The error's own message is "error connecting to server"; its source has the reason.
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        match error.to_string().as_str() {
            "error performing TLS handshake" if !is_interrupted(error) => Self::Refused(format!(
                "TLS{cause}: correct sslmode and sslrootcert in DATABASE_URL, or PARLOR_DATABASE_CA"
            )),
            "invalid configuration" | "authentication error" => {
                Self::Refused(format!("{error}{cause}: correct DATABASE_URL"))
            }
            text => Self::Away(format!("{text}{cause}")),
        }
    }
}

/// Returns true where the connection broke during the handshake, and neither side rejected the other.
fn is_interrupted(error: &tokio_postgres::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>()))
}

/// Returns the remedy of a refusal; `None` where a later attempt may succeed.
fn remedy(code: &str, message: &str) -> Option<&'static str> {
    // Poolers answer everything with this one code, a server that is away too.
    let of_pooler = code == "08P01";
    if of_pooler && message.starts_with("unsupported startup parameter") {
        return Some("remove it from DATABASE_URL, or add it to ignore_startup_parameters of the pooler");
    }
    if code.starts_with("28") || of_pooler && message.contains("authentication failed") {
        return Some("correct user and password in DATABASE_URL, or pg_hba.conf (with a pooler, auth_file)");
    }
    if code == "3D000"
        || of_pooler && message.contains("does not exist")
        || message.starts_with("no such database")
    {
        return Some(
            "create the database (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0), or correct DATABASE_URL",
        );
    }
    match code {
        "42501" => Some("GRANT CONNECT ON DATABASE … TO the role of DATABASE_URL"),
        "42704" | "22023" | "42602" => Some("correct the parameters in DATABASE_URL"),
        _ => None,
    }
}

impl From<ConnectError> for anyhow::Error {
    /// Marks what a later attempt may not meet as [`Unreachable`].
    fn from(error: ConnectError) -> Self {
        let text = error.to_string();
        match error {
            ConnectError::Away(_) => Unreachable(text).into(),
            ConnectError::Refused(_) => anyhow!(text),
        }
    }
}

impl From<ConnectError> for ConnectionError {
    fn from(error: ConnectError) -> Self {
        Self::BadConnection(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_a_remedy_and_an_outage_has_none() {
        for (code, message) in [
            ("28P01", "password authentication failed for user \"parlor\""),
            ("28000", "no pg_hba.conf entry for host"),
            ("3D000", "database \"parlor\" does not exist"),
            ("42501", "permission denied for database \"parlor\""),
            ("08P01", "unsupported startup parameter: options"),
            ("08P01", "\"trust\" authentication failed"),
            ("08P01", "database \"parlor\" does not exist"),
        ] {
            assert!(remedy(code, message).is_some(), "{message}");
        }
        for (code, message) in [
            ("57P03", "the database system is starting up"),
            ("53300", "sorry, too many clients already"),
            ("08P01", "server login has been failing, try again later (server_login_retry)"),
            ("08P01", "query_wait_timeout"),
        ] {
            assert!(remedy(code, message).is_none(), "{message}");
        }
    }
}
