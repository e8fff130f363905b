//! Policies for pods: their references, settings, images, rights and shutdown.

use serde_json::{Value, json};

use super::Installation;
use crate::deploy::manifests::{Workload, list, number, text};

/// Everything that a pod names must exist, or be declared as created by the operator.
pub(super) fn references(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    let map = |name: &str| installation.manifests.named("ConfigMap", name);
    let secret = |name: &str, key: &str| {
        let known = |documents: &super::Manifests| {
            let data = documents.named("Secret", name)?;
            ["stringData", "data"].iter().find_map(|part| data.get(part)?.get(key)).map(drop)
        };
        known(&installation.declared).or_else(|| known(&installation.manifests)).is_some()
    };
    for workload in installation.manifests.workloads() {
        let pod = workload.name();
        for container in workload.all_containers() {
            for source in list(container, "/envFrom") {
                let (of_map, of_secret) =
                    (text(source, "/configMapRef/name"), text(source, "/secretRef/name"));
                if of_secret.is_empty() && map(of_map).is_none() {
                    wrong.push(format!("{pod} reads the ConfigMap {of_map:?}, which does not exist"));
                }
                if !of_secret.is_empty() && !secret_is_there(installation, of_secret) {
                    wrong.push(format!(
                        "{pod} reads the Secret {of_secret:?}, which neither exists nor is declared"
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
                    wrong.push(format!("{pod} reads {key} of {name}, which neither exists nor is declared"));
                }
            }
        }
        for volume in list(workload.template, "/spec/volumes") {
            let name = text(volume, "/secret/secretName");
            if !name.is_empty() && !secret_is_there(installation, name) {
                wrong.push(format!("{pod} mounts the Secret {name:?}, which neither exists nor is declared"));
            }
            let of_map = text(volume, "/configMap/name");
            if !of_map.is_empty() && map(of_map).is_none() {
                wrong.push(format!("{pod} mounts the ConfigMap {of_map:?}, which does not exist"));
            }
            let kept = |key: &str| map(of_map).is_none_or(|map| map["data"].get(key).is_some());
            let items = list(volume, "/configMap/items").iter().map(|item| text(item, "/key"));
            let lost = items.filter(|key| !kept(key));
            wrong.extend(lost.map(|key| format!("{pod} mounts {key} of {of_map}, which does not exist")));
            let lost = list(volume, "/secret/items").iter().map(|item| text(item, "/key"));
            let lost = lost.filter(|key| !secret(name, key));
            wrong.extend(
                lost.map(|key| format!("{pod} mounts {key} of {name}, which neither exists nor is declared")),
            );
            let claim = text(volume, "/persistentVolumeClaim/claimName");
            if !claim.is_empty() && installation.manifests.named("PersistentVolumeClaim", claim).is_none() {
                wrong.push(format!("{pod} mounts the claim {claim}, which does not exist"));
            }
        }
        let account = text(workload.template, "/spec/serviceAccountName");
        if installation.manifests.named("ServiceAccount", account).is_none() {
            wrong.push(format!("{pod} runs as {account:?}, which does not exist"));
        }
        let files = mounted_files(&workload);
        for (name, path) in installation.manifests.environment(&workload) {
            if let (true, Some(path)) = (name.ends_with("_FILE"), path)
                && !files.contains(&path)
            {
                wrong.push(format!("{name} of {pod} names {path}, which nothing mounts"));
            }
        }
    }
    let ingresses = installation.manifests.of("Ingress").flat_map(|ingress| list(ingress, "/spec/tls"));
    let listeners = installation.manifests.of("Gateway").flat_map(|gateway| list(gateway, "/spec/listeners"));
    let of_gateways = listeners.flat_map(|listener| list(listener, "/tls/certificateRefs"));
    let certificates = ingresses.map(|tls| text(tls, "/secretName"));
    for certificate in certificates.chain(of_gateways.map(|reference| text(reference, "/name"))) {
        if !secret(certificate, "tls.crt") {
            wrong.push(format!("the certificate {certificate} neither exists nor is declared"));
        }
    }
    wrong
}

fn secret_is_there(installation: &Installation, name: &str) -> bool {
    [&installation.declared, &installation.manifests]
        .iter()
        .any(|documents| documents.named("Secret", name).is_some())
}

/// Returns the paths of Secrets in the first container.
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

/// The program does not start with an unknown setting, such as Kubernetes' own variables for a Service named parlor.
pub(super) fn settings(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for workload in installation.manifests.workloads() {
        let names = installation.manifests.environment(&workload).into_keys();
        let unknown = names.filter(|name| !installation.program.settings.contains(name));
        wrong.extend(unknown.map(|name| format!("{} sets {name}", workload.name())));
        if workload.template.pointer("/spec/enableServiceLinks") != Some(&json!(false)) {
            wrong.push(format!("{} needs enableServiceLinks: false", workload.name()));
        }
    }
    wrong
}

pub(super) fn tags(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for workload in installation.manifests.workloads() {
        for image in workload.all_containers().map(|container| text(container, "/image")) {
            if !is_fixed(image) {
                wrong.push(format!("{} runs {image:?}", workload.name()));
            }
        }
    }
    let images = installation.manifests.workloads().into_iter().flat_map(|workload| workload.containers());
    let mut images: Vec<_> = images.map(|container| text(container, "/image")).collect();
    images.dedup();
    if images.len() > 1 {
        wrong.push(format!("migrations and servers have different releases: {images:?}"));
    }
    wrong
}

/// Returns true if the image is named by its digest, a commit or a release number. Other tags can move, `1` too.
pub(crate) fn is_fixed(image: &str) -> bool {
    if let Some((_, digest)) = image.split_once('@') {
        return digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64);
    }
    let Ok((_, tag)) = crate::deploy::render::split(image) else { return false };
    let commit = tag.len() >= 7 && tag.chars().all(|c| c.is_ascii_hexdigit());
    let number = tag.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    commit || number && tag.contains('.')
}

/// The `restricted` pod security standard, a read-only root, and a limit of memory.
pub(super) fn confined(installation: &Installation) -> Vec<String> {
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
    for workload in installation.manifests.workloads() {
        let name = workload.name();
        let lacks = |value: &Value, (pointer, wanted): &(&str, Value)| {
            let is_set = value.pointer(pointer) == Some(wanted);
            (!is_set).then(|| format!("{name} must have {wanted} at {pointer}"))
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
            wrong.extend(lost.map(|bound| format!("{name} sets nothing at {bound}")));
        }
    }
    for namespace in installation.manifests.of("Namespace") {
        if text(namespace, "/metadata/labels/pod-security.kubernetes.io~1enforce") != "restricted" {
            wrong.push("the namespace does not enforce the restricted standard".to_owned());
        }
    }
    wrong
}

/// The kubelet kills a pod only after preStop, `PARLOR_DRAIN` and `PARLOR_GRACE` have passed.
pub(super) fn grace(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    for server in installation.manifests.servers() {
        let settings = installation.manifests.environment(&server);
        let duration = |name: &str, default: &str| {
            let value = settings.get(name).cloned().flatten();
            seconds(value.as_deref().unwrap_or(default))
        };
        let first = server.containers().first();
        let stop =
            first.and_then(|container| number(container, "/lifecycle/preStop/sleep/seconds")).unwrap_or(0);
        if first.is_some_and(|container| container.pointer("/lifecycle/preStop/exec").is_some()) {
            wrong.push(format!(
                "{} executes a command in preStop that its image does not have",
                server.name()
            ));
        }
        let given = number(server.template, "/spec/terminationGracePeriodSeconds").unwrap_or(30);
        match (duration("PARLOR_DRAIN", "0s"), duration("PARLOR_GRACE", "30s")) {
            (Some(drain), Some(grace)) if stop + drain + grace < given => {}
            (drain, grace) => wrong.push(format!(
                "{} is given {given} s; preStop {stop}, drain {drain:?} and grace {grace:?} must be less",
                server.name()
            )),
        }
    }
    wrong
}

/// Parses a duration as the program does.
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
