//! Rendered manifests, and functions to read them.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

/// Parses every document of a YAML text and applies merge keys.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut documents = vec![];
    for document in yaml_serde::Deserializer::from_str(text) {
        let mut value = yaml_serde::Value::deserialize(document).context("invalid YAML")?;
        value.apply_merge()?;
        if !value.is_null() {
            documents.push(serde_json::to_value(value).context("YAML that JSON can't express")?);
        }
    }
    Ok(documents)
}

/// Returns the text at a JSON pointer, or an empty one.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the list at a JSON pointer, or an empty one.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the number at a JSON pointer.
pub(crate) fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

/// Returns the name of a document in complaints: `Service/parlor`.
pub(crate) fn display_name(document: &Value) -> String {
    format!("{}/{}", text(document, "/kind"), text(document, "/metadata/name"))
}

/// Returns true if the labels match a `matchLabels` or the selector of a Service. An empty selector, which would select
/// everything, matches nothing here: it is a mistake.
pub(crate) fn matches(selector: Option<&Value>, labels: Option<&Value>) -> bool {
    let wanted = selector.and_then(Value::as_object);
    wanted.is_some_and(|wanted| {
        !wanted.is_empty()
            && wanted.iter().all(|(name, value)| labels.and_then(|labels| labels.get(name)) == Some(value))
    })
}

/// A document that starts pods.
pub(crate) struct Workload<'a> {
    pub document: &'a Value,
    /// Its pod template.
    pub template: &'a Value,
}

impl<'a> Workload<'a> {
    pub(crate) fn name(&self) -> String {
        display_name(self.document)
    }

    /// Returns true unless it is a job, which ends.
    pub(crate) fn serves(&self) -> bool {
        !["Job", "CronJob"].contains(&text(self.document, "/kind"))
    }

    pub(crate) fn labels(&self) -> Option<&'a Value> {
        self.template.pointer("/metadata/labels")
    }

    pub(crate) fn containers(&self) -> &'a [Value] {
        list(self.template, "/spec/containers")
    }

    /// Returns the init containers, then the others.
    pub(crate) fn all_containers(&self) -> impl Iterator<Item = &'a Value> {
        list(self.template, "/spec/initContainers").iter().chain(self.containers())
    }

    pub(crate) fn port_named(&self, port: &Value) -> Option<u64> {
        let ports = self.containers().iter().flat_map(|container| list(container, "/ports"));
        let mut ports =
            ports.filter(|known| known.get("name") == Some(port) || known["containerPort"] == *port);
        ports.next().and_then(|known| number(known, "/containerPort"))
    }
}

/// The documents of one installation.
#[derive(Clone)]
pub(crate) struct Manifests(pub Vec<Value>);

impl Manifests {
    pub(crate) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |document| text(document, "/kind") == kind)
    }

    pub(crate) fn named(&self, kind: &str, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|document| text(document, "/kind") == kind && text(document, "/metadata/name") == name)
    }

    pub(crate) fn workloads(&self) -> Vec<Workload<'_>> {
        let with_pods = self.0.iter().filter_map(|document| {
            let template = match text(document, "/kind") {
                "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => document.pointer("/spec/template"),
                "CronJob" => document.pointer("/spec/jobTemplate/spec/template"),
                "Pod" => Some(document),
                _ => None,
            };
            Some(Workload { document, template: template? })
        });
        with_pods.collect()
    }

    pub(crate) fn servers(&self) -> Vec<Workload<'_>> {
        self.workloads().into_iter().filter(Workload::serves).collect()
    }

    pub(crate) fn autoscaler(&self, workload: &Workload<'_>) -> Option<&Value> {
        self.of("HorizontalPodAutoscaler").find(|autoscaler| {
            let target = (
                text(autoscaler, "/spec/scaleTargetRef/kind"),
                text(autoscaler, "/spec/scaleTargetRef/name"),
            );
            target == (text(workload.document, "/kind"), text(workload.document, "/metadata/name"))
        })
    }

    /// Returns the smallest and the largest number of replicas.
    pub(crate) fn replicas(&self, workload: &Workload<'_>) -> (u64, u64) {
        let alone = number(workload.document, "/spec/replicas").unwrap_or(1);
        self.autoscaler(workload).map_or((alone, alone), |autoscaler| {
            let count = |pointer| number(autoscaler, pointer).unwrap_or(1);
            (count("/spec/minReplicas"), count("/spec/maxReplicas"))
        })
    }

    /// Returns the environment of the first container; the value of a Secret is `None`.
    pub(crate) fn environment(&self, workload: &Workload<'_>) -> BTreeMap<String, Option<String>> {
        let mut found = BTreeMap::new();
        let Some(container) = workload.containers().first() else { return found };
        for source in list(container, "/envFrom") {
            let map = self.named("ConfigMap", text(source, "/configMapRef/name"));
            let data = map.and_then(|map| map.get("data")).and_then(Value::as_object);
            for (name, value) in data.into_iter().flatten() {
                found.insert(name.clone(), value.as_str().map(str::to_owned));
            }
        }
        for variable in list(container, "/env") {
            let value = variable.get("value").and_then(Value::as_str).map(str::to_owned);
            found.insert(text(variable, "/name").to_owned(), value);
        }
        found
    }
}
