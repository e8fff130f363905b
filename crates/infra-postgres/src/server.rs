//! Connects to the database server.

use std::time::Duration;

use anyhow::Context;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Options;

/// The database server, and how to connect to it.
pub(crate) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Reads the options.
    pub(crate) fn new(options: &Options) -> anyhow::Result<Self> {
        let mut config: Config =
            options.url.parse().context("the URL of the PostgreSQL database is invalid")?;
        config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_mins(1));
        if config.get_application_name().is_none() {
            config.application_name("parlor");
        }
        let tls = crate::tls::connector(&config, options.ca_file.as_deref())?;
        Ok(Self { config, tls })
    }

    /// Connects for Diesel.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        match &self.tls {
            Some(tls) => self.connect_by(tls.clone()).await,
            None => self.connect_by(NoTls).await,
        }
    }

    async fn connect_by<T>(&self, tls: T) -> ConnectionResult<AsyncPgConnection>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self.dial(tls).await?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }

    /// Connects the client below Diesel, driven by a task of its own.
    pub(crate) async fn client(&self) -> ConnectionResult<Client> {
        match &self.tls {
            Some(tls) => self.client_by(tls.clone()).await,
            None => self.client_by(NoTls).await,
        }
    }

    async fn client_by<T>(&self, tls: T) -> ConnectionResult<Client>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self.dial(tls).await?;
        // The client reports how it ended.
        tokio::spawn(connection);
        Ok(client)
    }

    async fn dial<T>(&self, tls: T) -> ConnectionResult<(Client, Connection<Socket, T::Stream>)>
    where
        T: MakeTlsConnect<Socket>,
    {
        // The error's own message is "error connecting to server"; its source has the reason.
        let bad = |error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            ConnectionError::BadConnection(format!("{error}{}", cause.unwrap_or_default()))
        };
        self.config.connect(tls).await.map_err(bad)
    }
}
