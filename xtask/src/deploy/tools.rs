//! Checks by other programs: schemas of Kubernetes, of custom resources and of compose, promtool, checkov.
#![expect(clippy::print_stdout, reason = "prints what it checked")]

use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::manifests::{parse, text};
use crate::paths::root;
use crate::{must, npm, pypi};

const VENV: &str = "target/tools/deploy";
const CHECKOV: &str = "target/tools/checkov";
/// The oldest Kubernetes that must accept the manifests, and the newest with a known schema.
const KUBERNETES: [&str; 2] = ["1.30", "1.37"];

/// The rules of checkov that the manifests break on purpose.
const CHECKOV_SKIPS: &[&str] = &[
    "CKV_K8S_11", // a limit of CPU would throttle a replica whose node has idle cores
    "CKV_K8S_15", // the image of a fixed tag need not be pulled again
    "CKV_K8S_35", // only the keys of S3 are in the environment: its client reads them nowhere else
    "CKV_K8S_43", // the registry assigns the digest: --image takes one of yours
];

/// Checks the manifests strictly against Kubernetes' own schemas, and returns the resources of others, which those lack:
/// gateways and the Prometheus operator's.
pub(crate) fn schemas(name: &str, yaml: &str) -> anyhow::Result<Vec<Value>> {
    let program = pypi::install(VENV, "kubernetes-validate", "xtask/deploy/requirements.txt")?;
    let (ours, others): (Vec<_>, Vec<_>) =
        parse(yaml)?.into_iter().partition(|document| is_of_kubernetes(text(document, "/apiVersion")));
    let folder = tempfile::tempdir()?;
    let mut files = vec![];
    for (at, document) in ours.iter().enumerate() {
        let file = folder.path().join(format!("{at}.json"));
        std::fs::write(&file, serde_json::to_vec(document)?)?;
        files.push(file);
    }
    for version in KUBERNETES {
        must(Command::new(&program).args(["--strict", "--quiet", "-k", version]).args(&files))
            .with_context(|| format!("Kubernetes {version} does not accept {name}"))?;
    }
    println!("{name}: {} documents match the schemas of Kubernetes {}", ours.len(), KUBERNETES.join(" and "));
    Ok(others)
}

/// Checks custom resources strictly against the schemas of their projects, which come from npm: `xtask/kubernetes`.
pub(crate) fn custom_schemas(resources: &[Value]) -> anyhow::Result<()> {
    let program = npm::install("xtask/kubernetes", "target/tools/kubernetes")?;
    let folder = tempfile::tempdir()?;
    let mut files = vec![];
    for (at, resource) in resources.iter().enumerate() {
        let file = folder.path().join(format!("{at}.json"));
        std::fs::write(&file, serde_json::to_vec(resource)?)?;
        files.push(file);
    }
    let output = Command::new("node").arg(program.join("check.mjs")).args(&files).output();
    let output = output.context("node did not start")?;
    ensure!(
        output.status.success(),
        "custom resources do not match the schemas of their projects:\n{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn is_of_kubernetes(api: &str) -> bool {
    match api.split_once('/') {
        None => true,
        Some((group, _)) => ["apps", "batch", "autoscaling", "policy", "networking.k8s.io"].contains(&group),
    }
}

/// Checks `compose.yaml` against the schema of the compose specification.
pub(crate) fn compose_schema() -> anyhow::Result<()> {
    let program = pypi::install(VENV, "check-jsonschema", "xtask/deploy/requirements.txt")?;
    let file = root().join("deploy/compose.yaml");
    must(Command::new(program).args(["--quiet", "--builtin-schema", "vendor.compose-spec"]).arg(file))?;
    println!("compose.yaml: matches the compose specification");
    Ok(())
}

/// Checks the alerts by promtool where it is installed; Debian's package `prometheus` contains it.
pub(crate) fn promtool() -> anyhow::Result<()> {
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("alerts: not checked, promtool is missing; Debian's package prometheus contains it");
        return Ok(());
    }
    let folder = root().join("deploy/observability");
    for args in [
        &["check", "rules", "alerts.yaml"],
        &["check", "config", "prometheus.yml"],
        &["test", "rules", "alerts.test.yaml"],
    ] {
        let output = Command::new("promtool").args(args).current_dir(&folder).output()?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        ensure!(output.status.success(), "promtool {}:\n{}", args.join(" "), text.concat());
    }
    println!("alerts: promtool accepts them, and their tests pass");
    Ok(())
}

/// Checks the manifests and the Dockerfile by checkov.
pub(crate) fn checkov(yaml: &str) -> anyhow::Result<()> {
    let program = pypi::install(CHECKOV, "checkov", "xtask/deploy/checkov.txt")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("production.yaml");
    std::fs::write(&file, yaml)?;
    let docker = root().join("deploy/docker/Dockerfile");
    for (framework, file) in [("kubernetes", &file), ("dockerfile", &docker)] {
        must(
            Command::new(&program)
                .args([
                    "--quiet",
                    "--compact",
                    "--skip-download",
                    "--framework",
                    framework,
                    "--skip-check",
                    &CHECKOV_SKIPS.join(","),
                ])
                .arg("--file")
                .arg(file),
        )?;
    }
    println!("production: checkov finds nothing");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deploy::check::shipped;
    use crate::deploy::render::kubectl_is_installed;

    /// Sets a value in the named resources of the shipped installations, and returns the complaint.
    fn complaint(resources: &[Value], kind: &str, pointer: &str, value: &Value) -> String {
        let mut broken = resources.to_vec();
        let of_kind = broken.iter_mut().filter(|resource| text(resource, "/kind") == kind);
        for resource in of_kind {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match resource.pointer_mut(parent).unwrap() {
                Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
                fields => fields[key] = value.clone(),
            }
        }
        custom_schemas(&broken).unwrap_err().to_string()
    }

    #[test]
    fn custom_resources_match_the_schemas_of_their_projects_and_broken_ones_do_not() {
        if !kubectl_is_installed() || !npm::is_installed() {
            eprintln!("not tested: kubectl or npm is missing");
            return;
        }
        let mut resources: Vec<Value> = vec![];
        for (_, installation) in shipped().unwrap() {
            let others = installation.manifests.0.into_iter();
            resources.extend(others.filter(|resource| !is_of_kubernetes(text(resource, "/apiVersion"))));
        }
        custom_schemas(&resources).unwrap();
        for (kind, pointer, value, expected) in [
            ("Gateway", "/spec/gatewayClass", json!("x"), "'\"gatewayClass\"' does not exist"),
            ("Gateway", "/spec/listeners", json!([]), "listeners"),
            ("HTTPRoute", "/spec/hostnames/0", json!("Chat.example"), "hostnames/0 must match pattern"),
            ("HTTPRoute", "/spec/rules/0/timeouts", json!({"request": "0"}), "request must match pattern"),
            ("HTTPRoute", "/spec/rules/0/timeout", json!("0s"), "'\"timeout\"' does not exist"),
            ("BackendTrafficPolicy", "/spec/loadBalancer/type", json!("Hash"), "loadBalancer/type must be"),
            ("ServiceMonitor", "/spec/endpoints/0/portName", json!("http"), "'\"portName\"' does not exist"),
            ("PrometheusRule", "/spec/groups/0/rules/0/for", json!("2 minutes"), "for must match pattern"),
        ] {
            let found = complaint(&resources, kind, pointer, &value);
            assert!(found.contains(expected), "{pointer} = {value}: {found}");
        }
    }
}
