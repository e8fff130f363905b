//! The migrations of a database, embedded in the program.

use anyhow::anyhow;
use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

/// A migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The name of its folder.
    pub name: String,
    /// `true` once it is applied.
    pub applied: bool,
}

/// Every migration that this program knows, oldest first.
pub struct Migrations<DB: Backend>(Vec<Box<dyn Migration<DB>>>);

impl<DB: Backend> Migrations<DB> {
    /// Returns those that are embedded.
    pub fn new(embedded: &EmbeddedMigrations) -> anyhow::Result<Self> {
        let mut known = embedded.migrations().map_err(|error| anyhow!(error))?;
        known.sort_by_key(|migration| migration.name().version().as_owned());
        Ok(Self(known))
    }

    /// Returns every migration, and whether the database has it.
    pub fn status(&self, database: &mut impl MigrationHarness<DB>) -> anyhow::Result<Vec<MigrationStatus>> {
        let applied: Vec<_> = applied(database)?.iter().map(ToString::to_string).collect();
        Ok(self.status_where(&applied))
    }

    /// Returns every migration, and whether it is among those versions.
    #[must_use]
    pub fn status_where(&self, applied: &[String]) -> Vec<MigrationStatus> {
        let status = self.0.iter().map(|migration| MigrationStatus {
            applied: applied.contains(&migration.name().version().to_string()),
            name: migration.name().to_string(),
        });
        status.collect()
    }

    /// Applies the pending migrations; returns their names.
    pub fn run_pending(&self, database: &mut impl MigrationHarness<DB>) -> anyhow::Result<Vec<String>> {
        let applied = applied(database)?;
        let mut run = vec![];
        for migration in self.0.iter().filter(|known| !applied.contains(&known.name().version())) {
            database.run_migration(&**migration).map_err(|error| anyhow!(error))?;
            run.push(migration.name().to_string());
        }
        Ok(run)
    }

    /// Reverts the latest migration; returns its name, or `None` where none is applied.
    pub fn revert_last(&self, database: &mut impl MigrationHarness<DB>) -> anyhow::Result<Option<String>> {
        let Some(last) = applied(database)?.into_iter().max() else { return Ok(None) };
        let migration = self.0.iter().find(|known| known.name().version() == last);
        let migration =
            migration.ok_or_else(|| anyhow!("this program does not know the migration {last}"))?;
        database.revert_migration(&**migration).map_err(|error| anyhow!(error))?;
        Ok(Some(migration.name().to_string()))
    }

    /// Returns the versions of the migrations that the database has and this program, an earlier one, does not know.
    pub fn unknown(&self, database: &mut impl MigrationHarness<DB>) -> anyhow::Result<Vec<String>> {
        let unknown = applied(database)?.into_iter();
        let unknown =
            unknown.filter(|version| !self.0.iter().any(|known| known.name().version() == *version));
        Ok(unknown.map(|version| version.to_string()).collect())
    }
}

fn applied<DB: Backend>(
    database: &mut impl MigrationHarness<DB>,
) -> anyhow::Result<Vec<MigrationVersion<'static>>> {
    database.applied_migrations().map_err(|error| anyhow!(error))
}
