//! `cargo xtask deploy`: Parlor in a Kubernetes cluster, and the checks of everything under `deploy`.

mod check;
mod cluster;
mod compose;
pub(crate) mod manifests;
mod metrics;
mod policies;
mod program;
pub(crate) mod render;
mod tools;

use clap::Subcommand;

use render::Which;

pub(crate) use check::{Depth, run as check};
pub(crate) use program::root;

#[derive(Subcommand)]
pub(crate) enum Deploy {
    /// Prints the manifests of an overlay.
    Render(Which),
    /// Holds manifests, compose file, dashboards and alerts against schemas and policies. Needs no cluster.
    Check {
        /// Runs checkov too, which takes a minute.
        #[arg(long)]
        checkov: bool,
    },
    /// Says what `apply` would change in the cluster that kubectl points at.
    Diff(Which),
    /// Migrates the schema and rolls the replicas, one after the other.
    Apply(Which),
    /// Goes back to the release before; the schema stays as it is.
    Rollback {
        #[command(flatten)]
        which: Which,
        /// A revision that `kubectl rollout history` names, other than the one before.
        #[arg(long)]
        to_revision: Option<u32>,
    },
}

#[expect(clippy::print_stdout, reason = "manifests go to standard output")]
pub(crate) fn run(command: &Deploy) -> anyhow::Result<()> {
    match command {
        Deploy::Render(which) => {
            print!("{}", render::render(which)?);
            Ok(())
        }
        Deploy::Check { checkov } => check(if *checkov { Depth::Checkov } else { Depth::Schemas }),
        Deploy::Diff(which) => cluster::diff(which),
        Deploy::Apply(which) => cluster::apply(which),
        Deploy::Rollback { which, to_revision } => cluster::rollback(which, *to_revision),
    }
}
