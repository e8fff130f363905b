//! The requirements of the database, the file store and Redis: one list, by which `parlor serve` refuses to start and `parlor
//! doctor` reports.

mod files;
mod redis;

use std::fmt;

use anyhow::bail;
use infra_postgres::Verdict;

use crate::backend::Backend;
use crate::settings::Settings;

/// Result of a check, with a text for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    Fine(String),
    /// The server works; the text recommends a change.
    Warning(String),
    /// It does not work; the text names the reason and the remedy.
    Wrong(String),
}

use Finding::{Fine, Warning, Wrong};

/// A requirement that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Examined {
    pub name: String,
    pub finding: Finding,
}

impl fmt::Display for Examined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Fine(text) | Warning(text) | Wrong(text)) = &self.finding;
        write!(f, "{}: {text}", self.name)
    }
}

/// Names the finding of a PostgreSQL database.
pub(crate) fn of_database((name, verdict): (&'static str, Verdict)) -> Examined {
    let finding = match verdict {
        Verdict::Fine(text) => Fine(text),
        Verdict::Warning(text) => Warning(text),
        Verdict::Wrong(text) => Wrong(text),
    };
    Examined { name: format!("database {name}"), finding }
}

/// Examines where uploads are stored.
pub(crate) async fn files(settings: &Settings) -> Examined {
    Examined { name: files::NAME.into(), finding: files::examine(settings).await }
}

/// Examines Redis.
pub(crate) async fn redis(settings: &Settings) -> Examined {
    Examined { name: redis::NAME.into(), finding: redis::examine(settings).await }
}

/// Returns an error with a line for each finding that is wrong, and logs the warnings.
pub(crate) fn refuse(examined: Vec<Examined>) -> anyhow::Result<()> {
    let mut wrong = vec![];
    for one in examined {
        match one.finding {
            Fine(_) => {}
            Warning(_) => tracing::warn!("{one}"),
            Wrong(_) => wrong.push(one.to_string()),
        }
    }
    if !wrong.is_empty() {
        bail!(wrong.join("\nparlor: "));
    }
    Ok(())
}

/// Examines a folder of files, and waits until the database meets its requirements and is migrated. Fails where no later
/// attempt can succeed.
pub(crate) async fn before_start(settings: &Settings, store: &Backend) -> anyhow::Result<()> {
    if files::are_local(settings) {
        refuse(vec![files(settings).await])?;
    }
    crate::backend::migrate_when_reachable(store).await
}

/// Examines Redis and S3, without which the server runs for a while, and logs what is wrong.
pub(crate) async fn beside_the_start(settings: &Settings) {
    let mut examined = vec![redis(settings).await];
    if !files::are_local(settings) {
        examined.push(files(settings).await);
    }
    for one in examined.iter().filter(|one| !matches!(one.finding, Fine(_))) {
        tracing::warn!("{one}");
    }
}

/// Returns the name and the rule of every requirement, for the documentation.
#[cfg(test)]
fn rules() -> Vec<(String, &'static str)> {
    let database = infra_postgres::REQUIREMENTS
        .iter()
        .map(|required| (format!("database {}", required.name), required.rule));
    database.chain([(files::NAME.into(), files::RULE), (redis::NAME.into(), redis::RULE)]).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_documentation_lists_every_requirement() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
        let text = std::fs::read_to_string(path).unwrap();
        let table = text.split("| requirement | rule |\n|---|---|\n").nth(1).unwrap();
        let listed: Vec<&str> = table.lines().take_while(|line| line.starts_with("| ")).collect();
        let expected: Vec<String> =
            rules().iter().map(|(name, rule)| format!("| {name} | {rule} |")).collect();
        assert_eq!(listed, expected, "\n{}\n", expected.join("\n"));
    }

    #[test]
    fn every_wrong_finding_is_a_line_of_the_refusal() {
        let examined = |name: &str, finding| Examined { name: name.into(), finding };
        refuse(vec![examined("a", Fine("good".into())), examined("b", Warning("so-so".into()))]).unwrap();
        let refused = refuse(vec![
            examined("a", Wrong("bad: mend it".into())),
            examined("b", Fine("good".into())),
            examined("c", Wrong("worse: mend that".into())),
        ]);
        assert_eq!(refused.unwrap_err().to_string(), "a: bad: mend it\nparlor: c: worse: mend that");
    }
}
