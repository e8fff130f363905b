//! `cargo xtask deploy check`: everything under `deploy`, without a cluster.
#![expect(clippy::print_stdout, reason = "says what was checked")]

use anyhow::{Context, ensure};

use super::manifests::{Manifests, parse};
use super::policies::{POLICIES, World, judge};
use super::program::{Program, root};
use super::render::{Which, kubectl_is_here, manifests, render};
use super::{compose, metrics, tools};

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// What can be checked here: no manifests where kubectl is missing.
    Possible,
    /// Policies, schemas, and what Prometheus and nginx say.
    Schemas,
    /// And checkov's opinion.
    Checkov,
}

/// Checks what is shipped.
pub(crate) fn run(depth: Depth) -> anyhow::Result<()> {
    let program = Program::read()?;
    let names = metrics::check(&program)?;
    println!("dashboard and alerts: {names} metrics, all of them in the code");
    compose::check(&program)?;
    println!("compose.yaml: sound");
    if kubectl_is_here() {
        for (name, world) in shipped()? {
            sound(&world).with_context(|| name.clone())?;
            println!("{name}: {} documents, {} policies", world.manifests.0.len(), POLICIES.len());
        }
        for (name, which) in installations() {
            tools::schemas(&name, &render(&which)?)?;
        }
    } else {
        let advice = "there is no kubectl; see https://kubernetes.io/docs/tasks/tools/";
        ensure!(depth == Depth::Possible, "{advice}");
        println!("manifests: not checked, {advice}");
    }
    tools::compose_schema()?;
    tools::promtool()?;
    tools::nginx()?;
    if depth == Depth::Checkov {
        tools::checkov(&render(&Which::plain("production"))?)?;
    }
    Ok(())
}

/// Refuses an installation that breaks a policy.
pub(crate) fn sound(world: &World) -> anyhow::Result<()> {
    let complaints = judge(world);
    ensure!(complaints.is_empty(), "policies are broken:\n{}", complaints.join("\n"));
    Ok(())
}

/// What is checked: every overlay, and production with each component.
fn installations() -> Vec<(String, Which)> {
    vec![
        ("development".to_owned(), Which::plain("development")),
        ("production".to_owned(), Which::plain("production")),
        ("production with gateway-api".to_owned(), Which::with_components("production", &["gateway-api"])),
        ("production with monitoring".to_owned(), Which::with_components("production", &["monitoring"])),
    ]
}

/// The installations, rendered.
pub(crate) fn shipped() -> anyhow::Result<Vec<(String, World)>> {
    let program = Program::read()?;
    let judged = installations().into_iter().map(|(name, which)| Ok((name, world(&which, program.clone())?)));
    judged.collect()
}

/// An installation with all that it is judged by.
pub(crate) fn world(which: &Which, program: Program) -> anyhow::Result<World> {
    let mut declared = Manifests(vec![]);
    for overlay in std::fs::read_dir(root().join("deploy/kubernetes/overlays"))? {
        // An overlay may need none, or those of the one it stands on.
        if let Ok(text) = std::fs::read_to_string(overlay?.path().join("secrets.example.yaml")) {
            declared.0.extend(parse(&text)?);
        }
    }
    Ok(World { manifests: manifests(which)?, declared, program })
}
