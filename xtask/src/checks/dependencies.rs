//! Dependencies between the crates of the workspace, as docs/architecture.md allows them.

use std::collections::BTreeSet;

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Findings;

/// The crates that `domain` may use: pure ones only.
const PURE: &[&str] = &[
    "async-trait",
    "garde",
    "icu_casemap",
    "mockall",
    "sha2",
    "thiserror",
    "time",
    "unicode-normalization",
    "unicode-properties",
    "unicode-segmentation",
    "uuid",
];

/// Finds dependencies that must not be.
pub(super) fn check() -> anyhow::Result<Findings> {
    let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
    let mut findings = Findings::new(format!("dependencies of {} packages", metadata.packages.len()));
    for package in &metadata.packages {
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        let names: BTreeSet<&str> = normal.map(|dependency| dependency.name.as_str()).collect();
        findings.extend(forbidden(&package.name, &names));
    }
    Ok(findings)
}

fn forbidden(package: &str, dependencies: &BTreeSet<&str>) -> Vec<String> {
    let adapter = |name: &str| name.starts_with("infra-");
    let web = |name: &str| name.starts_with("actix") || name == "api-actix";
    let wrong = |name: &&&str| match package {
        "domain" => !PURE.contains(name),
        "parlor" => false,
        "live" => adapter(name) || web(name),
        _ if adapter(package) => adapter(name) || ["api-actix", "live"].contains(name),
        _ => adapter(name),
    };
    dependencies.iter().filter(wrong).map(|name| format!("{package} must not depend on {name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_dependency_is_found() {
        for (from, to) in [
            ("domain", "tokio"),
            ("domain", "serde_json"),
            ("infra-sqlite", "infra-memory"),
            ("infra-sqlite", "api-actix"),
            ("infra-memory", "live"),
            ("live", "actix-web"),
            ("live", "infra-redis"),
            ("api-actix", "infra-sqlite"),
            ("store-common", "infra-sqlite"),
            ("xtask", "infra-postgres"),
        ] {
            assert_eq!(forbidden(from, &BTreeSet::from([to])), [format!("{from} must not depend on {to}")]);
        }
        assert!(forbidden("parlor", &BTreeSet::from(["infra-sqlite", "api-actix"])).is_empty());
        assert!(forbidden("infra-sqlite", &BTreeSet::from(["domain", "store-common"])).is_empty());
    }
}
