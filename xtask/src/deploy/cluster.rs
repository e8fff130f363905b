//! What is said to a cluster: only by kubectl, and only after the policies hold.
#![expect(clippy::print_stdout, reason = "says what it does")]

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::check::{sound, world};
use super::manifests::{Manifests, text};
use super::program::Program;
use super::render::Which;

const ROLLOUT: &str = "--timeout=15m";
/// Fields that the manifests do not name, such as the autoscaler's replicas, stay whose they are. Those that they name
/// are taken back: `rollout undo` makes them its own, and the next release would be refused as a conflict.
const OURS: [&str; 3] = ["--server-side", "--field-manager=parlor-deploy", "--force-conflicts"];

/// Arguments of kubectl.
type Step = Vec<String>;

pub(crate) fn diff(which: &Which) -> anyhow::Result<()> {
    let manifests = ready(which)?;
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

pub(crate) fn apply(which: &Which) -> anyhow::Result<()> {
    let manifests = ready(which)?;
    let folder = tempfile::tempdir()?;
    let files = write(&manifests, folder.path())?;
    go(&apply_steps(&manifests, &files))
}

pub(crate) fn rollback(which: &Which, revision: Option<u32>) -> anyhow::Result<()> {
    go(&rollback_steps(&ready(which)?, revision))
}

/// The manifests, once the policies hold and a cluster answers.
fn ready(which: &Which) -> anyhow::Result<Manifests> {
    let world = world(which, Program::read()?)?;
    sound(&world)?;
    let asked = Command::new("kubectl").args(["get", "--raw", "/readyz", "--request-timeout=5s"]).output();
    let asked = asked.context("kubectl did not start")?;
    ensure!(
        asked.status.success(),
        "no cluster answers; name one by KUBECONFIG or `kubectl config use-context`:\n{}",
        String::from_utf8_lossy(&asked.stderr).lines().last().unwrap_or_default()
    );
    Ok(world.manifests)
}

fn go(steps: &[Step]) -> anyhow::Result<()> {
    for step in steps {
        println!("deploy: kubectl {}", step.join(" "));
        crate::must(Command::new("kubectl").args(step)).with_context(|| match step.as_slice() {
            [verb, job, namespace, ..] if verb == "wait" => {
                format!("the schema did not move; see kubectl logs {job} {namespace}")
            }
            _ => "kubectl did not do it".to_owned(),
        })?;
    }
    Ok(())
}

/// Where the parts of an installation lie.
struct Files {
    /// What pods need before they start.
    ground: String,
    /// The migration, where there is one.
    migration: String,
    /// Everything.
    all: String,
}

fn write(manifests: &Manifests, folder: &Path) -> anyhow::Result<Files> {
    let file = |name: &str, part: &dyn Fn(&str) -> bool| -> anyhow::Result<String> {
        let of_part = manifests.0.iter().filter(|document| part(text(document, "/kind")));
        let path = folder.join(name);
        let list =
            serde_json::json!({"apiVersion": "v1", "kind": "List", "items": of_part.collect::<Vec<_>>()});
        std::fs::write(&path, serde_json::to_vec(&list)?)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let ground = ["Namespace", "ServiceAccount", "ConfigMap", "PersistentVolumeClaim", "NetworkPolicy"];
    Ok(Files {
        ground: file("ground.json", &|kind| ground.contains(&kind))?,
        migration: file("migration.json", &|kind| kind == "Job")?,
        all: file("all.json", &|_| true)?,
    })
}

fn step(words: &[&str]) -> Step {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn diff_step(files: &Files) -> Step {
    step(&[&["diff", "--filename", &files.all][..], &OURS].concat())
}

/// The schema first, by a Job that is made anew for every release; only then the replicas.
fn apply_steps(manifests: &Manifests, files: &Files) -> Vec<Step> {
    let apply = |file: &str| step(&[&["apply", "--filename", file][..], &OURS].concat());
    let mut steps = vec![apply(&files.ground)];
    for job in manifests.of("Job") {
        let (namespace, name) = place(job);
        steps.push(step(&["delete", &name, &namespace, "--ignore-not-found", "--wait"]));
        steps.push(apply(&files.migration));
        let patience =
            format!("--timeout={}s", job["spec"]["activeDeadlineSeconds"].as_u64().unwrap_or(1_800));
        // Whatever it ends with, its first condition says so; a failure need not be waited for until the time is up.
        steps.push(step(&[
            "wait",
            &name,
            &namespace,
            "--for=jsonpath={.status.conditions[0].status}=True",
            &patience,
        ]));
        steps.push(step(&["wait", &name, &namespace, "--for=condition=Complete", "--timeout=10s"]));
    }
    steps.push(apply(&files.all));
    steps.extend(statuses(manifests));
    steps
}

fn rollback_steps(manifests: &Manifests, revision: Option<u32>) -> Vec<Step> {
    let mut steps = vec![];
    for server in manifests.servers() {
        let (namespace, name) = place(server.document);
        let mut undo = step(&["rollout", "undo", &name, &namespace]);
        undo.extend(revision.map(|revision| format!("--to-revision={revision}")));
        steps.push(undo);
    }
    steps.extend(statuses(manifests));
    steps
}

fn statuses(manifests: &Manifests) -> Vec<Step> {
    let servers = manifests.servers();
    let places = servers.iter().map(|server| place(server.document));
    places.map(|(namespace, name)| step(&["rollout", "status", &name, &namespace, ROLLOUT])).collect()
}

/// How kubectl is told of an object: its namespace, and its kind and name.
fn place(document: &Value) -> (String, String) {
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
        Files { ground: "ground".into(), migration: "migration".into(), all: "all".into() }
    }

    fn lines(steps: &[Step]) -> Vec<String> {
        steps.iter().map(|step| step.join(" ")).collect()
    }

    #[test]
    fn the_schema_moves_before_the_replicas() {
        let ours = "--server-side --field-manager=parlor-deploy --force-conflicts";
        let expected = [
            format!("apply --filename ground {ours}"),
            "delete job/migrate --namespace=chat --ignore-not-found --wait".to_owned(),
            format!("apply --filename migration {ours}"),
            "wait job/migrate --namespace=chat --for=jsonpath={.status.conditions[0].status}=True --timeout=600s"
                .to_owned(),
            "wait job/migrate --namespace=chat --for=condition=Complete --timeout=10s".to_owned(),
            format!("apply --filename all {ours}"),
            "rollout status deployment/parlor --namespace=chat --timeout=15m".to_owned(),
        ];
        assert_eq!(lines(&apply_steps(&installation(), &files())), expected);
        assert_eq!(lines(&[diff_step(&files())]), [format!("diff --filename all {ours}")]);
    }

    #[test]
    fn a_rollback_goes_one_back_or_to_a_named_revision() {
        let back = lines(&rollback_steps(&installation(), None));
        assert_eq!(back[0], "rollout undo deployment/parlor --namespace=chat");
        assert_eq!(back[1], "rollout status deployment/parlor --namespace=chat --timeout=15m");
        let named = lines(&rollback_steps(&installation(), Some(7)));
        assert_eq!(named[0], "rollout undo deployment/parlor --namespace=chat --to-revision=7");
    }

    #[test]
    fn the_ground_has_no_pods() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(&installation(), folder.path()).unwrap();
        let kinds = |file: &str| -> Vec<String> {
            let list: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            list["items"].as_array().unwrap().iter().map(|item| text(item, "/kind").to_owned()).collect()
        };
        assert_eq!(kinds(&files.ground), ["Namespace"]);
        assert_eq!(kinds(&files.migration), ["Job"]);
        assert_eq!(kinds(&files.all).len(), 3);
    }
}
