//! Checks by other programs: schemas of Kubernetes and compose, promtool, nginx, checkov.
#![expect(clippy::print_stdout, reason = "prints what it checked")]

use std::process::Command;

use anyhow::{Context, ensure};

use super::manifests::{display_name, parse, text};
use crate::paths::root;
use crate::{must, pypi};

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

/// Checks the manifests strictly against Kubernetes' own schemas, which lack the resources of others (gateways, the
/// Prometheus operator).
pub(crate) fn schemas(name: &str, yaml: &str) -> anyhow::Result<()> {
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
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(display_name).collect();
        println!("{name}: no schema is installed for {}", names.join(", "));
    }
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

/// Checks the configuration of nginx where it is installed, with other upstreams: nginx resolves their names.
pub(crate) fn nginx() -> anyhow::Result<()> {
    let Some(program) =
        ["nginx", "/usr/sbin/nginx"].into_iter().find(|name| Command::new(name).arg("-v").output().is_ok())
    else {
        println!("nginx: not checked, it is missing; Debian's package is nginx-light");
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
    println!("nginx: accepts deploy/nginx");
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
