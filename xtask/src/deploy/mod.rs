//! `cargo xtask deploy`: applies Parlor to a Kubernetes cluster, and checks everything under `deploy`.

mod check;
mod cluster;
mod compose;
pub(crate) mod manifests;
mod metrics;
mod nginx;
mod policies;
mod program;
pub(crate) mod render;
mod tools;

use clap::Subcommand;

use render::Selection;

pub(crate) use check::{Depth, run as check};

#[derive(Subcommand)]
pub(crate) enum Deploy {
    /// Prints the manifests of an overlay.
    Render(Selection),
    /// Checks manifests, compose file, dashboards and alerts against schemas and policies. Needs no cluster.
    Check {
        /// Runs checkov too, which takes a minute.
        #[arg(long)]
        checkov: bool,
    },
    /// Prints the changes that `apply` would make in the cluster that kubectl points at.
    Diff(Selection),
    /// Migrates the schema, then updates the replicas one after the other.
    Apply(Selection),
    /// Returns to the previous release; the schema stays as it is.
    Rollback {
        #[command(flatten)]
        selection: Selection,
        /// A revision from `kubectl rollout history`, instead of the previous one.
        #[arg(long)]
        to_revision: Option<u32>,
    },
}

#[expect(clippy::print_stdout, reason = "manifests go to standard output")]
pub(crate) fn run(command: &Deploy) -> anyhow::Result<()> {
    match command {
        Deploy::Render(selection) => {
            print!("{}", render::render(selection)?);
            Ok(())
        }
        Deploy::Check { checkov } => check(if *checkov { Depth::Checkov } else { Depth::Schemas }),
        Deploy::Diff(selection) => cluster::diff(selection),
        Deploy::Apply(selection) => cluster::apply(selection),
        Deploy::Rollback { selection, to_revision } => cluster::rollback(selection, *to_revision),
    }
}
