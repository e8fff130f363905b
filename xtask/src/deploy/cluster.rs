//! Changes a cluster, by kubectl alone and only while the policies hold.
#![expect(clippy::print_stdout, reason = "prints its steps")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::check::{installation, require_policies};
use super::manifests::{Manifests, display_name, text};
use super::program::Program;
use super::render::Selection;

const ROLLOUT_TIMEOUT: &str = "--timeout=15m";
/// Fields that the manifests do not set, such as the autoscaler's replicas, keep their owner. Fields that they set are
/// taken over: `rollout undo` becomes their owner, and the next release would be rejected as a conflict.
const SERVER_SIDE: [&str; 3] = ["--server-side", "--field-manager=parlor-deploy", "--force-conflicts"];

/// Arguments of kubectl.
type Step = Vec<String>;

pub(crate) fn diff(selection: &Selection) -> anyhow::Result<()> {
    let manifests = checked(selection)?;
    if let Some(namespace) = missing_namespace(&manifests)? {
        // kubectl can't compare objects in a namespace that does not exist.
        println!("deploy: the namespace {namespace} does not exist; apply would create it, and in it:");
        for document in &manifests.0 {
            println!("+ {}", display_name(document));
        }
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let files = write(&manifests, folder.path())?;
    let status = Command::new("kubectl").args(diff_step(&files)).status().context("kubectl did not start")?;
    match status.code() {
        Some(0) => println!("deploy: nothing would change"),
        Some(1) => {}
        _ => bail!("kubectl diff failed"),
    }
    Ok(())
}

/// Returns the first namespace of the manifests that the cluster does not have.
fn missing_namespace(manifests: &Manifests) -> anyhow::Result<Option<&str>> {
    for namespace in manifests.of("Namespace").map(|document| text(document, "/metadata/name")) {
        let get = ["get", "namespace", namespace, "--ignore-not-found", "--output=name"];
        if output_of(&get)?.trim().is_empty() {
            return Ok(Some(namespace));
        }
    }
    Ok(None)
}

/// Returns what kubectl prints.
fn output_of(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("kubectl").args(arguments).output().context("kubectl did not start")?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "kubectl {}: {}", arguments.join(" "), problem.trim());
    Ok(String::from_utf8(output.stdout)?)
}

pub(crate) fn apply(selection: &Selection) -> anyhow::Result<()> {
    let manifests = checked(selection)?;
    let folder = tempfile::tempdir()?;
    let files = write(&manifests, folder.path())?;
    run(&apply_steps(&manifests, &files))
}

pub(crate) fn rollback(selection: &Selection, revision: Option<u32>) -> anyhow::Result<()> {
    run(&rollback_steps(&checked(selection)?, revision))
}

/// Returns the manifests after checking that the policies hold, and that a cluster answers which knows every kind.
fn checked(selection: &Selection) -> anyhow::Result<Manifests> {
    let installation = installation(selection, Program::read()?)?;
    require_policies(&installation)?;
    let answer = Command::new("kubectl").args(["get", "--raw", "/readyz", "--request-timeout=5s"]).output();
    let answer = answer.context("kubectl did not start")?;
    ensure!(
        answer.status.success(),
        "no cluster answers; select one by KUBECONFIG or `kubectl config use-context`:\n{}",
        String::from_utf8_lossy(&answer.stderr).lines().last().unwrap_or_default()
    );
    require_kinds(&installation.manifests, &output_of(&["api-versions"])?)?;
    Ok(installation.manifests)
}

/// Fails for a kind that the cluster does not know: else the release would stop half way, after the migration.
fn require_kinds(manifests: &Manifests, known: &str) -> anyhow::Result<()> {
    let known: BTreeSet<&str> = known.lines().collect();
    let named: BTreeSet<&str> = manifests.0.iter().map(|document| text(document, "/apiVersion")).collect();
    let missing: Vec<&str> = named.difference(&known).copied().collect();
    ensure!(
        missing.is_empty(),
        "the cluster does not know {}: install what they belong to, such as the Gateway API and Envoy Gateway, or leave them \
         out; `--with ingress` has an Ingress instead of a Gateway",
        missing.join(", ")
    );
    Ok(())
}

fn run(steps: &[Step]) -> anyhow::Result<()> {
    for step in steps {
        println!("deploy: kubectl {}", step.join(" "));
        crate::must(Command::new("kubectl").args(step)).with_context(|| match step.as_slice() {
            [verb, job, namespace, ..] if verb == "wait" => {
                format!("the migration failed; see kubectl logs {job} {namespace}")
            }
            _ => "kubectl failed".to_owned(),
        })?;
    }
    Ok(())
}

/// The files with the parts of an installation.
struct Files {
    /// The documents that pods need before they start.
    base: String,
    /// The migration, where there is one.
    migration: String,
    /// Everything but the migration, which a release runs once, and whose pods can't be changed.
    lasting: String,
}

fn write(manifests: &Manifests, folder: &Path) -> anyhow::Result<Files> {
    let file = |name: &str, belongs: &dyn Fn(&str) -> bool| -> anyhow::Result<String> {
        let of_part = manifests.0.iter().filter(|document| belongs(text(document, "/kind")));
        // One document after the other: kubectl would validate a `List` itself, by OpenAPI v2, instead of the server.
        let documents: Vec<String> = of_part.map(serde_json::to_string).collect::<Result<_, _>>()?;
        let path = folder.join(name);
        std::fs::write(&path, documents.join("\n"))?;
        Ok(path.to_string_lossy().into_owned())
    };
    let base = ["Namespace", "ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "NetworkPolicy"];
    Ok(Files {
        base: file("base.json", &|kind| base.contains(&kind))?,
        migration: file("migration.json", &|kind| kind == "Job")?,
        lasting: file("lasting.json", &|kind| kind != "Job")?,
    })
}

fn step(arguments: &[&str]) -> Step {
    arguments.iter().map(|argument| (*argument).to_owned()).collect()
}

/// Leaves the migration out: `apply` replaces it with every release.
fn diff_step(files: &Files) -> Step {
    step(&[&["diff", "--filename", &files.lasting][..], &SERVER_SIDE].concat())
}

/// Migrates the schema by a Job that every release recreates, then updates the replicas.
fn apply_steps(manifests: &Manifests, files: &Files) -> Vec<Step> {
    let apply = |file: &str| step(&[&["apply", "--filename", file][..], &SERVER_SIDE].concat());
    let mut steps = vec![apply(&files.base)];
    for job in manifests.of("Job") {
        let (namespace, name) = address(job);
        steps.push(step(&["delete", &name, &namespace, "--ignore-not-found", "--wait"]));
        steps.push(apply(&files.migration));
        let timeout =
            format!("--timeout={}s", job["spec"]["activeDeadlineSeconds"].as_u64().unwrap_or(1_800));
        // The first condition reports success and failure alike, so a failure ends the wait at once.
        steps.push(step(&[
            "wait",
            &name,
            &namespace,
            "--for=jsonpath={.status.conditions[0].status}=True",
            &timeout,
        ]));
        steps.push(step(&["wait", &name, &namespace, "--for=condition=Complete", "--timeout=10s"]));
    }
    steps.push(apply(&files.lasting));
    steps.extend(statuses(manifests));
    steps
}

fn rollback_steps(manifests: &Manifests, revision: Option<u32>) -> Vec<Step> {
    let mut steps = vec![];
    for server in manifests.servers() {
        let (namespace, name) = address(server.document);
        let mut undo = step(&["rollout", "undo", &name, &namespace]);
        undo.extend(revision.map(|revision| format!("--to-revision={revision}")));
        steps.push(undo);
    }
    steps.extend(statuses(manifests));
    steps
}

fn statuses(manifests: &Manifests) -> Vec<Step> {
    let servers = manifests.servers();
    let addresses = servers.iter().map(|server| address(server.document));
    addresses
        .map(|(namespace, name)| step(&["rollout", "status", &name, &namespace, ROLLOUT_TIMEOUT]))
        .collect()
}

/// Returns the arguments that name an object: its namespace, and its kind and name.
fn address(document: &Value) -> (String, String) {
    let namespace = format!("--namespace={}", text(document, "/metadata/namespace"));
    (namespace, format!("{}/{}", text(document, "/kind").to_lowercase(), text(document, "/metadata/name")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn installation() -> Manifests {
        let document = |kind: &str, name: &str| {
            json!({"kind": kind, "metadata": {"name": name, "namespace": "chat"},
                "spec": {"activeDeadlineSeconds": 600, "template": {}}})
        };
        Manifests(vec![
            document("Namespace", "chat"),
            document("Deployment", "parlor"),
            document("Job", "migrate"),
        ])
    }

    fn files() -> Files {
        Files { base: "base".into(), migration: "migration".into(), lasting: "lasting".into() }
    }

    fn lines(steps: &[Step]) -> Vec<String> {
        steps.iter().map(|step| step.join(" ")).collect()
    }

    #[test]
    fn the_schema_is_migrated_before_the_replicas_are_updated() {
        let ours = "--server-side --field-manager=parlor-deploy --force-conflicts";
        let expected = [
            format!("apply --filename base {ours}"),
            "delete job/migrate --namespace=chat --ignore-not-found --wait".to_owned(),
            format!("apply --filename migration {ours}"),
            "wait job/migrate --namespace=chat --for=jsonpath={.status.conditions[0].status}=True --timeout=600s"
                .to_owned(),
            "wait job/migrate --namespace=chat --for=condition=Complete --timeout=10s".to_owned(),
            format!("apply --filename lasting {ours}"),
            "rollout status deployment/parlor --namespace=chat --timeout=15m".to_owned(),
        ];
        assert_eq!(lines(&apply_steps(&installation(), &files())), expected);
        assert_eq!(lines(&[diff_step(&files())]), [format!("diff --filename lasting {ours}")]);
    }

    #[test]
    fn a_rollback_returns_to_the_previous_or_a_named_revision() {
        let back = lines(&rollback_steps(&installation(), None));
        assert_eq!(back[0], "rollout undo deployment/parlor --namespace=chat");
        assert_eq!(back[1], "rollout status deployment/parlor --namespace=chat --timeout=15m");
        let named = lines(&rollback_steps(&installation(), Some(7)));
        assert_eq!(named[0], "rollout undo deployment/parlor --namespace=chat --to-revision=7");
    }

    #[test]
    fn the_base_has_no_pods() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(&installation(), folder.path()).unwrap();
        let kinds = |file: &str| -> Vec<String> {
            let content = std::fs::read_to_string(file).unwrap();
            let documents = content.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            documents.map(|document| text(&document, "/kind").to_owned()).collect()
        };
        assert_eq!(kinds(&files.base), ["Namespace"]);
        assert_eq!(kinds(&files.migration), ["Job"]);
        assert_eq!(kinds(&files.lasting), ["Namespace", "Deployment"]);
    }
}
