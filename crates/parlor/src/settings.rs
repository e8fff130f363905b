//! The settings of the program: their values, and what several of them mean together.

mod list;
mod listen;
mod origin;
mod parse;
mod table;
#[cfg(test)]
mod tests;
mod values;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use domain::compat::envelope;
use domain::limit::{LimitPolicy, Quota, Quotas};
use time::Duration;

pub(crate) use list::{flags, given_flags, help, shown_flag};
pub(crate) use listen::Listen;
pub(crate) use parse::duration;
pub(crate) use table::Settings;
pub(crate) use values::SettingError;
use values::{Source, Values};

/// A database.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// URL of a PostgreSQL server. It may contain a password.
    Postgres(Secret),
}

impl Database {
    /// Parses a URL; `None` where it names neither kind of database.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Some(Self::Postgres(Secret(url.to_owned())));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
        // Each connection would have a `:memory:` of its own, and `?mode=…` would be part of a file's name.
        let file = !path.is_empty() && path != ":memory:" && !path.contains('?');
        file.then(|| Self::Sqlite(PathBuf::from(path)))
    }
}

/// Behaviour of rate limits while Redis is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithoutRedis {
    /// Each replica counts by itself.
    Local,
    /// Every request is allowed.
    Open,
}

/// A text that is never printed.
#[derive(Clone)]
pub(crate) struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// For programs.
    Json,
}

/// The settings, and the values that they were read from.
pub(crate) struct Configuration {
    pub settings: Settings,
    values: Values,
}

impl Configuration {
    /// Reads flags (by the names of their variables), the environment and the TOML file, in this order of precedence. The
    /// default file is `parlor.toml` in the current folder, which may be missing.
    pub(crate) fn read(flags: Vec<(String, String)>, file: Option<&Path>) -> Result<Self, SettingError> {
        Self::new(Values::new(flags, std::env::vars_os(), file, Path::new("parlor.toml"))?)
    }

    /// Reads flags alone, and takes these values for settings without one.
    pub(crate) fn of_flags(
        mut flags: Vec<(String, String)>,
        defaults: Vec<(&str, String)>,
    ) -> Result<Self, SettingError> {
        for (name, value) in defaults {
            if !flags.iter().any(|(given, _)| given == name) {
                flags.push((name.to_owned(), value));
            }
        }
        Self::new(Values::of_flags(flags)?)
    }

    fn new(values: Values) -> Result<Self, SettingError> {
        let mut settings = Settings::parse(&values)?;
        if !settings.limits {
            // Only a cap that is set remains.
            let unset = |name| values.source(name) == Source::Default;
            if unset("PARLOR_CONNECTIONS") {
                settings.connections = usize::MAX;
            }
            if unset("PARLOR_SUBSCRIPTIONS") {
                settings.subscriptions = usize::MAX;
            }
        }
        if settings.jwt_secret.is_none() && matches!(settings.database(), Database::Postgres(_)) {
            return Err(SettingError(
                "PARLOR_JWT_SECRET must be set with PostgreSQL, the same on every replica: at least 32 random bytes"
                    .into(),
            ));
        }
        Ok(Self { settings, values })
    }

    /// Lists every setting with its value in effect; secrets are masked.
    pub(crate) fn list(&self, as_json: bool) -> String {
        if as_json { list::json(&self.values) } else { list::table(&self.values) }
    }
}

impl Settings {
    /// Returns the database, by default one in the data directory.
    pub(crate) fn database(&self) -> Database {
        let default = || Database::Sqlite(self.data_dir.join("parlor.db"));
        self.database_url.clone().unwrap_or_else(default)
    }

    /// Returns the rate limits of the API and of the dialects that have their own.
    pub(crate) fn limit_policy(&self) -> LimitPolicy {
        LimitPolicy::new(self.quotas()).with(envelope::LIMITS, self.envelope_quotas())
    }

    fn quotas(&self) -> Quotas {
        let on = |quota: Option<Quota>| quota.filter(|_| self.limits);
        Quotas {
            auth: on(self.limit_auth),
            api: on(self.limit_api),
            anonymous: on(self.limit_anonymous),
            upload: on(self.limit_upload),
        }
    }

    /// Returns the rate limits of the server whose clients the dialect `envelope` serves, unless all limits are off.
    fn envelope_quotas(&self) -> Quotas {
        const AUTH: NonZeroU32 = NonZeroU32::new(5).unwrap();
        const GENERAL: NonZeroU32 = NonZeroU32::new(100).unwrap();
        const UPLOAD: NonZeroU32 = NonZeroU32::new(10).unwrap();
        let on = |count, period| self.limits.then(|| Quota::new(count, period));
        Quotas {
            auth: on(AUTH, Duration::MINUTE),
            api: on(GENERAL, Duration::minutes(15)),
            anonymous: on(GENERAL, Duration::minutes(15)),
            upload: on(UPLOAD, Duration::HOUR),
        }
    }
}
