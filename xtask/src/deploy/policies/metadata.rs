//! Policies for what every object carries: its namespace and the labels that Kubernetes recommends.

use std::collections::BTreeSet;

use super::Installation;
use crate::deploy::manifests::{display_name, text};
use crate::deploy::render::split;

/// The recommended labels of every object. Objects of one part of the application also have `component`.
const LABELS: &[&str] = &["name", "instance", "version", "part-of", "managed-by"];
/// The kinds whose objects belong to one part of the application.
const PARTS: &[&str] = &["Deployment", "Job", "Service"];
const PREFIX: &str = "/metadata/labels/app.kubernetes.io~1";

/// An object without a namespace would be created in the one that kubectl has selected.
pub(super) fn namespaces(installation: &Installation) -> Vec<String> {
    let objects = installation.manifests.0.iter().filter(|object| text(object, "/kind") != "Namespace");
    let known: BTreeSet<_> =
        installation.manifests.of("Namespace").map(|object| text(object, "/metadata/name")).collect();
    let lost = objects.filter(|object| !known.contains(text(object, "/metadata/namespace")));
    lost.map(|object| {
        format!("{} lies in {:?}, not {known:?}", display_name(object), text(object, "/metadata/namespace"))
    })
    .collect()
}

pub(super) fn labels(installation: &Installation) -> Vec<String> {
    let mut wrong = vec![];
    let instances: BTreeSet<_> =
        installation.manifests.0.iter().map(|object| text(object, &format!("{PREFIX}instance"))).collect();
    if instances.len() > 1 {
        wrong.push(format!("objects belong to different instances: {instances:?}"));
    }
    for object in &installation.manifests.0 {
        let component = if PARTS.contains(&text(object, "/kind")) { &["component"][..] } else { &[] };
        let missing = LABELS
            .iter()
            .chain(component)
            .filter(|label| text(object, &format!("{PREFIX}{label}")).is_empty());
        wrong.extend(missing.map(|label| format!("{} lacks the label {label}", display_name(object))));
    }
    for workload in installation.manifests.workloads() {
        for labelled in [workload.document, workload.template] {
            let version = text(labelled, &format!("{PREFIX}version"));
            let images = workload.containers().iter().map(|container| text(container, "/image"));
            // A digest says nothing about the release.
            let tags = images.filter(|image| !image.contains('@')).filter_map(|image| split(image).ok());
            let other = tags.map(|(_, tag)| tag).filter(|tag| *tag != version);
            wrong.extend(
                other.map(|tag| {
                    format!("{} is labelled version {version:?} and runs {tag:?}", workload.name())
                }),
            );
        }
    }
    wrong
}
