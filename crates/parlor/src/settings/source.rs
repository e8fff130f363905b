//! Where settings come from: the environment, a TOML file, and files that hold secrets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// A setting that can't be used: its name, and what it should look like.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub(crate) struct SettingError {
    name: String,
    problem: String,
}

pub(super) fn bad(name: &str, problem: &str) -> SettingError {
    SettingError { name: name.to_owned(), problem: problem.to_owned() }
}

/// Settings that nobody has taken yet, by the name of their environment variable; and how their owner calls those that
/// came from the file.
pub(super) struct Source {
    values: BTreeMap<String, String>,
    file: Option<PathBuf>,
}

impl Source {
    /// The file's settings, and the environment's over them: every variable that begins with `PARLOR_` (`PARLOR_TEST_`
    /// is for tests), and the two URLs. The default file need not be there.
    pub(super) fn new(
        variables: impl Iterator<Item = (String, String)>,
        file: Option<&Path>,
        default: &Path,
    ) -> Result<Self, SettingError> {
        let file = file.or_else(|| default.exists().then_some(default)).map(Path::to_owned);
        let mut values = file.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let ours = |name: &str| {
            let parlor = name.starts_with("PARLOR_") && !name.starts_with("PARLOR_TEST_");
            parlor || ["DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"].contains(&name)
        };
        // A variable that is set and empty says nothing.
        for (name, value) in variables.filter(|(name, value)| ours(name) && !value.is_empty()) {
            // A secret may move from a file's setting to the environment's other form of it.
            if let Some(plain) = name.strip_suffix("_FILE") {
                values.remove(plain);
            }
            values.insert(name, value);
        }
        Ok(Self { values, file })
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name).filter(|value| !value.is_empty())
    }

    /// A value that may be given or be in a file.
    pub(super) fn secret(&mut self, name: &str) -> Result<Option<String>, SettingError> {
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

    pub(super) fn parse<T: FromStr>(
        &mut self,
        name: &str,
        default: &str,
        problem: &str,
    ) -> Result<T, SettingError> {
        let text = self.take(name).unwrap_or_else(|| default.to_owned());
        text.parse().map_err(|_| bad(name, problem))
    }

    pub(super) fn list<T: FromStr>(&mut self, name: &str, problem: &str) -> Result<Vec<T>, SettingError> {
        let text = self.take(name).unwrap_or_default();
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| item.parse().map_err(|_| bad(name, problem))).collect()
    }

    /// A number and a unit.
    pub(super) fn duration(&mut self, name: &str, default: &str) -> Result<Duration, SettingError> {
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

    /// A number and a unit, or nothing, which `off` says too.
    pub(super) fn duration_or_off(&mut self, name: &str) -> Result<Option<Duration>, SettingError> {
        match self.values.get(name).map(String::as_str) {
            None | Some("off") => {
                self.values.remove(name);
                Ok(None)
            }
            Some(_) => self.duration(name, "").map(Some),
        }
    }

    /// Refuses what nobody took: a typo must not pass silently.
    pub(super) fn finish(self) -> Result<(), SettingError> {
        match self.values.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                let file = self.file.map(|file| format!(" (or {} in {})", key(&name), file.display()));
                let problem = format!(
                    "{}is no setting of this program; see parlor --help",
                    file.map_or_else(String::new, |file| format!("{} ", file.trim_start()),)
                );
                Err(bad(&name, &problem))
            }
        }
    }
}

/// What a variable is called in the file.
fn key(variable: &str) -> String {
    variable.trim_start_matches("PARLOR_").to_lowercase()
}

/// What a key of the file is called in the environment.
fn variable(key: &str) -> String {
    let upper = key.to_uppercase();
    let alone = upper.starts_with("DATABASE_URL") || upper.starts_with("REDIS_URL");
    if alone { upper } else { format!("PARLOR_{upper}") }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, String>, SettingError> {
    let name = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|error| bad(&name, &format!("can't be read: {error}")))?;
    let table: toml::Table = text.parse().map_err(|error| bad(&name, &format!("is no TOML: {error}")))?;
    table.iter().map(|(key, value)| Ok((variable(key), plain(&name, key, value)?))).collect()
}

/// A value as the environment would have it; a list has commas.
fn plain(file: &str, key: &str, value: &toml::Value) -> Result<String, SettingError> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        // An empty list says "none of them", where an empty text says nothing.
        toml::Value::Array(items) if items.is_empty() => Ok(",".to_owned()),
        toml::Value::Array(items) => {
            let items = items.iter().map(|item| plain(file, key, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(items.join(","))
        }
        _ => Err(bad(key, &format!("in {file} must be a text, a number, true or false, or a list of texts"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(file: &str, variables: &[(&str, &str)]) -> Result<Source, SettingError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parlor.toml");
        std::fs::write(&path, file).unwrap();
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Source::new(owned, None, &path)
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "listen = \"127.0.0.1:1\"\nadmins = [\"ryo\", \"eve\"]\ndatabase_pool = 7";
        let mut source = source(file, &[("PARLOR_LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!(source.take("PARLOR_LISTEN").as_deref(), Some("127.0.0.1:2"));
        assert_eq!(source.take("PARLOR_ADMINS").as_deref(), Some("ryo,eve"));
        assert_eq!(source.take("PARLOR_DATABASE_POOL").as_deref(), Some("7"));
        assert!(source.finish().is_ok());
    }

    #[test]
    fn an_empty_list_is_a_list_of_none() {
        let mut source = source("admins = []", &[]).unwrap();
        assert!(source.list::<String>("PARLOR_ADMINS", "").unwrap().is_empty());
        let mut source = self::source("dialects = []", &[]).unwrap();
        assert!(source.take("PARLOR_DIALECTS").is_some());
    }

    #[test]
    fn a_file_that_says_something_odd_is_refused_with_the_place() {
        let unknown = source("listn = \"127.0.0.1:1\"", &[]).unwrap().finish().unwrap_err().to_string();
        assert!(unknown.contains("listn in ") && unknown.contains("no setting"), "{unknown}");
        let broken = source("listen = ", &[]).err().unwrap().to_string();
        assert!(broken.contains("parlor.toml is no TOML") && broken.contains("line 1"), "{broken}");
        let odd = source("listen = 1.5", &[]).err().unwrap().to_string();
        assert!(odd.starts_with("listen in "), "{odd}");
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let asked = Source::new(std::iter::empty(), Some(Path::new("/nowhere.toml")), Path::new("/nowhere"));
        assert!(asked.err().unwrap().to_string().starts_with("/nowhere.toml can't be read"));
    }
}
