//! What must hold of every installation, beyond what schemas can say. Each policy answers its complaints.

mod pods;
mod public;
mod routing;
mod scale;
#[cfg(test)]
mod tests;

use super::manifests::Manifests;
use super::program::Program;

pub(crate) use pods::{seconds, stays};

/// What is judged, and by what.
#[derive(Clone)]
pub(crate) struct World {
    pub manifests: Manifests,
    /// Secrets that somebody else makes: `secrets.example.yaml` of the overlay.
    pub declared: Manifests,
    pub program: Program,
}

type Policy = fn(&World) -> Vec<String>;

/// Every policy, by the sentence that holds.
pub(crate) const POLICIES: &[(&str, Policy)] = &[
    ("selectors find the pods they mean", routing::selectors),
    ("ports lead from ingress to container", routing::ports),
    ("probes ask paths that the program answers", routing::probes),
    ("all that is for users is published, and nothing that is for operators", public::published),
    ("requests of a Socket.IO session stay together", public::pinned),
    ("streams and uploads pass the ingress", public::streams),
    ("whatever is referred to is there", pods::references),
    ("the program knows every setting", pods::settings),
    ("images have a tag that stays", pods::tags),
    ("pods are confined", pods::confined),
    ("pods have time to end", pods::grace),
    ("disruptions leave replicas", scale::disruptions),
    ("replicas are counted by one", scale::counted_once),
    ("pools fit the database", scale::pools),
    ("several replicas share their state", scale::shared_state),
];

/// Every complaint, with the policy it comes from.
pub(crate) fn judge(world: &World) -> Vec<String> {
    let judged = POLICIES.iter().flat_map(|(name, policy)| {
        policy(world).into_iter().map(move |complaint| format!("{name}: {complaint}"))
    });
    judged.collect()
}
