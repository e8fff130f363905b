//! What pods are made of, what they may do, and how they end.

use serde_json::{Value, json};

use super::World;
use crate::deploy::manifests::{Workload, list, number, text};

/// Everything that a pod names must exist, or be declared as made by somebody else.
pub(super) fn references(world: &World) -> Vec<String> {
    let mut wrong = vec![];
    let map = |name: &str| world.manifests.named("ConfigMap", name);
    let secret = |name: &str, key: &str| {
        let known = |documents: &super::Manifests| {
            let data = documents.named("Secret", name)?;
            ["stringData", "data"].iter().find_map(|part| data.get(part)?.get(key)).map(drop)
        };
        known(&world.declared).or_else(|| known(&world.manifests)).is_some()
    };
    for workload in world.manifests.workloads() {
        let who = workload.name();
        for container in workload.all_containers() {
            for source in list(container, "/envFrom") {
                let (of_map, of_secret) =
                    (text(source, "/configMapRef/name"), text(source, "/secretRef/name"));
                if of_secret.is_empty() && map(of_map).is_none() {
                    wrong.push(format!("{who} reads the ConfigMap {of_map:?}, which is not there"));
                }
                if !of_secret.is_empty() && !secret_is_there(world, of_secret) {
                    wrong.push(format!(
                        "{who} reads the Secret {of_secret:?}, which is neither there nor declared"
                    ));
                }
            }
            for from in list(container, "/env").iter().filter_map(|variable| variable.get("valueFrom")) {
                let (of_map, of_secret) = (from.get("configMapKeyRef"), from.get("secretKeyRef"));
                let (name, key) = match of_map.or(of_secret) {
                    Some(reference) => (text(reference, "/name"), text(reference, "/key")),
                    None => continue,
                };
                let there = if of_map.is_some() {
                    map(name).is_some_and(|map| map["data"].get(key).is_some())
                } else {
                    secret(name, key)
                };
                if !there {
                    wrong.push(format!("{who} reads {key} of {name}, which is neither there nor declared"));
                }
            }
        }
        for volume in list(workload.template, "/spec/volumes") {
            let name = text(volume, "/secret/secretName");
            if !name.is_empty() && !secret_is_there(world, name) {
                wrong.push(format!("{who} mounts the Secret {name:?}, which is neither there nor declared"));
            }
            let of_map = text(volume, "/configMap/name");
            if !of_map.is_empty() && map(of_map).is_none() {
                wrong.push(format!("{who} mounts the ConfigMap {of_map:?}, which is not there"));
            }
            let kept = |key: &str| map(of_map).is_none_or(|map| map["data"].get(key).is_some());
            let items = list(volume, "/configMap/items").iter().map(|item| text(item, "/key"));
            let lost = items.filter(|key| !kept(key));
            wrong.extend(lost.map(|key| format!("{who} mounts {key} of {of_map}, which is not there")));
            let lost = list(volume, "/secret/items").iter().map(|item| text(item, "/key"));
            let lost = lost.filter(|key| !secret(name, key));
            wrong.extend(
                lost.map(|key| format!("{who} mounts {key} of {name}, which is neither there nor declared")),
            );
            let claim = text(volume, "/persistentVolumeClaim/claimName");
            if !claim.is_empty() && world.manifests.named("PersistentVolumeClaim", claim).is_none() {
                wrong.push(format!("{who} mounts the claim {claim}, which is not there"));
            }
        }
        let account = text(workload.template, "/spec/serviceAccountName");
        if world.manifests.named("ServiceAccount", account).is_none() {
            wrong.push(format!("{who} runs as {account:?}, which is not there"));
        }
        let files = mounted_files(&workload);
        for (name, path) in world.manifests.environment(&workload) {
            if let (true, Some(path)) = (name.ends_with("_FILE"), path)
                && !files.contains(&path)
            {
                wrong.push(format!("{name} of {who} names {path}, which nothing mounts"));
            }
        }
    }
    for ingress in world.manifests.of("Ingress") {
        for tls in list(ingress, "/spec/tls").iter().map(|tls| text(tls, "/secretName")) {
            if !secret(tls, "tls.crt") {
                wrong.push(format!("the certificate {tls} is neither there nor declared"));
            }
        }
    }
    wrong
}

fn secret_is_there(world: &World, name: &str) -> bool {
    [&world.declared, &world.manifests].iter().any(|documents| documents.named("Secret", name).is_some())
}

/// The files that Secrets bring into the first container.
fn mounted_files(workload: &Workload<'_>) -> Vec<String> {
    let Some(container) = workload.containers().first() else { return vec![] };
    let mounts = list(container, "/volumeMounts").iter().flat_map(|mount| {
        let volumes = list(workload.template, "/spec/volumes");
        let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]);
        let items = volume.map_or(&[][..], |volume| list(volume, "/secret/items"));
        items.iter().map(move |item| format!("{}/{}", text(mount, "/mountPath"), text(item, "/path")))
    });
    mounts.collect()
}

/// The program refuses to start with a setting that it does not know. Kubernetes' own variables for a Service named
/// parlor would be such.
pub(super) fn settings(world: &World) -> Vec<String> {
    let mut wrong = vec![];
    for workload in world.manifests.workloads() {
        let names = world.manifests.environment(&workload).into_keys();
        let unknown = names.filter(|name| !world.program.settings.contains(name));
        wrong.extend(unknown.map(|name| format!("{} sets {name}", workload.name())));
        if workload.template.pointer("/spec/enableServiceLinks") != Some(&json!(false)) {
            wrong.push(format!("{} needs enableServiceLinks: false", workload.name()));
        }
    }
    wrong
}

pub(super) fn tags(world: &World) -> Vec<String> {
    let mut wrong = vec![];
    for workload in world.manifests.workloads() {
        for image in workload.all_containers().map(|container| text(container, "/image")) {
            if !stays(image) {
                wrong.push(format!("{} runs {image:?}", workload.name()));
            }
        }
    }
    let images = world.manifests.workloads().into_iter().flat_map(|workload| workload.containers());
    let mut images: Vec<_> = images.map(|container| text(container, "/image")).collect();
    images.dedup();
    if images.len() > 1 {
        wrong.push(format!("migrations and servers are of different releases: {images:?}"));
    }
    wrong
}

/// Whether the image is named by its digest, by a commit, or by the number of a release: words move, and so does `1`.
pub(crate) fn stays(image: &str) -> bool {
    if let Some((_, digest)) = image.split_once('@') {
        return digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64);
    }
    let Ok((_, tag)) = crate::deploy::render::split(image) else { return false };
    let commit = tag.len() >= 7 && tag.chars().all(|c| c.is_ascii_hexdigit());
    let number = tag.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    commit || number && tag.contains('.')
}

/// The `restricted` pod security standard, a root that can't be written to, and a bound of memory.
pub(super) fn confined(world: &World) -> Vec<String> {
    let of_the_pod = [
        ("/spec/securityContext/runAsNonRoot", json!(true)),
        ("/spec/securityContext/seccompProfile/type", json!("RuntimeDefault")),
        ("/spec/automountServiceAccountToken", json!(false)),
    ];
    let of_a_container = [
        ("/securityContext/allowPrivilegeEscalation", json!(false)),
        ("/securityContext/readOnlyRootFilesystem", json!(true)),
        ("/securityContext/capabilities/drop", json!(["ALL"])),
    ];
    let mut wrong = vec![];
    for workload in world.manifests.workloads() {
        let name = workload.name();
        let lacks = |value: &Value, (pointer, wanted): &(&str, Value)| {
            let told = value.pointer(pointer) == Some(wanted);
            (!told).then(|| format!("{name} must have {wanted} at {pointer}"))
        };
        wrong.extend(of_the_pod.iter().filter_map(|demand| lacks(workload.template, demand)));
        let spec = workload.template.get("spec").unwrap_or(&Value::Null);
        for shared in
            ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|name| spec[name] == json!(true))
        {
            wrong.push(format!("{name} sets {shared}"));
        }
        if list(spec, "/volumes").iter().any(|volume| volume.get("hostPath").is_some()) {
            wrong.push(format!("{name} mounts a path of its host"));
        }
        let users =
            workload.all_containers().chain([spec]).map(|of| number(of, "/securityContext/runAsUser"));
        if users.flatten().any(|user| user == 0) {
            wrong.push(format!("{name} runs as root"));
        }
        for container in workload.all_containers() {
            if container.pointer("/securityContext/privileged") == Some(&json!(true))
                || !list(container, "/securityContext/capabilities/add").is_empty()
            {
                wrong.push(format!("{name} is privileged, or adds capabilities"));
            }
            wrong.extend(of_a_container.iter().filter_map(|demand| lacks(container, demand)));
            let bounds =
                ["/resources/limits/memory", "/resources/requests/memory", "/resources/requests/cpu"];
            let lost = bounds.into_iter().filter(|bound| text(container, bound).is_empty());
            wrong.extend(lost.map(|bound| format!("{name} says nothing at {bound}")));
        }
    }
    for namespace in world.manifests.of("Namespace") {
        if text(namespace, "/metadata/labels/pod-security.kubernetes.io~1enforce") != "restricted" {
            wrong.push("the namespace does not enforce the restricted standard".to_owned());
        }
    }
    wrong
}

/// After preStop comes SIGTERM, then `PARLOR_DRAIN`, then `PARLOR_GRACE`, and only then may the kubelet kill.
pub(super) fn grace(world: &World) -> Vec<String> {
    let mut wrong = vec![];
    for server in world.manifests.servers() {
        let settings = world.manifests.environment(&server);
        let told = |name: &str, default: &str| {
            let value = settings.get(name).cloned().flatten();
            seconds(value.as_deref().unwrap_or(default))
        };
        let first = server.containers().first();
        let stop =
            first.and_then(|container| number(container, "/lifecycle/preStop/sleep/seconds")).unwrap_or(0);
        if first.is_some_and(|container| container.pointer("/lifecycle/preStop/exec").is_some()) {
            wrong.push(format!(
                "{} executes something in preStop, which its image does not have",
                server.name()
            ));
        }
        let given = number(server.template, "/spec/terminationGracePeriodSeconds").unwrap_or(30);
        match (told("PARLOR_DRAIN", "0s"), told("PARLOR_GRACE", "30s")) {
            (Some(drain), Some(grace)) if stop + drain + grace < given => {}
            (drain, grace) => wrong.push(format!(
                "{} is given {given} s; preStop {stop}, drain {drain:?} and grace {grace:?} must be less",
                server.name()
            )),
        }
    }
    wrong
}

/// As the program reads a duration.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    Some(text[..text.len() - 1].parse::<u64>().ok()? * unit)
}
