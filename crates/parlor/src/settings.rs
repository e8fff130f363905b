//! What the program is told, and what it means when nothing is said.

mod help;
mod limits;
mod origin;
mod source;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api_actix::Dialect;
use domain::account::Username;
use domain::limit::Quotas;
use infra_redis::Target;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub(crate) use help::HELP;
use limits::{cap, limited, limits_without_redis, quotas};
use origin::Origin;
pub(crate) use source::SettingError;
use source::{Source, bad};

/// Everything the program is told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub listen: SocketAddr,
    pub database: Database,
    /// By which replicas share events, presence and limits.
    pub redis_url: Option<Secret>,
    pub limits_without_redis: WithoutRedis,
    /// Who may vouch for PostgreSQL, of whichever database.
    pub database_ca: Option<PathBuf>,
    pub data_dir: PathBuf,
    pub files_url: String,
    pub max_upload_bytes: u64,
    pub files_unused_ttl: Option<Duration>,
    pub jwt_secret: Option<Secret>,
    pub token_ttl: Duration,
    pub admins: Vec<Username>,
    pub quotas: Quotas,
    /// The limits that the dialect `envelope` keeps for itself.
    pub envelope_quotas: Quotas,
    pub trusted_proxies: Vec<IpNet>,
    pub cors_origins: Vec<String>,
    pub connections_per_user: usize,
    pub subscriptions_per_user: usize,
    /// Whether the dialect `ryos` takes usernames that come without a token at their word.
    pub ryos_trust_usernames: bool,
    pub dialects: Vec<Dialect>,
    pub log: String,
    pub log_format: Option<LogFormat>,
    pub otlp_url: Option<String>,
    pub drain: Duration,
    pub grace: Duration,
}

/// Which database.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A server that replicas share.
    Postgres {
        /// The URL may hold a password.
        url: Secret,
        pool_size: usize,
        ca_file: Option<PathBuf>,
    },
}

/// What limits do while Redis is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithoutRedis {
    /// Each replica counts by itself.
    Local,
    /// Everybody goes through.
    Open,
}

impl Database {
    /// The database of a URL; the others are for PostgreSQL.
    pub(crate) fn parse(url: Secret, pool_size: usize, ca_file: Option<PathBuf>) -> Option<Self> {
        if url.0.starts_with("postgres://") || url.0.starts_with("postgresql://") {
            return Some(Self::Postgres { url, pool_size, ca_file });
        }
        let path = url.0.strip_prefix("sqlite://").or_else(|| url.0.strip_prefix("sqlite:"))?;
        // Each connection would have a `:memory:` of its own, and `?mode=…` would be part of a file's name.
        let file = !path.is_empty() && path != ":memory:" && !path.contains('?');
        file.then(|| Self::Sqlite(PathBuf::from(path)))
    }
}

/// A value that is never shown.
#[derive(Clone)]
pub(crate) struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

impl Settings {
    /// Reads the environment and the configuration file: the one that was asked for, else `parlor.toml` of the current
    /// folder where there is one.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, SettingError> {
        Self::from(Source::new(std::env::vars_os(), file, Path::new("parlor.toml"))?)
    }

    fn from(mut source: Source) -> Result<Self, SettingError> {
        Self::take(&mut source).map_err(|error| source.as_said(error))
    }

    fn take(source: &mut Source) -> Result<Self, SettingError> {
        let limited = limited(source)?;
        let (quotas, envelope_quotas) = quotas(source, limited)?;
        let data_dir = PathBuf::from(source.take("PARLOR_DATA_DIR").unwrap_or_else(|| "data".into()));
        let database_ca = source.take("PARLOR_DATABASE_CA").map(PathBuf::from);
        let settings = Self {
            listen: source.parse("PARLOR_LISTEN", "127.0.0.1:3020", "must be an address and a port")?,
            redis_url: redis_url(source)?,
            limits_without_redis: limits_without_redis(source)?,
            database: database(source, &data_dir, database_ca.clone())?,
            database_ca,
            files_url: files_url(source, &data_dir)?,
            max_upload_bytes: source.parse("PARLOR_MAX_UPLOAD_BYTES", "26214400", "must be a number")?,
            files_unused_ttl: source.duration_or_off("PARLOR_FILES_UNUSED_TTL")?,
            jwt_secret: source.secret("PARLOR_JWT_SECRET")?.map(Secret),
            token_ttl: token_ttl(source)?,
            admins: source.list("PARLOR_ADMINS", "must be usernames with commas between them")?,
            quotas,
            envelope_quotas,
            trusted_proxies: source.list("PARLOR_TRUSTED_PROXIES", "must be networks such as 10.0.0.0/8")?,
            cors_origins: cors_origins(source)?,
            connections_per_user: cap(source, "PARLOR_CONNECTIONS", 100, limited)?,
            subscriptions_per_user: cap(source, "PARLOR_SUBSCRIPTIONS", 1_000, limited)?,
            ryos_trust_usernames: source.parse(
                "PARLOR_RYOS_TRUST_USERNAMES",
                "false",
                "must be true or false",
            )?,
            dialects: dialects(source)?,
            log: log(source)?,
            log_format: log_format(source)?,
            otlp_url: otlp_url(source)?,
            drain: source.duration("PARLOR_DRAIN", "0s")?,
            grace: source.duration("PARLOR_GRACE", "30s")?,
            data_dir,
        };
        source.finish()?;
        match (&settings.jwt_secret, &settings.database) {
            (Some(secret), _) if secret.0.len() < 32 => {
                Err(bad("PARLOR_JWT_SECRET", "must have at least 32 bytes"))
            }
            (None, Database::Postgres { .. }) => Err(bad(
                "PARLOR_JWT_SECRET",
                "must be set with PostgreSQL, the same on every replica: at least 32 random bytes",
            )),
            _ => Ok(settings),
        }
    }
}

fn database(
    source: &mut Source,
    data_dir: &Path,
    ca_file: Option<PathBuf>,
) -> Result<Database, SettingError> {
    let pool_size = source.parse("PARLOR_DATABASE_POOL", "16", "must be a number from 2 to 1000")?;
    if !(2..=1_000).contains(&pool_size) {
        return Err(bad("PARLOR_DATABASE_POOL", "must be a number from 2 to 1000"));
    }
    let Some(url) = source.secret("DATABASE_URL")? else {
        return Ok(Database::Sqlite(data_dir.join("parlor.db")));
    };
    let problem = "must be sqlite://<path> or postgres://<user>@<host>/<database>";
    Database::parse(Secret(url), pool_size, ca_file).ok_or_else(|| bad("DATABASE_URL", problem))
}

fn redis_url(source: &mut Source) -> Result<Option<Secret>, SettingError> {
    let Some(url) = source.secret("REDIS_URL")? else { return Ok(None) };
    Target::parse(&url).map_err(|error| bad("REDIS_URL", &error.to_string()))?;
    Ok(Some(Secret(url)))
}

fn files_url(source: &mut Source, data_dir: &Path) -> Result<String, SettingError> {
    let default = || format!("file://{}", data_dir.join("files").display());
    let url = source.take("PARLOR_FILES_URL").unwrap_or_else(default);
    match url.split_once("://") {
        Some(("file" | "s3", place)) if !place.is_empty() => Ok(url),
        _ => Err(bad("PARLOR_FILES_URL", "must be file://<folder> or s3://<bucket>/<prefix>")),
    }
}

fn token_ttl(source: &mut Source) -> Result<Duration, SettingError> {
    let ttl = source.duration("PARLOR_TOKEN_TTL", "24h")?;
    if ttl.is_zero() { Err(bad("PARLOR_TOKEN_TTL", "must be at least 1s")) } else { Ok(ttl) }
}

fn cors_origins(source: &mut Source) -> Result<Vec<String>, SettingError> {
    let problem =
        "must be origins such as https://chat.example or http://localhost:5173: scheme, host and port alone";
    let origins: Vec<Origin> = source.list("PARLOR_CORS_ORIGINS", problem)?;
    Ok(origins.into_iter().map(|origin| origin.0).collect())
}

/// All dialects where nothing is said; none where that is.
fn dialects(source: &mut Source) -> Result<Vec<Dialect>, SettingError> {
    let problem = "must be some of ryos, actions and envelope with commas between them, or none";
    match source.take("PARLOR_DIALECTS") {
        None => Ok(vec![Dialect::Ryos, Dialect::Actions, Dialect::Envelope]),
        Some(text) if text == "none" => Ok(vec![]),
        Some(text) => {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(|name| name.parse().map_err(|_| bad("PARLOR_DIALECTS", problem))).collect()
        }
    }
}

/// A filter. A word alone must be a level: it could be a module, but then a mistyped level would log nothing.
fn log(source: &mut Source) -> Result<String, SettingError> {
    let text = source.take("PARLOR_LOG").unwrap_or_else(|| "info".into());
    let alone = text.split(',').map(str::trim).filter(|part| !part.contains(['=', '[', ']', '{', '}']));
    let levels = alone.filter(|part| !part.is_empty()).all(|part| part.parse::<LevelFilter>().is_ok());
    if levels && EnvFilter::try_new(&text).is_ok() {
        return Ok(text);
    }
    Err(bad("PARLOR_LOG", "must be a filter such as info, or warn,parlor=debug"))
}

fn log_format(source: &mut Source) -> Result<Option<LogFormat>, SettingError> {
    match source.take("PARLOR_LOG_FORMAT").as_deref() {
        None => Ok(None),
        Some("pretty") => Ok(Some(LogFormat::Pretty)),
        Some("json") => Ok(Some(LogFormat::Json)),
        Some(_) => Err(bad("PARLOR_LOG_FORMAT", "must be pretty or json")),
    }
}

fn otlp_url(source: &mut Source) -> Result<Option<String>, SettingError> {
    match source.take("PARLOR_OTLP_URL") {
        None => Ok(None),
        Some(url) => match url.split_once("://") {
            Some(("http" | "https", place)) if !place.is_empty() && !place.contains(char::is_whitespace) => {
                Ok(Some(url))
            }
            _ => Err(bad("PARLOR_OTLP_URL", "must be a URL such as http://collector:4318")),
        },
    }
}
