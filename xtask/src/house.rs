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
        "parlor" => false,
        _ if adapter(package) => adapter(name) || **name == "api-actix",
        _ => adapter(name),
    };
    dependencies.iter().filter(wrong).map(|name| format!("{package} → {name}")).collect()
}

/// Checks that every migration of one database has its twin in the other, with a way back.
#[expect(clippy::print_stdout, reason = "says what was checked")]
pub(crate) fn migration_twins() -> anyhow::Result<()> {
    let names = |database: &str| -> anyhow::Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(format!("migrations/{database}"))? {
            let folder = entry?.path();
            for file in ["up.sql", "down.sql"] {
                ensure!(folder.join(file).exists(), "{} has no {file}", folder.display());
            }
            names.insert(folder.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        Ok(names)
    };
    let (sqlite, postgres) = (names("sqlite")?, names("postgres")?);
    let alone: Vec<_> = sqlite.symmetric_difference(&postgres).cloned().collect();
    ensure!(alone.is_empty(), "migrations without a twin: {}", alone.join(", "));
    println!("migrations: {} pairs", sqlite.len());
    Ok(())
}

/// Checks that SQL is written by the stores alone.
#[expect(clippy::print_stdout, reason = "says what was checked")]
pub(crate) fn no_stray_sql() -> anyhow::Result<()> {
    let mut stray = vec![];
    let mut looked_at = 0;
    for file in rust_files()? {
        let of_a_store = [
            "crates/store-common/",
            "crates/infra-sqlite/",
            "crates/infra-postgres/",
            "crates/test-support/",
            "xtask/",
        ]
        .iter()
        .any(|store| file.starts_with(store));
        if !of_a_store {
            looked_at += 1;
            let text = std::fs::read_to_string(&file)?;
            stray.extend(
                text.lines().filter(|line| holds_sql(line)).map(|line| format!("{file}: {}", line.trim())),
            );
        }
    }
    ensure!(stray.is_empty(), "SQL outside the stores:\n{}", stray.join("\n"));
    println!("SQL: none in {looked_at} files outside the stores");
    Ok(())
}

fn holds_sql(line: &str) -> bool {
    ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE "].iter().any(|word| line.contains(word))
}

/// How long a file may be: one screenful of ideas, not a chapter.
const LONGEST: usize = 320;

/// Checks that no source file has grown beyond what one reads in one go.
#[expect(clippy::print_stdout, reason = "says what was checked")]
pub(crate) fn file_lengths() -> anyhow::Result<()> {
    let mut long = vec![];
    for file in rust_files()? {
        let lines = std::fs::read_to_string(&file)?.lines().count();
        if lines > LONGEST {
            long.push(format!("{file}: {lines} lines"));
        }
    }
    ensure!(long.is_empty(), "files of more than {LONGEST} lines; split them:\n{}", long.join("\n"));
    println!("file lengths: none above {LONGEST} lines");
    Ok(())
}

fn rust_files() -> anyhow::Result<Vec<String>> {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).output().context("git did not start")?;
    ensure!(listed.status.success(), "git ls-files failed");
    let names = String::from_utf8(listed.stdout)?;
    // A file that is gone and not yet committed as gone is still listed.
    Ok(names.lines().filter(|file| std::path::Path::new(file).exists()).map(str::to_owned).collect())
}

/// Checks that every source file says in its first line what it is for.
#[expect(clippy::print_stdout, reason = "says what was checked")]
pub(crate) fn file_heads() -> anyhow::Result<()> {
    let files = rust_files()?;
    let mut headless = vec![];
    for file in &files {
        let text = std::fs::read_to_string(file).with_context(|| format!("can't read {file}"))?;
        if !text.starts_with("//! ") {
            headless.push(file.as_str());
        }
    }
    ensure!(headless.is_empty(), "files without a first line `//! …`:\n{}", headless.join("\n"));
    println!("file heads: {} files", files.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_known_when_it_is_seen() {
        assert!(holds_sql("let all = \"SELECT id FROM rooms\";"));
        assert!(!holds_sql("// select the room"));
    }

    #[test]
    fn each_forbidden_arrow_is_found() {
        for (from, to) in [
            ("domain", "tokio"),
            ("domain", "serde_json"),
            ("infra-sqlite", "infra-memory"),
            ("infra-sqlite", "api-actix"),
            ("api-actix", "infra-sqlite"),
            ("store-common", "infra-sqlite"),
            ("xtask", "infra-postgres"),
        ] {
            assert_eq!(wrong_arrows(from, &BTreeSet::from([to])), [format!("{from} → {to}")]);
        }
        assert!(wrong_arrows("parlor", &BTreeSet::from(["infra-sqlite", "api-actix"])).is_empty());
        assert!(wrong_arrows("infra-sqlite", &BTreeSet::from(["domain", "store-common"])).is_empty());
    }
}
