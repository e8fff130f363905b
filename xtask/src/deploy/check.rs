//! `cargo xtask deploy check`: checks everything under `deploy` without a cluster.
#![expect(clippy::print_stdout, reason = "prints what it checked")]

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::manifests::{Manifests, parse, text};
use super::policies::{Installation, POLICIES, complaints};
use super::program::Program;
use super::render::{Selection, kubectl_is_installed, manifests, render};
use super::{compose, metrics, nginx, tools};
use crate::npm;
use crate::paths::root;

/// The extent of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// Leaves the manifests out where kubectl is missing.
    Possible,
    /// Policies, schemas, promtool and nginx.
    Schemas,
    /// The same, and checkov.
    Checkov,
}

/// Checks everything under `deploy`.
pub(crate) fn run(depth: Depth) -> anyhow::Result<()> {
    let program = Program::read()?;
    let names = metrics::check(&program)?;
    println!("dashboard and alerts: {names} metrics, all known to the program");
    compose::check(&program)?;
    println!("compose.yaml: ok");
    if kubectl_is_installed() {
        for (name, installation) in shipped()? {
            require_policies(&installation).with_context(|| name.clone())?;
            println!("{name}: {} documents, {} policies", installation.manifests.0.len(), POLICIES.len());
        }
        let mut custom = vec![];
        for (name, selection) in selections() {
            custom.extend(tools::schemas(&name, &render(&selection)?)?);
        }
        custom_schemas(&custom, depth)?;
    } else {
        let advice = "kubectl is missing; see https://kubernetes.io/docs/tasks/tools/";
        ensure!(depth == Depth::Possible, "{advice}");
        println!("manifests: not checked, {advice}");
    }
    tools::compose_schema()?;
    tools::promtool()?;
    nginx::check()?;
    if depth == Depth::Checkov {
        tools::checkov(&render(&Selection::plain("production"))?)?;
    }
    Ok(())
}

/// Checks the resources of others; the same one of several installations once.
fn custom_schemas(resources: &[Value], depth: Depth) -> anyhow::Result<()> {
    if !npm::is_installed() {
        let advice = "npm or node is missing; Debian's packages are npm and nodejs";
        ensure!(depth == Depth::Possible, "{advice}");
        println!("custom resources: not checked, {advice}");
        return Ok(());
    }
    let mut different: Vec<Value> = vec![];
    for resource in resources {
        if !different.contains(resource) {
            different.push(resource.clone());
        }
    }
    tools::custom_schemas(&different)?;
    let names: BTreeSet<_> = different.iter().map(|resource| text(resource, "/kind")).collect();
    println!("custom resources: {names:?} match the schemas of their projects");
    Ok(())
}

/// Fails for an installation that breaks a policy.
pub(crate) fn require_policies(installation: &Installation) -> anyhow::Result<()> {
    let complaints = complaints(installation);
    ensure!(complaints.is_empty(), "policies are broken:\n{}", complaints.join("\n"));
    Ok(())
}

/// Every overlay, and production with each component.
fn selections() -> Vec<(String, Selection)> {
    let overlays = ["development", "production"].map(|name| (name.to_owned(), Selection::plain(name)));
    let components: [&[&str]; 3] = [&["ingress"], &["ingress", "ingress-nginx"], &["monitoring"]];
    let with = components.map(|components| {
        let name = format!("production with {}", components.join(" and "));
        (name, Selection::with_components("production", components))
    });
    overlays.into_iter().chain(with).collect()
}

/// Renders the installations that are checked.
pub(crate) fn shipped() -> anyhow::Result<Vec<(String, Installation)>> {
    let program = Program::read()?;
    let rendered = selections()
        .into_iter()
        .map(|(name, selection)| Ok((name, installation(&selection, program.clone())?)));
    rendered.collect()
}

/// Renders an installation, with everything that policies compare it with.
pub(crate) fn installation(selection: &Selection, program: Program) -> anyhow::Result<Installation> {
    let mut declared = Manifests(vec![]);
    for overlay in std::fs::read_dir(root().join("deploy/kubernetes/overlays"))? {
        // An overlay may need none, or those of the overlay below it.
        if let Ok(text) = std::fs::read_to_string(overlay?.path().join("secrets.example.yaml")) {
            declared.0.extend(parse(&text)?);
        }
    }
    Ok(Installation { manifests: manifests(selection)?, declared, program })
}
