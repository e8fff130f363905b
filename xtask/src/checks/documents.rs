//! The paths that documents name exist.

use std::path::Path;

use super::Findings;
use super::sources::{Source, sources};

/// The folders that a path in a document starts with.
const FOLDERS: &[&str] = &["crates/", "deploy/", "docs/", "migrations/", "xtask/"];

/// Finds paths in documents that do not exist.
pub(super) fn check() -> anyhow::Result<Findings> {
    let documents = sources("*.md")?;
    let mut findings = Findings::new(format!("paths in {} documents", documents.len()));
    for document in &documents {
        let missing = paths(document).filter(|path| !Path::new(path).exists());
        findings.extend(missing.map(|path| format!("{} names {path}, which does not exist", document.path)));
    }
    Ok(findings)
}

/// Returns the paths in backticks. A text with other characters, such as `crates/*`, is not one.
fn paths(document: &Source) -> impl Iterator<Item = &str> {
    let plain =
        |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    let quoted = document.text.split('`').skip(1).step_by(2);
    quoted.filter(move |text| FOLDERS.iter().any(|folder| text.starts_with(folder)) && plain(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_backticks_are_found_and_other_texts_are_not() {
        let text =
            "See `crates/domain/src`, `crates/infra-*`, `crate::domain` and `xtask/src/checks/documents.rs`.";
        let document = Source { path: "a.md".to_owned(), text: text.to_owned() };
        assert_eq!(
            paths(&document).collect::<Vec<_>>(),
            ["crates/domain/src", "xtask/src/checks/documents.rs"]
        );
    }
}
