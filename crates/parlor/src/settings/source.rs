//! Where settings come from: the environment, a TOML file, and files that hold secrets.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
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

/// Settings that nobody has taken yet, by the name of their environment variable.
pub(super) struct Source {
    values: BTreeMap<String, String>,
    /// What those that came from the file are called there.
    keys: BTreeMap<String, String>,
    file: String,
}

impl Source {
    /// The file's settings, and the environment's over them: every variable that begins with `PARLOR_` (`PARLOR_TEST_`
    /// is for tests), and the two URLs. The default file need not be there.
    pub(super) fn new(
        variables: impl Iterator<Item = (OsString, OsString)>,
        file: Option<&Path>,
        default: &Path,
    ) -> Result<Self, SettingError> {
        let file = file.or_else(|| default.exists().then_some(default));
        let mut source = file.map(read_file).transpose()?.unwrap_or_else(|| Self {
            values: BTreeMap::new(),
            keys: BTreeMap::new(),
            file: String::new(),
        });
        for (name, value) in variables {
            // What others set need not be Unicode, nor concern this program.
            let Ok(name) = name.into_string() else { continue };
            if is_ours(&name) {
                let value = value.into_string().map_err(|_| bad(&name, "must be Unicode"))?;
                source.overrule(name, value);
            }
        }
        Ok(source)
    }

    fn overrule(&mut self, name: String, value: String) {
        if value.is_empty() {
            // A variable that is set and empty says nothing; but its name may be none of ours.
            self.values.entry(name).or_default();
            return;
        }
        // A secret has two forms: either, of the environment, wins over both of the file.
        let other = name.strip_suffix("_FILE").map_or_else(|| format!("{name}_FILE"), str::to_owned);
        if self.keys.remove(&other).is_some() {
            self.values.remove(&other);
        }
        self.keys.remove(&name);
        self.values.insert(name, value);
    }

    /// The error with the name under which the setting was said.
    pub(super) fn as_said(&self, error: SettingError) -> SettingError {
        match self.keys.get(&error.name) {
            Some(key) => bad(&format!("{key} in {} ({})", self.file, error.name), &error.problem),
            None => error,
        }
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
        match self.take(name).as_deref() {
            None | Some("off") => Ok(None),
            Some(text) => self.duration(name, text).map(Some),
        }
    }

    /// Refuses what nobody took: a typo must not pass silently.
    pub(super) fn finish(&self) -> Result<(), SettingError> {
        let Some(name) = self.values.keys().next() else { return Ok(()) };
        let said = self.keys.get(name).map_or_else(|| name.clone(), |key| format!("{key} in {}", self.file));
        Err(bad(&said, UNKNOWN))
    }
}

const UNKNOWN: &str = "is no setting of this program; see parlor --help";

fn is_ours(variable: &str) -> bool {
    let parlor = variable.starts_with("PARLOR_") && !variable.starts_with("PARLOR_TEST_");
    parlor || ["DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"].contains(&variable)
}

/// What a key of the file is called in the environment.
fn variable(key: &str) -> String {
    let upper = key.to_uppercase();
    let alone = upper.starts_with("DATABASE_URL") || upper.starts_with("REDIS_URL");
    if alone { upper } else { format!("PARLOR_{upper}") }
}

fn read_file(path: &Path) -> Result<Source, SettingError> {
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|error| bad(&file, &format!("can't be read: {error}")))?;
    let table: toml::Table = text.parse().map_err(|error| no_toml(&file, &text, &error))?;
    let (mut values, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for (key, value) in &table {
        if *key != key.to_lowercase() {
            return Err(bad(&format!("{key} in {file}"), UNKNOWN));
        }
        values.insert(variable(key), plain(&file, key, value)?);
        keys.insert(variable(key), key.clone());
    }
    Ok(Source { values, keys, file })
}

/// Where it is and why; not the line itself, which may hold a secret.
fn no_toml(file: &str, text: &str, error: &toml::de::Error) -> SettingError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    bad(file, &format!("is no TOML: line {line}: {}", error.message().replace('\n', ", ")))
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
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn source(file: &str, variables: &[(&str, &str)]) -> Result<Source, SettingError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parlor.toml");
        std::fs::write(&path, file).unwrap();
        let owned = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
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
    fn of_a_secret_either_form_in_the_environment_wins_over_both_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "of the file\n").unwrap();
        let path = path.to_str().unwrap();
        let (plain, in_file) = ("PARLOR_JWT_SECRET", "PARLOR_JWT_SECRET_FILE");
        let read = |file: &str, variables: &[_]| source(file, variables).unwrap().secret(plain);
        let named = format!("jwt_secret_file = \"{path}\"");
        assert_eq!(read(&named, &[]).unwrap().as_deref(), Some("of the file"));
        assert_eq!(read(&named, &[(plain, "said")]).unwrap().as_deref(), Some("said"));
        assert_eq!(read("jwt_secret = \"x\"", &[(in_file, path)]).unwrap().as_deref(), Some("of the file"));
        // Two in one place contradict each other, in whichever order they come.
        for both in [[(plain, "said"), (in_file, path)], [(in_file, path), (plain, "said")]] {
            let refused = read("", &both).unwrap_err().to_string();
            assert!(refused.starts_with("PARLOR_JWT_SECRET_FILE must not be set beside"), "{refused}");
        }
        assert!(read(&format!("jwt_secret = \"x\"\n{named}"), &[]).is_err());
    }

    #[test]
    fn an_empty_variable_says_nothing_but_must_be_known() {
        let mut source =
            source("listen = \"127.0.0.1:1\"", &[("PARLOR_LISTEN", ""), ("PARLOR_LISTN", "")]).unwrap();
        assert_eq!(source.take("PARLOR_LISTEN").as_deref(), Some("127.0.0.1:1"));
        assert!(source.finish().unwrap_err().to_string().starts_with("PARLOR_LISTN is no setting"));
    }

    #[test]
    fn variables_need_not_be_unicode_unless_they_are_ours() {
        let odd = || OsString::from_vec(vec![0xff]);
        let read = |variables: Vec<_>| Source::new(variables.into_iter(), None, Path::new("/nowhere"));
        assert!(read(vec![("OTHER".into(), odd()), (odd(), "x".into())]).unwrap().finish().is_ok());
        let refused = read(vec![("PARLOR_ADMINS".into(), odd())]).err().unwrap();
        assert_eq!(refused.to_string(), "PARLOR_ADMINS must be Unicode");
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
        // The environment's spelling is none of the file's.
        for key in ["LISTEN", "PARLOR_LISTEN", "parlor_listen"] {
            let refused = source(&format!("{key} = \"127.0.0.1:1\""), &[]).and_then(|source| source.finish());
            let refused = refused.unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!("{key} in ")) && refused.contains("no setting"),
                "{refused}"
            );
        }
        let odd = source("listen = 1.5", &[]).err().unwrap().to_string();
        assert!(odd.starts_with("listen in "), "{odd}");
    }

    #[test]
    fn a_broken_file_is_not_shown() {
        let broken =
            source("listen = \"127.0.0.1:1\"\njwt_secret = \"s3cret\" x", &[]).err().unwrap().to_string();
        assert!(
            broken.contains("line 2") && !broken.contains("s3cret") && !broken.contains('\n'),
            "{broken}"
        );
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let asked = Source::new(std::iter::empty(), Some(Path::new("/nowhere.toml")), Path::new("/nowhere"));
        assert!(asked.err().unwrap().to_string().starts_with("/nowhere.toml can't be read"));
    }
}
