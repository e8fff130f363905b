//! The table of settings: each one's name, type, default, parser and description. Everything that lists or reads settings
//! is derived from it.

use std::path::PathBuf;
use std::time::Duration;

use api_actix::{Dialect, ForwardedHeader};
use domain::account::{Directory, Username};
use domain::limit::Quota;
use ipnet::IpNet;

use super::origin::{Origin, PublicUrl};
use super::parse::{
    address, byte_count, count, count_or_off, database, dialects, directory, duration, duration_or_off,
    files_url, forwarded_header, jwt_secret, list, local_or_open, log_filter, log_format, on_or_off,
    optional, otlp_url, path, pool_size, positive_duration, public_url, quota, redis_url, size_or_off,
    true_or_false,
};
use super::values::{SettingError, Values};
use super::{Database, Listen, LogFormat, Secret, WithoutRedis};

/// Value of a setting that is not given.
#[derive(Debug, Clone, Copy)]
pub(super) enum DefaultValue {
    /// This text, where [`DATA_DIR`] stands for the value of `PARLOR_DATA_DIR`.
    Text(&'static str),
    /// No value; the note explains the effect.
    Unset(&'static str),
    /// No value, as with `Unset`. The setting is a secret: it can also be read from a file, and is never printed.
    Secret(&'static str),
}

/// Placeholder for the data directory in defaults.
pub(super) const DATA_DIR: &str = "<data dir>";
/// Data directory where none is given.
pub(super) const DEFAULT_DATA_DIR: &str = "data";

/// Returns the key in the TOML file for the name of an environment variable.
pub(super) fn key(variable: &str) -> String {
    variable.strip_prefix("PARLOR_").unwrap_or(variable).to_lowercase()
}

/// Returns the long flag for the name of an environment variable, without the dashes before it.
pub(super) fn flag(variable: &str) -> String {
    key(variable).replace('_', "-")
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Setting {
    pub group: &'static str,
    /// Name of the environment variable.
    pub name: &'static str,
    pub default: DefaultValue,
    pub help: &'static str,
}

impl Setting {
    /// Returns the variable that names a file which holds the value; `None` for settings that are no secrets.
    pub(super) fn file_variable(&self) -> Option<String> {
        self.is_secret().then(|| format!("{}_FILE", self.name))
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self.default, DefaultValue::Secret(_))
    }

    /// Returns the default, or the note that explains what no value means.
    pub(super) fn default_text(&self) -> &'static str {
        match self.default {
            DefaultValue::Text(text) | DefaultValue::Unset(text) | DefaultValue::Secret(text) => text,
        }
    }
}

macro_rules! settings {
    ($($group:literal { $($name:literal $field:ident: $type:ty = $default:expr, $parse:expr, $help:literal;)* })*) => {
        /// The settings, parsed.
        #[derive(Debug, Clone)]
        pub(crate) struct Settings {
            $($(#[doc = $help] pub $field: $type,)*)*
        }

        /// Every setting.
        pub(super) const TABLE: &[Setting] =
            &[$($(Setting { group: $group, name: $name, default: $default, help: $help },)*)*];

        impl Settings {
            /// Parses every setting; `Err` names the first one that has no valid value.
            pub(super) fn parse(values: &Values) -> Result<Self, SettingError> {
                Ok(Self { $($($field: values.parse($name, $default, $parse)?,)*)* })
            }
        }
    };
}

use DefaultValue::{Secret as Hidden, Text, Unset};

settings! {
    "Server" {
        "PARLOR_LISTEN" listen: Listen = Text("127.0.0.1:3020"), address,
            "Address and port to listen on, such as `localhost:3020`, or `:3020` for every address; port 0 takes a free one";
        "PARLOR_PUBLIC_URL" public_url: Option<PublicUrl> = Unset("none"), optional(public_url),
            "URL at which clients reach the server, with which links begin: `https://<host>/<prefix>`";
        "PARLOR_TRUSTED_PROXIES" trusted_proxies: Vec<IpNet> = Unset("none"), list("must be networks such as 10.0.0.0/8"),
            "Networks of proxies whose forwarding headers are trusted, separated by commas";
        "PARLOR_FORWARDED_HEADER" forwarded_header: ForwardedHeader = Text("x-forwarded-for"), forwarded_header,
            "Header in which trusted proxies name the client, `x-forwarded-for` or `forwarded`; the other one is ignored";
        "PARLOR_CORS_ORIGINS" cors_origins: Vec<Origin> = Unset("none"),
            list("must be origins such as https://chat.example or http://localhost:5173: scheme, host and port alone"),
            "Origins of web pages that may call the API and open sockets, separated by commas; `http://localhost:*` means every port";
        "PARLOR_DRAIN" drain: Duration = Text("0s"), duration,
            "Time for which the server goes on serving after SIGTERM, while `/ready` answers 503";
        "PARLOR_GRACE" grace: Duration = Text("30s"), duration,
            "Time that requests in flight have to finish at shutdown";
    }
    "Storage" {
        "PARLOR_DATA_DIR" data_dir: PathBuf = Text(DEFAULT_DATA_DIR), path,
            "Folder for the SQLite database, the generated signing key and uploads";
        "DATABASE_URL" database_url: Option<Database> = Hidden("sqlite://<data dir>/parlor.db"), optional(database),
            "`sqlite://<path>` or `postgres://<user>:<password>@<host>/<database>`; `?sslmode=verify-full&sslrootcert=<file>` \
             as in libpq";
        "PARLOR_DATABASE_PREPARE" database_prepare: bool = Text("on"), on_or_off,
            "`off` for a pooler in transaction mode: nothing is prepared or set for longer than a transaction";
        "PARLOR_DATABASE_POOL" database_pool: usize = Text("16"), pool_size,
            "PostgreSQL connections of this replica, from 2 to 1000";
        "PARLOR_DATABASE_CA" database_ca: Option<PathBuf> = Unset("the system's"), optional(path),
            "File of CA certificates (PEM) for PostgreSQL";
        "PARLOR_FILES_URL" files_url: String = Text("file://<data dir>/files"), files_url,
            "Where uploads are stored: `file://<folder>` or `s3://<bucket>/<prefix>`";
        "PARLOR_MAX_UPLOAD_BYTES" max_upload_bytes: u64 = Text("26214400"), byte_count,
            "Largest upload, in bytes";
        "PARLOR_FILES_UNUSED_TTL" files_unused_ttl: Option<Duration> = Text("off"), duration_or_off,
            "Age at which files that no message shows are removed; `off` keeps them";
        "PARLOR_FILES_QUARANTINE" files_quarantine: Duration = Text("7d"), duration,
            "Time for which the bytes of a removed file are kept";
        "PARLOR_UPLOAD_TIMEOUT" upload_timeout: Duration = Text("10m"), positive_duration,
            "Longest time of an upload, from its first byte to its last";
    }
    "Replicas" {
        "REDIS_URL" redis_url: Option<Secret> = Hidden("none"), optional(redis_url),
            "Redis through which replicas share events, presence and limits: `redis://<host>`, \
             `redis+sentinel://<host>,<host>/<master>` or `redis+cluster://<host>,<host>`; `rediss` with TLS";
    }
    "Accounts" {
        "PARLOR_JWT_SECRET" jwt_secret: Option<Secret> = Hidden("generated for SQLite, required for PostgreSQL"),
            optional(jwt_secret),
            "Key that signs tokens: at least 32 bytes, the same on every replica";
        "PARLOR_JWT_SECRET_PREVIOUS" jwt_secret_previous: Option<Secret> = Hidden("none"), optional(jwt_secret),
            "Former key: tokens that it signed are valid until they expire";
        "PARLOR_TOKEN_TTL" token_ttl: Duration = Text("24h"), positive_duration,
            "Time for which a token is valid";
        "PARLOR_ADMINS" admins: Vec<Username> = Unset("none"), list("must be usernames, separated by commas"),
            "Usernames of server admins, separated by commas; nobody can sign up with one: see `parlor user create`";
        "PARLOR_ADMIN_PAGE" admin_page: bool = Text("on"), on_or_off,
            "`off` serves no page `/admin` and no API for it, and offers no link for a first admin; `parlor user` works always";
        "PARLOR_DIRECTORY" directory: Directory = Text("everyone"), directory,
            "People whom a user can find: `everyone`, `shared` (those with whom the user shares a room) or `off`";
        "PARLOR_AUDIT_TTL" audit_ttl: Duration = Text("90d"), positive_duration,
            "Time for which audit events are kept";
    }
    "Limits" {
        "PARLOR_LIMITS" limits: bool = Text("on"), on_or_off,
            "`off` turns off all rate limits, and the caps on connections and subscriptions that are not set";
        "PARLOR_LIMITS_WITHOUT_REDIS" limits_without_redis: WithoutRedis = Text("local"), local_or_open,
            "While Redis is unavailable: `local` counts on each replica, `open` lets every request through";
        "PARLOR_LIMIT_AUTH" limit_auth: Option<Quota> = Text("5/1m"), quota,
            "Logins, signups and changes of a password of an address, and failed ones of an account";
        "PARLOR_LIMIT_API" limit_api: Option<Quota> = Text("1200/1m"), quota,
            "Requests of a user";
        "PARLOR_LIMIT_ANONYMOUS" limit_anonymous: Option<Quota> = Text("100/15m"), quota,
            "Requests of an address without a token, and refused ones";
        "PARLOR_LIMIT_UPLOAD" limit_upload: Option<Quota> = Text("60/1h"), quota,
            "Uploads of a user";
        "PARLOR_QUOTA_FILES" quota_files: Option<u64> = Text("1GiB"), size_or_off,
            "Bytes that the files of a user may take, such as `500MiB`; or `off`";
        "PARLOR_CONNECTIONS" connections: usize = Text("100"), count,
            "Sockets and streams that a user may have open at a time";
        "PARLOR_SUBSCRIPTIONS" subscriptions: usize = Text("1000"), count,
            "Rooms that a user's connections may be subscribed to, all together";
    }
    "Quotas" {
        "PARLOR_QUOTA_ROOMS" quota_rooms: Option<u32> = Text("1000"), count_or_off,
            "Existing rooms that a user may have created; `off` is no limit";
        "PARLOR_QUOTA_MEMBERSHIPS" quota_memberships: Option<u32> = Text("5000"), count_or_off,
            "Rooms that a user may be a member of; `off` is no limit";
        "PARLOR_QUOTA_INVITATIONS" quota_invitations: Option<u32> = Text("1000"), count_or_off,
            "Open invitations that a room may have; `off` is no limit";
    }
    "Dialects" {
        "PARLOR_DIALECTS" dialects: Vec<Dialect> = Text("ryos,actions,envelope"), dialects,
            "Dialects to serve, separated by commas; or `none`";
        "PARLOR_RYOS_TRUST_USERNAMES" ryos_trust_usernames: bool = Text("false"), true_or_false,
            "`true` lets clients of the dialect `ryos` act under a username without a token";
    }
    "Logs and traces" {
        "PARLOR_LOG" log: String = Text("info"), log_filter,
            "Log filter, such as `info` or `warn,parlor=debug`";
        "PARLOR_LOG_FORMAT" log_format: Option<LogFormat> = Unset("pretty on a terminal, else json"),
            optional(log_format),
            "`pretty` or `json`";
        "PARLOR_OTLP_URL" otlp_url: Option<String> = Unset("none"), optional(otlp_url),
            "Collector that receives traces by OTLP over HTTP, such as `http://collector:4318`";
    }
}
