//! The shipped installations follow every policy, and each policy finds what a test breaks.

mod gateway;
mod routing;

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::*;
use crate::deploy::check::shipped;
use crate::deploy::manifests::{Workload, text};
use crate::deploy::render::kubectl_is_installed;

/// The shipped installations, or none where kubectl is missing; `cargo xtask deploy check` fails there.
fn installations() -> &'static [(String, Installation)] {
    static INSTALLATIONS: OnceLock<Vec<(String, Installation)>> = OnceLock::new();
    INSTALLATIONS.get_or_init(|| {
        if kubectl_is_installed() {
            return shipped().unwrap();
        }
        eprintln!("not tested: kubectl is missing");
        vec![]
    })
}

#[test]
fn shipped_installations_follow_every_policy() {
    for (name, installation) in installations() {
        assert_eq!(complaints(installation), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn shipped_installations_run_this_release() {
    for (name, installation) in installations() {
        for container in installation.manifests.workloads().iter().flat_map(Workload::containers) {
            // A policy compares the label `version` with it.
            assert_eq!(text(container, "/image"), format!("parlor:{}", env!("CARGO_PKG_VERSION")), "{name}");
        }
    }
}

/// Sets a value in the document of that kind and name prefix; null removes it.
fn set(installation: &mut Installation, document: (&str, &str), pointer: &str, value: &Value) {
    let (kind, start) = document;
    let of = |found: &Value| text(found, "/kind") == kind && text(found, "/metadata/name").starts_with(start);
    let document = installation.manifests.0.iter_mut().find(|found| of(found)).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    let key = key.replace("~1", "/");
    match (parent, value) {
        (Value::Object(fields), Value::Null) => drop(fields.remove(&key).unwrap()),
        (Value::Object(fields), _) => drop(fields.insert(key, value.clone())),
        (Value::Array(items), _) => items[key.parse::<usize>().unwrap()] = value.clone(),
        (other, _) => assert!(other.is_object(), "{pointer} leads into {other}"),
    }
}

/// Breaks one thing, and expects a complaint of that policy that contains this text.
fn breaks(
    installation: &str,
    document: (&str, &str),
    pointer: &str,
    value: &Value,
    policy: &str,
    text: &str,
) {
    if installations().is_empty() {
        return;
    }
    let mut installation = installations().iter().find(|(name, _)| name == installation).unwrap().1.clone();
    set(&mut installation, document, pointer, value);
    let complaints = complaints(&installation);
    let expected = |complaint: &String| complaint.starts_with(policy) && complaint.contains(text);
    assert!(complaints.iter().any(expected), "{pointer} = {value}: {complaints:?}");
}

const SERVER: (&str, &str) = ("Deployment", "parlor");
const SETTINGS: (&str, &str) = ("ConfigMap", "parlor-settings");
const POD: &str = "/spec/template/spec";
const CONTAINER: &str = "/spec/template/spec/containers/0";

#[test]
fn broken_references_and_unknown_settings_are_found() {
    let policy = "references name";
    let env = format!("{CONTAINER}/env/0/valueFrom/secretKeyRef/key");
    breaks("production", SERVER, &env, &json!("s3-key"), policy, "s3-key");
    breaks(
        "production",
        SERVER,
        &format!("{CONTAINER}/envFrom/0/configMapRef/name"),
        &json!("x"),
        policy,
        "ConfigMap",
    );
    let mounted = format!("{POD}/volumes/0/secret/items/0/key");
    breaks("production", SERVER, &mounted, &json!("database"), policy, "mounts database");
    breaks("production", SETTINGS, "/data/DATABASE_URL_FILE", &json!("/run/url"), policy, "nothing mounts");
    let tls = "/spec/tls/0/secretName";
    breaks("production with ingress", ("Ingress", "parlor"), tls, &json!("tls"), policy, "certificate tls");
    let certificate = "/spec/listeners/1/tls/certificateRefs/0/name";
    breaks("production", ("Gateway", ""), certificate, &json!("tls"), policy, "certificate tls");
    breaks("production", SERVER, &format!("{POD}/serviceAccountName"), &json!("root"), policy, "runs as");
    let secret = json!({"name": "x", "secret": {"secretName": "lost"}});
    breaks("production", SERVER, &format!("{POD}/volumes/0"), &secret, policy, "mounts the Secret \"lost\"");
    let map = json!({"name": "x", "configMap": {"name": "lost"}});
    breaks("production", SERVER, &format!("{POD}/volumes/0"), &map, policy, "mounts the ConfigMap \"lost\"");
    let all = json!({"secretRef": {"name": "lost"}});
    breaks(
        "production",
        SERVER,
        &format!("{CONTAINER}/envFrom/0"),
        &all,
        policy,
        "reads the Secret \"lost\"",
    );
    let before = json!([{"name": "x", "image": "x:1.0", "envFrom": [all]}]);
    breaks(
        "production",
        SERVER,
        &format!("{POD}/initContainers"),
        &before,
        policy,
        "reads the Secret \"lost\"",
    );
    let claim = ("PersistentVolumeClaim", "");
    breaks("development", claim, "/metadata/name", &json!("other"), policy, "claim parlor-data");

    let policy = "the program knows";
    breaks("production", SETTINGS, "/data/PARLOR_DRAINS", &json!("1s"), policy, "PARLOR_DRAINS");
    breaks(
        "production",
        SERVER,
        &format!("{POD}/enableServiceLinks"),
        &json!(true),
        policy,
        "enableServiceLinks",
    );
}

#[test]
fn moving_tags_and_unconfined_pods_are_found() {
    let policy = "images have a fixed tag";
    for image in [
        "parlor",
        "parlor:latest",
        "parlor:dev",
        "parlor:1",
        "registry.example:5000/parlor",
        "parlor@sha256:12",
    ] {
        breaks("production", SERVER, &format!("{CONTAINER}/image"), &json!(image), policy, image);
    }
    breaks(
        "production",
        SERVER,
        &format!("{CONTAINER}/image"),
        &json!("parlor:9.9.9"),
        policy,
        "different releases",
    );

    for image in
        ["x:0.1.0", "x:v1.2.3-rc.1", "r.example:5000/x:3f2a9c1", &format!("x@sha256:{}", "a".repeat(64))]
    {
        assert!(is_fixed(image), "{image}");
    }

    let policy = "pods are confined";
    for (place, value, text) in [
        ("hostNetwork", json!(true), "hostNetwork"),
        ("volumes/0", json!({"name": "x", "hostPath": {"path": "/"}}), "a path of its host"),
        ("securityContext/runAsUser", json!(0), "runs as root"),
        ("containers/0/securityContext/privileged", json!(true), "is privileged"),
        ("containers/0/securityContext/capabilities/add", json!(["NET_ADMIN"]), "is privileged"),
        ("initContainers", json!([{"name": "x", "image": "x:1.0"}]), "readOnlyRootFilesystem"),
    ] {
        breaks("production", SERVER, &format!("{POD}/{place}"), &value, policy, text);
    }
    for place in ["securityContext", "resources/limits", "resources/requests"] {
        breaks("production", SERVER, &format!("{CONTAINER}/{place}"), &json!({}), policy, place);
    }
    breaks(
        "production",
        SERVER,
        &format!("{POD}/securityContext/runAsNonRoot"),
        &json!(false),
        policy,
        "runAsNonRoot",
    );
    breaks("production", ("Namespace", ""), "/metadata/labels", &json!({}), policy, "restricted");

    let policy = "pods have time";
    breaks("production", SERVER, &format!("{POD}/terminationGracePeriodSeconds"), &json!(45), policy, "45 s");
    breaks("production", SETTINGS, "/data/PARLOR_DRAIN", &json!("1m"), policy, "60");
    breaks(
        "production",
        SERVER,
        &format!("{CONTAINER}/lifecycle/preStop/sleep/seconds"),
        &json!(20),
        policy,
        "20",
    );
    breaks("development", SETTINGS, "/data/PARLOR_GRACE", &json!("long"), policy, "None");
    let shell = json!({"exec": {"command": ["sleep", "5"]}});
    breaks("production", SERVER, &format!("{CONTAINER}/lifecycle/preStop"), &shell, policy, "does not have");
}

#[test]
fn too_many_or_too_few_replicas_are_found() {
    let budget = ("PodDisruptionBudget", "");
    breaks("production", budget, "/spec/maxUnavailable", &json!(0), "disruptions", "keeps 3 of 3");
    breaks("production", budget, "/spec/maxUnavailable", &json!(3), "disruptions", "keeps 0 of 3");
    breaks("production", budget, "/kind", &json!("Nothing"), "disruptions", "no budget");
    breaks("production", SERVER, "/spec/replicas", &json!(3), "replicas are set", "an autoscaler");
    let limit = format!("{CONTAINER}/resources/limits/cpu");
    breaks("production", SERVER, &limit, &json!("2"), "processors are", "a limit of CPU");

    let policy = "pools fit";
    breaks("production", SETTINGS, "/data/PARLOR_DATABASE_POOL", &json!("16"), policy, "of 100");
    breaks("production", SETTINGS, "/data/PARLOR_DATABASE_POOL", &Value::Null, policy, "pools of 16");
    breaks("production", ("HorizontalPodAutoscaler", ""), "/spec/maxReplicas", &json!(20), policy, "21 pods");
    breaks("production", SERVER, "/metadata/annotations", &json!({}), policy, "must set");
    let surge = "/spec/strategy/rollingUpdate";
    breaks("production", SERVER, surge, &json!({"maxSurge": "50%"}), policy, "12 pods");
    breaks("production", SERVER, surge, &json!({"maxSurge": 4}), policy, "12 pods");
    breaks("production", ("HorizontalPodAutoscaler", ""), "/spec/maxReplicas", &json!(10), policy, "11 pods");

    let policy = "several replicas share";
    breaks("development", SERVER, "/spec/replicas", &json!(2), policy, "on SQLite");
    breaks("development", SERVER, "/spec/strategy", &json!({"type": "RollingUpdate"}), policy, "Recreate");
    breaks("production", SETTINGS, "/data/DATABASE_URL_FILE", &Value::Null, policy, "on SQLite");
    breaks("production", SETTINGS, "/data/REDIS_URL_FILE", &Value::Null, policy, "no Redis");
    breaks("production", SETTINGS, "/data/PARLOR_JWT_SECRET_FILE", &Value::Null, policy, "signing keys");
    breaks("production", SETTINGS, "/data/PARLOR_FILES_URL", &Value::Null, policy, "keeps files");
}

#[test]
fn one_replica_on_sqlite_may_be_a_stateful_set() {
    let Some((_, installation)) = installations().iter().find(|(name, _)| name == "development") else {
        return;
    };
    let mut installation = installation.clone();
    set(&mut installation, SERVER, "/spec/strategy", &Value::Null);
    let complaint = |installation: &Installation| {
        complaints(installation).into_iter().find(|found| found.contains("on SQLite"))
    };
    assert!(complaint(&installation).is_some(), "a Deployment starts the new one before the old one ends");
    set(&mut installation, SERVER, "/kind", &json!("StatefulSet"));
    assert_eq!(complaint(&installation), None);
    set(&mut installation, ("StatefulSet", "parlor"), "/spec/replicas", &json!(2));
    assert!(complaint(&installation).is_some());
}

#[test]
fn every_policy_is_broken_by_some_test() {
    let tests =
        concat!(include_str!("tests.rs"), include_str!("tests/routing.rs"), include_str!("tests/gateway.rs"));
    // A test names a policy by its first two words.
    let untested = |name: &&str| {
        let words: Vec<_> = name.split(' ').take(2).collect();
        !tests.contains(&format!("\"{}", words.join(" "))) && !tests.contains(&format!("\"{}\"", words[0]))
    };
    let untested: Vec<_> = POLICIES.iter().map(|(name, _)| *name).filter(untested).collect();
    assert!(untested.is_empty(), "{untested:?}");
}
