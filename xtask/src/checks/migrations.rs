//! Every migration exists for both databases under the same name, up and down.

use std::collections::BTreeSet;
use std::path::Path;

use super::Findings;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];

/// Finds migrations that lack a file or their counterpart.
pub(super) fn check() -> anyhow::Result<Findings> {
    let complaints = complaints(Path::new("migrations"))?;
    let mut findings = Findings::new("migrations of both databases".to_owned());
    findings.extend(complaints);
    Ok(findings)
}

fn complaints(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut complaints = vec![];
    let mut found = vec![];
    for database in DATABASES {
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(folder.join(database))? {
            let migration = entry?.path();
            let missing = ["up.sql", "down.sql"].into_iter().filter(|file| !migration.join(file).exists());
            complaints.extend(missing.map(|file| format!("{} has no {file}", migration.display())));
            names.insert(migration.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        found.push(names);
    }
    let single = found[0].symmetric_difference(&found[1]);
    complaints.extend(single.map(|name| format!("{name} exists for one database only")));
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_without_its_counterpart_or_a_way_back_is_found() {
        let folder = tempfile::tempdir().unwrap();
        for (migration, files) in [
            ("sqlite/1_rooms", &["up.sql", "down.sql"][..]),
            ("postgres/1_rooms", &["up.sql"]),
            ("postgres/2_files", &["up.sql", "down.sql"]),
        ] {
            let migration = folder.path().join(migration);
            std::fs::create_dir_all(&migration).unwrap();
            for file in files {
                std::fs::write(migration.join(file), "").unwrap();
            }
        }
        let found = complaints(folder.path()).unwrap();
        assert!(found[0].ends_with("postgres/1_rooms has no down.sql"), "{found:?}");
        assert_eq!(found[1..], ["2_files exists for one database only"]);
    }
}
