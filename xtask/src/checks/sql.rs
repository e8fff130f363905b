//! SQL is written in the store adapters alone.

use super::Findings;
use super::sources::{Source, rust_sources};

/// The store adapters, and the tools that set databases up.
const STORES: &[&str] = &[
    "crates/store-common/",
    "crates/infra-sqlite/",
    "crates/infra-postgres/",
    "crates/test-support/",
    "xtask/",
];

/// Finds SQL outside the stores.
pub(super) fn check() -> anyhow::Result<Findings> {
    let mut sources = rust_sources()?;
    sources.retain(|source| !STORES.iter().any(|store| source.path.starts_with(store)));
    let mut findings = Findings::new(format!("SQL in {} files outside the stores", sources.len()));
    findings.extend(sources.iter().flat_map(complaints));
    Ok(findings)
}

fn complaints(source: &Source) -> Vec<String> {
    let lines = source.text.lines().filter(|line| holds_sql(line));
    lines.map(|line| format!("{}: {}", source.path, line.trim())).collect()
}

fn holds_sql(line: &str) -> bool {
    ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE "].iter().any(|start| line.contains(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_found_and_a_comment_in_english_is_not() {
        let source = |text: &str| Source { path: "a.rs".to_owned(), text: text.to_owned() };
        assert_eq!(complaints(&source("let all = \"SELECT id FROM rooms\";")).len(), 1);
        assert!(complaints(&source("// select the room")).is_empty());
    }
}
