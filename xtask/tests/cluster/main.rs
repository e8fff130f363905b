//! `cargo xtask deploy diff`, `apply` and `rollback` by the real kubectl, against an API server of this process.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where its setup fails")]

mod api;

use std::process::Command;

use api::ApiServer;
use serde_json::{Value, json};

const FIRST: &str = "registry.example/parlor:0.1.0";
const SECOND: &str = "registry.example/parlor:0.2.0";
const SERVER: (&str, &str) = ("Deployment", "parlor");

/// The end of a command: its success, and what it wrote.
struct Run {
    success: bool,
    text: String,
}

impl Run {
    #[track_caller]
    fn must(self) -> String {
        assert!(self.success, "{}", self.text);
        self.text
    }

    #[track_caller]
    fn must_fail(self, expected: &str) {
        assert!(!self.success && self.text.contains(expected), "not {expected:?}: {}", self.text);
    }
}

fn run(server: &ApiServer, program: &str, arguments: &[&str]) -> Run {
    let output = Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", server.config())
        .env("KUBECACHEDIR", server.folder())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Run { success: output.status.success(), text: text.concat() }
}

/// Runs `cargo xtask deploy` for production.
fn deploy(server: &ApiServer, command: &str, arguments: &[&str]) -> Run {
    let overlay = ["deploy", command, "--overlay", "production"];
    run(server, env!("CARGO_BIN_EXE_xtask"), &[&overlay[..], arguments].concat())
}

fn kubectl(server: &ApiServer, arguments: &[&str]) -> Run {
    run(server, "kubectl", &[&["--namespace=parlor"], arguments].concat())
}

/// Returns true without kubectl, and says so.
fn skipped() -> bool {
    let missing = Command::new("kubectl").args(["version", "--client"]).output().is_err();
    if missing {
        eprintln!("not tested: kubectl is missing");
    }
    missing
}

fn image(server: &ApiServer) -> String {
    let deployment = server.find("Deployment", "parlor").unwrap();
    deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
}

fn replicas(server: &ApiServer) -> Value {
    server.find("Deployment", "parlor").unwrap()["spec"]["replicas"].clone()
}

/// Returns the versions at which an object of that kind had the condition.
fn versions(server: &ApiServer, kind: &str, condition: impl Fn(&Value) -> bool) -> Vec<u64> {
    let events = server.events();
    let found = events.iter().filter(|event| event.id.0 == kind && condition(&event.object));
    found.map(|event| event.version).collect()
}

fn is_complete(job: &Value) -> bool {
    let conditions = job["status"]["conditions"].as_array();
    conditions.is_some_and(|conditions| conditions.iter().any(|condition| condition["type"] == "Complete"))
}

#[test]
fn a_diff_changes_nothing_and_an_apply_leaves_nothing_to_change() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    let planned = deploy(&server, "diff", &["--image", FIRST]).must();
    assert!(planned.contains("the namespace parlor does not exist"), "{planned}");
    assert!(
        planned.contains("+ Deployment/parlor\n") && planned.contains("+ Job/parlor-migrate\n"),
        "{planned}"
    );
    assert!(server.events().is_empty());

    deploy(&server, "apply", &["--image", FIRST]).must();
    for (kind, count) in [("Namespace", 1), ("Service", 2), ("Gateway", 1), ("HTTPRoute", 3), ("Job", 1)] {
        assert_eq!(server.all(kind).len(), count, "{kind}");
    }
    let unchanged = deploy(&server, "diff", &["--image", FIRST]).must();
    assert!(unchanged.contains("nothing would change"), "{unchanged}");
    let release = deploy(&server, "diff", &["--image", SECOND]).must();
    let change = format!("-        image: {FIRST}\n+        image: {SECOND}\n");
    assert!(release.contains(&change) && !release.contains("Job"), "{release}");

    server.change("somebody", SERVER, |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] = json!("elsewhere/parlor:9.9");
    });
    let before = server.events().len();
    let drift = deploy(&server, "diff", &["--image", FIRST]).must();
    assert!(drift.contains("-        image: elsewhere/parlor:9.9"), "{drift}");
    assert!(drift.contains(&format!("+        image: {FIRST}")), "{drift}");
    let applied = server.events()[before..].iter().all(|event| event.id.0 != "Namespace");
    assert!(applied && image(&server) == "elsewhere/parlor:9.9");
}

#[test]
fn the_schema_is_migrated_before_the_first_replica_and_with_every_release() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    deploy(&server, "apply", &["--image", FIRST]).must();
    let job = server.find("Job", "parlor-migrate").unwrap();
    let migrated = versions(&server, "Job", is_complete);
    let started = versions(&server, "Deployment", |_| true);
    assert!(migrated[0] < started[0], "{migrated:?}, {started:?}");

    deploy(&server, "apply", &["--image", SECOND]).must();
    let again = server.find("Job", "parlor-migrate").unwrap();
    assert_ne!(job["metadata"]["uid"], again["metadata"]["uid"]);
    assert_eq!(again["spec"]["template"]["spec"]["containers"][0]["image"], SECOND);
    let migrated = versions(&server, "Job", |job| {
        is_complete(job) && job["metadata"]["uid"] == again["metadata"]["uid"]
    });
    let updated = versions(&server, "Deployment", |object| {
        object["spec"]["template"]["spec"]["containers"][0]["image"] == SECOND
    });
    assert!(migrated[0] < updated[0], "{migrated:?}, {updated:?}");
}

#[test]
fn a_failed_migration_stops_the_release_and_the_old_one_serves() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    deploy(&server, "apply", &["--image", FIRST]).must();
    server.let_jobs_fail(true);
    deploy(&server, "apply", &["--image", SECOND])
        .must_fail("the migration failed; see kubectl logs job/parlor-migrate");
    assert_eq!(image(&server), FIRST);
    server.let_jobs_fail(false);
    deploy(&server, "apply", &["--image", SECOND]).must();
    assert_eq!(image(&server), SECOND);
}

#[test]
fn the_autoscaler_keeps_its_replicas_and_strangers_keep_their_labels() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    deploy(&server, "apply", &["--image", FIRST]).must();
    assert_eq!(replicas(&server), 1, "the default of the API");
    server.change("autoscaler", SERVER, |object| object["spec"]["replicas"] = json!(5));
    server.change("auditor", SERVER, |object| object["metadata"]["labels"]["audited"] = json!("yes"));
    deploy(&server, "apply", &["--image", SECOND]).must();
    assert_eq!(replicas(&server), 5);
    let deployment = server.find("Deployment", "parlor").unwrap();
    assert_eq!(deployment["metadata"]["labels"]["audited"], "yes");
    assert_eq!(deployment["metadata"]["labels"]["app.kubernetes.io/version"], "0.2.0");
    assert_eq!(deployment["status"]["updatedReplicas"], 5);
}

#[test]
fn a_rollback_returns_to_the_release_before_and_the_next_release_takes_its_fields_back() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    deploy(&server, "apply", &["--image", FIRST]).must();
    deploy(&server, "rollback", &[]).must_fail("no rollout history");
    deploy(&server, "apply", &["--image", SECOND]).must();
    server.change("autoscaler", SERVER, |object| object["spec"]["replicas"] = json!(4));
    deploy(&server, "rollback", &[]).must();
    assert_eq!((image(&server).as_str(), replicas(&server)), (FIRST, json!(4)));
    assert_eq!(server.all("ReplicaSet").len(), 2, "templates that come back are not new");

    // Without taking over, the fields that the rollback has set would stop the release.
    let rendered = deploy(&server, "render", &["--image", SECOND]).must();
    let file = server.folder().join("rendered.yaml");
    std::fs::write(&file, rendered).unwrap();
    let polite =
        ["apply", "--server-side", "--field-manager=parlor-deploy", "--filename", file.to_str().unwrap()];
    kubectl(&server, &polite).must_fail("conflict with \"kubectl\"");
    assert_eq!(image(&server), FIRST);
    deploy(&server, "apply", &["--image", SECOND]).must();
    assert_eq!(image(&server), SECOND);
    deploy(&server, "rollback", &["--to-revision", "3"]).must();
    assert_eq!(image(&server), FIRST);
}

#[test]
fn a_field_that_a_release_no_longer_sets_is_removed() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    deploy(&server, "apply", &["--image", FIRST, "--with", "ingress", "--with", "ingress-nginx"]).must();
    let annotations = server.find("Ingress", "parlor").unwrap()["metadata"]["annotations"].clone();
    assert_eq!(annotations["nginx.ingress.kubernetes.io/proxy-buffering"], "off");
    assert!(server.all("Gateway").is_empty() && server.all("HTTPRoute").is_empty());
    deploy(&server, "apply", &["--image", FIRST, "--with", "ingress"]).must();
    let ingress = server.find("Ingress", "parlor").unwrap();
    assert_eq!(
        (&ingress["metadata"]["annotations"], &ingress["spec"]["ingressClassName"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(ingress["spec"]["rules"][0]["host"], "chat.example.com");
}

#[test]
fn a_cluster_without_the_gateway_api_is_rejected_before_anything_changes() {
    if skipped() {
        return;
    }
    let server = ApiServer::start_without(&["gateway.networking.k8s.io", "gateway.envoyproxy.io"]);
    let expected = "the cluster does not know gateway.envoyproxy.io/v1alpha1, gateway.networking.k8s.io/v1";
    deploy(&server, "apply", &["--image", FIRST]).must_fail(expected);
    assert!(server.events().is_empty());
    deploy(&server, "apply", &["--image", FIRST, "--with", "ingress"]).must();
    assert_eq!(server.all("Ingress").len(), 2);
}

#[test]
fn without_a_cluster_every_command_says_so() {
    if skipped() {
        return;
    }
    let server = ApiServer::start();
    let nowhere = json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": ""}}]});
    std::fs::write(server.config(), nowhere.to_string()).unwrap();
    for command in ["diff", "apply", "rollback"] {
        deploy(&server, command, &[]).must_fail("no cluster answers");
    }
    assert!(server.events().is_empty());
}
