//! Policies: rules for every installation that no schema expresses. Each returns its complaints.

mod gateway;
mod metadata;
mod pods;
mod public;
mod routing;
mod scale;
#[cfg(test)]
mod tests;

use super::manifests::Manifests;
use super::program::Program;

pub(crate) use pods::{is_fixed, seconds};

/// An installation, and what policies compare it with.
#[derive(Clone)]
pub(crate) struct Installation {
    pub manifests: Manifests,
    /// Secrets that the operator creates: `secrets.example.yaml` of the overlay.
    pub declared: Manifests,
    pub program: Program,
}

type Policy = fn(&Installation) -> Vec<String>;

/// Every policy, with the sentence that it enforces.
pub(crate) const POLICIES: &[(&str, Policy)] = &[
    ("selectors find their pods", routing::selectors),
    ("ports lead from ingress to container", routing::ports),
    ("probes request paths that the program answers", routing::probes),
    ("routes for users are published, routes for operators are not", public::published),
    ("requests of a Socket.IO session stay together", public::pinned),
    ("streams and uploads pass", public::streams),
    ("routes attach to a listener", gateway::attached),
    ("passwords travel over TLS", gateway::encrypted),
    ("clients can't choose their address", gateway::forwarded),
    ("objects lie in one namespace", metadata::namespaces),
    ("objects have the recommended labels", metadata::labels),
    ("references name existing documents", pods::references),
    ("the program knows every setting", pods::settings),
    ("images have a fixed tag", pods::tags),
    ("pods are confined", pods::confined),
    ("pods have time to end", pods::grace),
    ("disruptions leave replicas", scale::disruptions),
    ("replicas are set in one place", scale::counted_once),
    ("processors are not limited", scale::processors),
    ("pools fit the database", scale::pools),
    ("several replicas share their state", scale::shared_state),
];

/// Returns every complaint with its policy.
pub(crate) fn complaints(installation: &Installation) -> Vec<String> {
    let complaints = POLICIES.iter().flat_map(|(name, policy)| {
        policy(installation).into_iter().map(move |complaint| format!("{name}: {complaint}"))
    });
    complaints.collect()
}
