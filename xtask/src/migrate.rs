//! `cargo xtask migrate`: migrates the database that the environment names, or creates a new migration.
#![expect(clippy::print_stdout, reason = "prints what it creates")]

use std::process::Command;

use anyhow::{Context, ensure};
use clap::Subcommand;

use crate::cargo;

#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Runs the pending migrations.
    Run,
    /// Lists every migration and if it is applied.
    List,
    /// Reverts the latest, with the data it brought.
    Revert,
    /// Creates the folders of a new migration, one for each database.
    Create {
        /// Its name, such as `add_room_topics`.
        name: String,
    },
}

pub(crate) fn run(action: &Migrate) -> anyhow::Result<()> {
    let action = match action {
        Migrate::Run => "run",
        Migrate::List => "list",
        Migrate::Revert => "revert",
        Migrate::Create { name } => return create(name),
    };
    cargo(&["run", "--quiet", "--package", "parlor", "--", "migrate", action])
}

fn create(name: &str) -> anyhow::Result<()> {
    let valid =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    ensure!(
        valid,
        "the name of a migration consists of lower-case letters, digits and underscores, such as add_room_topics"
    );
    let stamp =
        Command::new("date").args(["-u", "+%Y-%m-%d-%H%M%S"]).output().context("date did not start")?;
    let stamp = String::from_utf8(stamp.stdout)?;
    for database in ["sqlite", "postgres"] {
        let folder = format!("migrations/{database}/{}_{name}", stamp.trim());
        std::fs::create_dir_all(&folder)?;
        std::fs::write(format!("{folder}/up.sql"), "-- Applies the change.\n")?;
        std::fs::write(format!("{folder}/down.sql"), "-- Reverts the change.\n")?;
        println!("created {folder}");
    }
    println!(
        "add tables, columns and indexes first and remove old ones a release later: replicas of both releases run side by side"
    );
    Ok(())
}
