//! What the environment may say, and what it means when it says nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use domain::account::Username;
use infra_memory::Quotas;
use ipnet::IpNet;

/// Every setting, as `--help` shows it.
pub(crate) const HELP: &str = "\
Environment:
  PARLOR_LISTEN           address and port; port 0 takes a free one  [127.0.0.1:3020]
  DATABASE_URL            the database                               [sqlite://<data dir>/parlor.db]
  PARLOR_DATA_DIR         what is generated                          [data]
  PARLOR_JWT_SECRET       signs tokens; at least 32 bytes            [generated in the data dir]
  PARLOR_TOKEN_TTL        how long a token holds                     [24h]
  PARLOR_ADMINS           usernames of server admins, with commas
  PARLOR_LIMIT_AUTH       logins and signups                         [5/1m]
  PARLOR_LIMIT_API        requests of a user                         [1200/1m]
  PARLOR_LIMIT_ANONYMOUS  requests of an address                     [100/15m]
  PARLOR_LIMIT_UPLOAD     uploads of a user                          [60/1h]
  PARLOR_LIMITS           off: none of the limits
  PARLOR_TRUSTED_PROXIES  networks whose forwarding headers count
  PARLOR_CORS_ORIGINS     origins of browsers that may call
  PARLOR_LOG              what is logged                             [info]
  PARLOR_LOG_FORMAT       pretty or json                             [pretty on a terminal]
  PARLOR_DRAIN            how long to go on after SIGTERM            [0s]
  PARLOR_GRACE            how long requests may take to finish       [30s]
PARLOR_JWT_SECRET and DATABASE_URL are read from a file named by …_FILE as well.";

/// Everything the program is told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub listen: SocketAddr,
    pub database: PathBuf,
    pub data_dir: PathBuf,
    pub jwt_secret: Option<Secret>,
    pub token_ttl: Duration,
    pub admins: Vec<Username>,
    pub quotas: Quotas,
    pub trusted_proxies: Vec<IpNet>,
    pub cors_origins: Vec<String>,
    pub log: String,
    pub log_format: Option<LogFormat>,
    pub drain: Duration,
    pub grace: Duration,
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

/// A setting that can't be used: its name, and what it should look like.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub(crate) struct SettingError {
    name: String,
    problem: String,
}

struct Reader(BTreeMap<String, String>);

impl Settings {
    /// Reads the environment; every variable that begins with `PARLOR_` must be known (`PARLOR_TEST_` is for tests).
    pub(crate) fn from_environment(
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingError> {
        let ours = |name: &str| name.starts_with("PARLOR_") && !name.starts_with("PARLOR_TEST_");
        let kept = variables
            .filter(|(name, _)| ours(name) || name.starts_with("DATABASE_URL") || name == "REDIS_URL");
        let mut reader = Reader(kept.collect());
        if reader.take("REDIS_URL").is_some() {
            return Err(bad("REDIS_URL", "is not supported by this version; unset it"));
        }
        let data_dir = PathBuf::from(reader.take("PARLOR_DATA_DIR").unwrap_or_else(|| "data".into()));
        let settings = Self {
            listen: reader.parse("PARLOR_LISTEN", "127.0.0.1:3020", "must be an address and a port")?,
            database: database(reader.secret("DATABASE_URL")?, &data_dir)?,
            jwt_secret: reader.secret("PARLOR_JWT_SECRET")?.map(Secret),
            token_ttl: reader.duration("PARLOR_TOKEN_TTL", "24h")?,
            admins: reader.list("PARLOR_ADMINS", "must be usernames with commas between them")?,
            quotas: reader.quotas()?,
            trusted_proxies: reader.list("PARLOR_TRUSTED_PROXIES", "must be networks such as 10.0.0.0/8")?,
            cors_origins: reader
                .list("PARLOR_CORS_ORIGINS", "must be origins such as https://chat.example")?,
            log: reader.take("PARLOR_LOG").unwrap_or_else(|| "info".into()),
            log_format: reader.log_format()?,
            drain: reader.duration("PARLOR_DRAIN", "0s")?,
            grace: reader.duration("PARLOR_GRACE", "30s")?,
            data_dir,
        };
        if settings.jwt_secret.as_ref().is_some_and(|secret| secret.0.len() < 32) {
            return Err(bad("PARLOR_JWT_SECRET", "must have at least 32 bytes"));
        }
        match reader.0.into_keys().next() {
            Some(name) => Err(bad(&name, "is no setting of this program; see parlor --help")),
            None => Ok(settings),
        }
    }
}

fn bad(name: &str, problem: &str) -> SettingError {
    SettingError { name: name.to_owned(), problem: problem.to_owned() }
}

fn database(url: Option<String>, data_dir: &std::path::Path) -> Result<PathBuf, SettingError> {
    let Some(url) = url else { return Ok(data_dir.join("parlor.db")) };
    match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(bad("DATABASE_URL", "must be sqlite://<path>; this version serves no other database")),
    }
}

impl Reader {
    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    /// A value that may be in the environment or in a file.
    fn secret(&mut self, name: &str) -> Result<Option<String>, SettingError> {
        let (plain, file) = (self.take(name), format!("{name}_FILE"));
        match (plain, self.take(&file)) {
            (Some(_), Some(_)) => Err(bad(&file, &format!("must not be set beside {name}"))),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Ok(Some(text.trim_end().to_owned())),
                Err(error) => Err(bad(&file, &format!("names a file that can't be read: {error}"))),
            },
            (plain, None) => Ok(plain),
        }
    }

    fn parse<T: FromStr>(&mut self, name: &str, default: &str, problem: &str) -> Result<T, SettingError> {
        let text = self.take(name).unwrap_or_else(|| default.to_owned());
        text.parse().map_err(|_| bad(name, problem))
    }

    fn list<T: FromStr>(&mut self, name: &str, problem: &str) -> Result<Vec<T>, SettingError> {
        let text = self.take(name).unwrap_or_default();
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| item.parse().map_err(|_| bad(name, problem))).collect()
    }

    fn duration(&mut self, name: &str, default: &str) -> Result<Duration, SettingError> {
        let text = self.take(name).unwrap_or_else(|| default.to_owned());
        let problem = || bad(name, "must be a number and s, m, h or d, such as 30s");
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            _ => return Err(problem()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| problem())?;
        Ok(Duration::from_secs(u64::from(count) * unit))
    }

    fn quotas(&mut self) -> Result<Quotas, SettingError> {
        let all_off = match self.take("PARLOR_LIMITS").as_deref() {
            None | Some("on") => false,
            Some("off") => true,
            Some(_) => return Err(bad("PARLOR_LIMITS", "must be on or off")),
        };
        let mut quota = |name: &str, default: &str| {
            let text = self.take(name).unwrap_or_else(|| default.to_owned());
            if text == "off" {
                return Ok(None);
            }
            let quota = text.parse().map_err(|error| bad(name, &format!("{error}, or off")))?;
            Ok((!all_off).then_some(quota))
        };
        Ok(Quotas {
            auth: quota("PARLOR_LIMIT_AUTH", "5/1m")?,
            api: quota("PARLOR_LIMIT_API", "1200/1m")?,
            anonymous: quota("PARLOR_LIMIT_ANONYMOUS", "100/15m")?,
            upload: quota("PARLOR_LIMIT_UPLOAD", "60/1h")?,
        })
    }

    fn log_format(&mut self) -> Result<Option<LogFormat>, SettingError> {
        match self.take("PARLOR_LOG_FORMAT").as_deref() {
            None => Ok(None),
            Some("pretty") => Ok(Some(LogFormat::Pretty)),
            Some("json") => Ok(Some(LogFormat::Json)),
            Some(_) => Err(bad("PARLOR_LOG_FORMAT", "must be pretty or json")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingError> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_environment(owned.collect::<Vec<_>>().into_iter())
    }

    #[test]
    fn nothing_said_means_a_server_of_ones_own_machine() {
        let settings = read(&[("PATH", "/bin"), ("PARLOR_TEST_X", "1")]).unwrap();
        assert_eq!(settings.listen, "127.0.0.1:3020".parse().unwrap());
        assert_eq!(settings.database, PathBuf::from("data/parlor.db"));
        assert_eq!(settings.quotas.auth, Some("5/1m".parse().unwrap()));
        assert_eq!(settings.token_ttl, Duration::from_hours(24));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        for (name, value) in [
            ("PARLOR_LISTEN", "here"),
            ("DATABASE_URL", "mysql://x"),
            ("REDIS_URL", "redis://x"),
            ("PARLOR_JWT_SECRET", "short"),
            ("PARLOR_JWT_SECRET_FILE", "/nowhere/at/all"),
            ("PARLOR_ADMINS", "a b"),
            ("PARLOR_LIMIT_AUTH", "often"),
            ("PARLOR_LIMITS", "maybe"),
            ("PARLOR_TRUSTED_PROXIES", "proxy"),
            ("PARLOR_LOG_FORMAT", "xml"),
            ("PARLOR_GRACE", "soon"),
            ("PARLOR_LISTN", "127.0.0.1:1"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} ")), "{error}");
        }
    }

    #[test]
    fn limits_can_be_turned_off_one_by_one_or_together() {
        let one = read(&[("PARLOR_LIMIT_AUTH", "off")]).unwrap();
        assert!(one.quotas.auth.is_none() && one.quotas.api.is_some());
        let all = read(&[("PARLOR_LIMITS", "off")]).unwrap();
        assert!(all.quotas.auth.is_none() && all.quotas.anonymous.is_none());
    }

    #[test]
    fn secrets_do_not_show() {
        let settings = read(&[("PARLOR_JWT_SECRET", &"s3cret".repeat(8))]).unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
