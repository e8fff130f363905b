//! Commands for operators: migrations, files and the index of searches.
#![expect(clippy::print_stdout, reason = "the output of commands goes to standard output")]

use anyhow::bail;
use domain::UseCases;
use domain::file::Collection;

use crate::backend::Backend;
use crate::cli::{Files, Migrate, Search};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::{file_store, wiring};

/// The number of messages after which `parlor search reindex` reports its progress.
const REPORT_STEP: u64 = 10_000;

/// `parlor migrate`
pub(crate) async fn migrate(settings: &Settings, action: Migrate) -> anyhow::Result<()> {
    let store = Backend::open(settings).await?;
    match action {
        Migrate::Run => {
            let run = store.migrate().await?;
            println!("migrations run: {}", run.len());
            for name in run {
                println!("  {name}");
            }
        }
        Migrate::List => {
            for (name, applied) in store.migrations().await? {
                println!("{} {name}", if applied { "applied" } else { "pending" });
            }
        }
        Migrate::Revert => match store.revert().await? {
            Some(name) => println!("reverted {name}"),
            None => println!("nothing to revert"),
        },
    }
    Ok(())
}

/// `parlor files`
pub(crate) async fn files(settings: &Settings, action: Files) -> anyhow::Result<()> {
    let store = Backend::open_existing(settings).await?;
    store.migrate().await?;
    let use_cases = UseCases::new(&wiring::ports(settings, &store, &Shared::alone(settings))?);
    match action {
        Files::Gc { dry_run } => match use_cases.files.collect_garbage.execute(dry_run).await? {
            Collection::Done(found) => {
                let (put, removed) = if dry_run { ("would put", "would remove") } else { ("put", "removed") };
                println!(
                    "{put} in quarantine: {} files that no message shows and {} stored objects that belong to no file, \
                     {} bytes",
                    found.unused, found.orphaned, found.bytes
                );
                println!("{removed} the bytes of {} files whose quarantine is over", found.removed);
            }
            Collection::Waiting { until } => println!("{}", file_store::waiting(until)),
            Collection::Foreign { owner } => bail!("{}", file_store::foreign(owner)),
        },
        Files::Adopt => match use_cases.files.file_store.adopt().await? {
            Some(former) => {
                println!(
                    "{} belonged to the database {former} and belongs to this one now",
                    settings.files_url
                );
                println!("nothing in it is removed for a day");
            }
            None => println!("{} belongs to this database", settings.files_url),
        },
    }
    Ok(())
}

/// `parlor search`
pub(crate) async fn search(settings: &Settings, action: Search) -> anyhow::Result<()> {
    let Search::Reindex = action;
    let store = Backend::open_existing(settings).await?;
    store.migrate().await?;
    let use_cases = UseCases::new(&wiring::ports(settings, &store, &Shared::alone(settings))?);
    let index = &use_cases.search.index;
    let lacking = index.unindexed().await?;
    println!("messages to add: {}, edits: {}", lacking.messages, lacking.edits);
    println!("the newest messages of each room, which searches read themselves, are added as well");
    let mut next = REPORT_STEP;
    let added = index
        .execute(|added| {
            if added.messages >= next {
                println!("messages added: {}", added.messages);
                next = added.messages + REPORT_STEP;
            }
        })
        .await?;
    println!("the index is complete: {} messages and {} edits were added", added.messages, added.edits);
    Ok(())
}
