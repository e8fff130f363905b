//! The rules of the house that no compiler checks.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// What the domain may stand on: pure crates only.
const PURE: &[&str] =
    &["async-trait", "garde", "mockall", "sha2", "thiserror", "time", "unicode-normalization", "uuid"];

/// Checks who depends on whom.
#[expect(clippy::print_stdout, reason = "says what was checked")]
pub(crate) fn arrows() -> anyhow::Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
    let mut wrong = vec![];
    for package in &metadata.packages {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        let names: BTreeSet<&str> = normal.map(|dependency| dependency.name.as_str()).collect();
        wrong.extend(wrong_arrows(&package.name, &names));
    }
    ensure!(wrong.is_empty(), "arrows that must not be (see docs/architecture.md):\n{}", wrong.join("\n"));
    println!("arrows: {} packages", metadata.packages.len());
    Ok(())
}

fn wrong_arrows(package: &str, dependencies: &BTreeSet<&str>) -> Vec<String> {
    let adapter = |name: &str| name.starts_with("infra-");
    let wrong = |name: &&&str| match package {
        "domain" => !PURE.contains(name),
        "api-actix" => adapter(name),
        _ if adapter(package) => adapter(name) || **name == "api-actix",
        _ => false,
    };
    dependencies.iter().filter(wrong).map(|name| format!("{package} → {name}")).collect()
}

/// Checks that every source file says in its first line what it is for.
#[expect(clippy::print_stdout, reason = "says what was checked")]
pub(crate) fn file_heads() -> anyhow::Result<()> {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).output().context("git did not start")?;
    ensure!(listed.status.success(), "git ls-files failed");
    let files = String::from_utf8(listed.stdout)?;
    let mut headless = vec![];
    for file in files.lines() {
        let text = std::fs::read_to_string(file).with_context(|| format!("can't read {file}"))?;
        if !text.starts_with("//! ") {
            headless.push(file);
        }
    }
    ensure!(headless.is_empty(), "files without a first line `//! …`:\n{}", headless.join("\n"));
    println!("file heads: {} files", files.lines().count());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_arrow_is_found() {
        for (from, to) in [
            ("domain", "tokio"),
            ("domain", "serde_json"),
            ("infra-sqlite", "infra-memory"),
            ("infra-sqlite", "api-actix"),
            ("api-actix", "infra-sqlite"),
        ] {
            assert_eq!(wrong_arrows(from, &BTreeSet::from([to])), [format!("{from} → {to}")]);
        }
        assert!(wrong_arrows("parlor", &BTreeSet::from(["infra-sqlite", "api-actix"])).is_empty());
        assert!(wrong_arrows("infra-sqlite", &BTreeSet::from(["domain", "group-commit"])).is_empty());
    }
}
