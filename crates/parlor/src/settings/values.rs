//! The values that are given for settings: by flags, environment variables, a TOML file, and files that hold secrets.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;

use super::table::{DATA_DIR, DEFAULT_DATA_DIR, DefaultValue, Setting, TABLE, flag, key};

/// The variables of the client's commands, which the same environment may have.
const OF_THE_CLIENT: &[&str] = &["PARLOR_SERVER", "PARLOR_TOKEN"];

/// A problem with the settings, in one line for the user.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SettingError(pub(super) String);

impl SettingError {
    fn invalid(name: impl Display, problem: impl Display) -> Self {
        Self(format!("Invalid value for {name}: {problem}"))
    }

    /// Makes the error of a flag that must not be given here; `name` is that of the variable.
    pub(crate) fn misplaced(name: &str, reason: impl Display) -> Self {
        Self(format!("Leave --{} out: {reason}", flag(name)))
    }

    fn unknown(name: impl Display) -> Self {
        Self(format!("Unknown setting {name}: `parlor --help` lists all settings"))
    }
}

/// Source of a value, in ascending order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Default,
    File,
    Environment,
    Flag,
}

impl Source {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        }
    }
}

struct Given {
    text: String,
    /// The text is the path of a file that holds the secret.
    in_file: bool,
    source: Source,
    /// Name under which the user gave it.
    name: String,
}

/// The values that are given, by setting.
#[derive(Default)]
pub(super) struct Values(BTreeMap<&'static str, Given>);

impl Values {
    /// Collects the values of all sources. Takes every variable that begins with `PARLOR_`, except `PARLOR_TEST_` (for
    /// tests) and those of the client, and those of the two URLs. The default file may be missing.
    pub(super) fn new(
        flags: Vec<(String, String)>,
        variables: impl Iterator<Item = (OsString, OsString)>,
        file: Option<&Path>,
        default_file: &Path,
    ) -> Result<Self, SettingError> {
        let mut values = Self::default();
        if let Some(file) = file.or_else(|| default_file.exists().then_some(default_file)) {
            values.add_file(file)?;
        }
        for (name, text) in variables {
            // Variables of other programs need not be Unicode.
            let Ok(name) = name.into_string() else { continue };
            if is_ours(&name) {
                let text = text.into_string().map_err(|_| SettingError::invalid(&name, "must be Unicode"))?;
                values.add(find(|known| known == name), &text, Source::Environment, name)?;
            }
        }
        values.add_flags(flags)?;
        Ok(values)
    }

    /// Collects the values of flags alone.
    pub(super) fn of_flags(flags: Vec<(String, String)>) -> Result<Self, SettingError> {
        let mut values = Self::default();
        values.add_flags(flags)?;
        Ok(values)
    }

    fn add_flags(&mut self, flags: Vec<(String, String)>) -> Result<(), SettingError> {
        for (name, text) in flags {
            let shown = format!("--{}", flag(&name));
            self.add(find(|known| known == name), &text, Source::Flag, shown)?;
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> Result<(), SettingError> {
        let file = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingError(format!("Can't read the settings in {file}: {error}")))?;
        let table: toml::Table = text.parse().map_err(|error| not_toml(&file, &text, &error))?;
        for (name, value) in &table {
            let found = find(|known| key(known) == *name);
            let variable = found.map(|(setting, _)| format!(" ({})", setting.name)).unwrap_or_default();
            let shown = format!("{name} in {file}{variable}");
            let text = plain(value).ok_or_else(|| {
                SettingError::invalid(&shown, "must be a text, a number, true or false, or a list of texts")
            })?;
            self.add(found, &text, Source::File, shown)?;
        }
        Ok(())
    }

    /// Adds a value without the white space around it. An empty one counts as not given, but its name must be known.
    fn add(
        &mut self,
        found: Option<(&'static Setting, bool)>,
        text: &str,
        source: Source,
        name: String,
    ) -> Result<(), SettingError> {
        let (setting, in_file) = found.ok_or_else(|| SettingError::unknown(&name))?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        if let Some(other) = self.0.get(setting.name).filter(|other| other.source == source) {
            return Err(SettingError(format!("Set either {} or {name}, not both", other.name)));
        }
        self.0.insert(setting.name, Given { text: text.to_owned(), in_file, source, name });
        Ok(())
    }

    pub(super) fn source(&self, name: &str) -> Source {
        self.0.get(name).map_or(Source::Default, |given| given.source)
    }

    /// Returns the effective text of a setting that is not a secret; `None` where it has no value.
    pub(super) fn text(&self, name: &str, default: DefaultValue) -> Option<String> {
        let default = match (self.0.get(name), default) {
            (Some(given), _) => return Some(given.text.clone()),
            (None, DefaultValue::Text(text)) => text,
            // The default database lies in the data directory; other notes are no values.
            (None, DefaultValue::Unset(note) | DefaultValue::Secret(note)) if note.contains(DATA_DIR) => note,
            (None, _) => return None,
        };
        Some(match default.split_once(DATA_DIR) {
            Some((before, after)) => {
                let data_dir = self.0.get("PARLOR_DATA_DIR").map_or(DEFAULT_DATA_DIR, |given| &given.text);
                format!("{before}{}", Path::new(data_dir).join(after.trim_start_matches('/')).display())
            }
            None => default.to_owned(),
        })
    }

    /// Parses the value of a setting; the parser gets an empty text where it has none.
    pub(super) fn parse<T>(
        &self,
        name: &str,
        default: DefaultValue,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, SettingError> {
        let Some(given) = self.0.get(name) else {
            let text = if matches!(default, DefaultValue::Text(_)) { self.text(name, default) } else { None };
            return parse(&text.unwrap_or_default()).map_err(|problem| SettingError::invalid(name, problem));
        };
        let invalid = |problem: String| SettingError::invalid(&given.name, problem);
        if !given.in_file {
            return parse(&given.text).map_err(invalid);
        }
        let secret = std::fs::read_to_string(&given.text)
            .map_err(|error| invalid(format!("can't read the file {}: {error}", given.text)))?;
        match secret.trim() {
            "" => Err(invalid(format!("the file {} is empty", given.text))),
            secret => parse(secret).map_err(|problem| invalid(format!("the content of the file {problem}"))),
        }
    }
}

/// Returns the setting that has a name for which the condition holds, and whether it is the name of the form `…_FILE`.
fn find(is_it: impl Fn(&str) -> bool) -> Option<(&'static Setting, bool)> {
    TABLE.iter().find_map(|setting| {
        if is_it(setting.name) {
            return Some((setting, false));
        }
        setting.file_variable().filter(|name| is_it(name)).map(|_| (setting, true))
    })
}

fn is_ours(variable: &str) -> bool {
    let parlor = variable.starts_with("PARLOR_") && !variable.starts_with("PARLOR_TEST_");
    parlor && !OF_THE_CLIENT.contains(&variable) || find(|known| known == variable).is_some()
}

/// Describes the place and the reason; not the line itself, which may hold a secret.
fn not_toml(file: &impl Display, text: &str, error: &toml::de::Error) -> SettingError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    SettingError(format!("{file} is not valid TOML: line {line}: {}", error.message().replace('\n', ", ")))
}

/// Returns a value as an environment variable would hold it, a list with commas; `None` for other types.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        // An empty list is a value, an empty text is none.
        toml::Value::Array(items) if items.is_empty() => Some(",".to_owned()),
        toml::Value::Array(items) => Some(items.iter().map(plain).collect::<Option<Vec<_>>>()?.join(",")),
        _ => None,
    }
}
