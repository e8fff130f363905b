//! What others know better: schemas of Kubernetes and compose, rules of Prometheus, checkov, nginx.
#![expect(clippy::print_stdout, reason = "says what was checked")]

use std::process::Command;

use anyhow::{Context, ensure};

use super::manifests::{called, parse, text};
use super::program::root;
use crate::must;
use crate::pypi::installed;

const VENV: &str = "target/tools/deploy";
const CHECKOV: &str = "target/tools/checkov";
/// The oldest Kubernetes that must take the manifests, and the newest that is known.
const KUBERNETES: [&str; 2] = ["1.30", "1.37"];

/// What checkov asks for and does not get, and why.
const CHECKOV_SKIPS: &[&str] = &[
    "CKV_K8S_11", // no limit of CPU: it would throttle a replica that its node has room for
    "CKV_K8S_15", // a tag that stays need not be pulled again
    "CKV_K8S_35", // of the Secrets, only S3's keys are in the environment: its client reads them nowhere else
    "CKV_K8S_43", // the digest is the registry's to give: --image takes one of yours
];

/// Holds the manifests strictly against Kubernetes' own schemas. Resources of others (gateways, the Prometheus operator)
/// have none there.
pub(crate) fn schemas(name: &str, yaml: &str) -> anyhow::Result<()> {
    let program = installed(VENV, "kubernetes-validate", "xtask/deploy/requirements.txt")?;
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
            .with_context(|| format!("{name} is not what Kubernetes {version} takes"))?;
    }
    println!("{name}: {} documents have the form of Kubernetes {}", ours.len(), KUBERNETES.join(" and "));
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(called).collect();
        println!("{name}: no schema here for {}", names.join(", "));
    }
    Ok(())
}

fn is_of_kubernetes(api: &str) -> bool {
    match api.split_once('/') {
        None => true,
        Some((group, _)) => ["apps", "batch", "autoscaling", "policy", "networking.k8s.io"].contains(&group),
    }
}

pub(crate) fn compose_schema() -> anyhow::Result<()> {
    let program = installed(VENV, "check-jsonschema", "xtask/deploy/requirements.txt")?;
    let file = root().join("deploy/compose.yaml");
    must(Command::new(program).args(["--quiet", "--builtin-schema", "vendor.compose-spec"]).arg(file))?;
    println!("compose.yaml: has the form of the compose specification");
    Ok(())
}

/// Debian's package `prometheus` has it.
pub(crate) fn promtool() -> anyhow::Result<()> {
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("alerts: not tried, there is no promtool; Debian's package prometheus has it");
        return Ok(());
    }
    let folder = root().join("deploy/observability");
    for args in [
        &["check", "rules", "alerts.yaml"],
        &["check", "config", "prometheus.yml"],
        &["test", "rules", "alerts.test.yaml"],
    ] {
        let output = Command::new("promtool").args(args).current_dir(&folder).output()?;
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        ensure!(output.status.success(), "promtool {}:\n{}", args.join(" "), said.concat());
    }
    println!("alerts: promtool takes them, and their tests pass");
    Ok(())
}

/// nginx wants to know its upstreams' names, so it is shown others.
pub(crate) fn nginx() -> anyhow::Result<()> {
    let Some(program) =
        ["nginx", "/usr/sbin/nginx"].into_iter().find(|name| Command::new(name).arg("-v").output().is_ok())
    else {
        println!("nginx: not tried, there is none; Debian's package is nginx-light");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    for file in ["nginx.conf", "upstreams.conf", "locations.conf"] {
        std::fs::copy(root().join("deploy/nginx").join(file), folder.path().join(file))?;
    }
    let replicas = ["server 127.0.0.1:3021;", "server 127.0.0.1:3022;", "server 127.0.0.1:3023;"];
    std::fs::write(folder.path().join("replicas.conf"), replicas.join("\n"))?;
    let output =
        Command::new(program).args(["-t", "-q", "-c", "nginx.conf", "-p"]).arg(folder.path()).output()?;
    ensure!(output.status.success(), "nginx -t: {}", String::from_utf8_lossy(&output.stderr));
    println!("nginx: takes deploy/nginx");
    Ok(())
}

pub(crate) fn checkov(yaml: &str) -> anyhow::Result<()> {
    let program = installed(CHECKOV, "checkov", "xtask/deploy/checkov.txt")?;
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
    println!("production: checkov has nothing to add");
    Ok(())
}
