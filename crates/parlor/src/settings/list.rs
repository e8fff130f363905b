//! The lists of all settings: for `--help`, `parlor settings` and the docs; and the command line's flags for them.

use std::fmt::Write;

use clap::Arg;
use clap::builder::NonEmptyStringValueParser;
use serde_json::{Value, json};

use super::table::{Setting, TABLE, flag, key};
use super::values::Values;

/// Returns the flags of all settings. They are hidden where clap lists arguments: `help` lists them.
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    names().map(|name| argument(&name).hide(true))
}

/// Returns the flag of a setting as clap lists it.
pub(crate) fn shown_flag(name: &str) -> Option<Arg> {
    let setting = TABLE.iter().find(|setting| setting.name == name)?;
    let help = format!("{} [default: {}]", setting.help, setting.default_text());
    Some(argument(name).help(help))
}

fn argument(name: &str) -> Arg {
    let argument = Arg::new(name.to_owned()).long(flag(name)).value_name("VALUE");
    argument.value_parser(NonEmptyStringValueParser::new())
}

/// Returns the values of the flags that are given, by the names of their environment variables.
pub(crate) fn given_flags(given: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    names().filter_map(|name| given(&name).map(|text| (name, text))).collect()
}

fn names() -> impl Iterator<Item = String> {
    TABLE.iter().flat_map(|setting| [Some(setting.name.to_owned()), setting.file_variable()]).flatten()
}

/// Describes every setting, for `--help`.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Settings are read from flags, environment variables and ./parlor.toml (or --config), in this order of \
         precedence.\nA key in the file is the flag with underscores: `log_format = \"json\"`. `parlor settings` shows \
         the values in effect.\n",
    );
    for (setting, starts_group) in in_groups() {
        if starts_group {
            let _infallible = writeln!(text, "\n{}:", setting.group);
        }
        let _infallible = writeln!(
            text,
            "  --{}, {}\n      {} [{}]",
            flag(setting.name),
            setting.name,
            setting.help,
            setting.default_text()
        );
    }
    text.push_str(
        "\nSecrets (DATABASE_URL, REDIS_URL, PARLOR_JWT_SECRET and PARLOR_JWT_SECRET_PREVIOUS) can be in a file named by DATABASE_URL_FILE or \
         --database-url-file, and so on.\nOther users of the machine can read command lines: do not put secrets there.\n\
         White space around a value does not count, and an empty one as not set. Times are a number and s, m, h or d; limits are <count>/<time> or off.",
    );
    text
}

/// Returns every setting, and whether it is the first of its group.
fn in_groups() -> impl Iterator<Item = (&'static Setting, bool)> {
    let before = std::iter::once("").chain(TABLE.iter().map(|setting| setting.group));
    TABLE.iter().zip(before).map(|(setting, before)| (setting, setting.group != before))
}

/// Lists every setting with its value in effect and the source of that, for people.
pub(super) fn table(values: &Values) -> String {
    let width = TABLE.iter().map(|setting| setting.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (setting, starts_group) in in_groups() {
        if starts_group {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _infallible = writeln!(text, "{gap}{}:", setting.group);
        }
        let value = shown(setting, values).unwrap_or_else(|| format!("({})", setting.default_text()));
        let source = values.source(setting.name).name();
        let _infallible = writeln!(text, "  {:width$}  {value}  [{source}]", setting.name);
    }
    text
}

/// Lists the same for programs.
pub(super) fn json(values: &Values) -> String {
    let settings = TABLE.iter().map(|setting| {
        json!({
            "name": setting.name,
            "toml": key(setting.name),
            "flag": format!("--{}", flag(setting.name)),
            "default": setting.default_text(),
            "value": shown(setting, values),
            "source": values.source(setting.name).name(),
            "secret": setting.is_secret(),
            "file_name": setting.file_variable(),
            "help": setting.help,
            "group": setting.group,
        })
    });
    format!("{:#}\n", settings.collect::<Value>())
}

/// Returns the text of a value, of a secret only that there is one. A path of an SQLite database is no secret.
fn shown(setting: &Setting, values: &Values) -> Option<String> {
    let text = values.text(setting.name, setting.default)?;
    if setting.is_secret() && !text.starts_with("sqlite:") { Some("***".into()) } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::table::{DATA_DIR, DefaultValue};

    fn read(file: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)).unwrap()
    }

    /// Rows of a table in Markdown whose first cell names a setting.
    fn rows(markdown: &str) -> Vec<&str> {
        let first =
            |line: &str| line.strip_prefix("| `").and_then(|rest| rest.split('`').next().map(str::to_owned));
        let named = |name: &str| TABLE.iter().any(|setting| setting.name == name);
        markdown.lines().filter(|line| first(line).is_some_and(|name| named(&name))).collect()
    }

    fn row(setting: &Setting) -> String {
        let default = setting.default_text();
        let is_value = matches!(setting.default, DefaultValue::Text(_)) || default.contains(DATA_DIR);
        let default = if is_value { format!("`{default}`") } else { default.to_owned() };
        format!("| `{}` | `--{}` | {default} | {} |", setting.name, flag(setting.name), setting.help)
    }

    #[test]
    fn the_documentation_lists_every_setting_as_the_table_has_it() {
        let expected: Vec<_> = TABLE.iter().map(row).collect();
        assert_eq!(rows(&read("docs/settings.md")), expected, "\n{}\n", expected.join("\n"));
    }

    #[test]
    fn the_readme_lists_the_usual_settings_as_the_table_has_them() {
        let readme = read("README.md");
        let usual = rows(&readme);
        assert!(usual.len() >= 5);
        for line in usual {
            assert!(TABLE.iter().any(|setting| row(setting) == line), "{line} differs from docs/settings.md");
        }
    }

    #[test]
    fn help_lists_every_setting() {
        for setting in TABLE {
            assert!(help().contains(&format!("--{}, {}\n", flag(setting.name), setting.name)));
        }
    }
}
