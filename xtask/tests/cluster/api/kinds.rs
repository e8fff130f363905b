//! The kinds that the server knows, and their descriptions: discovery and `OpenAPI`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::objects::Refusal;

/// A kind of objects.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) namespaced: bool,
}

const fn kind(group: &'static str, version: &'static str, name: &'static str, plural: &'static str) -> Kind {
    Kind { name, group, version, plural, namespaced: true }
}

const GATEWAY: &str = "gateway.networking.k8s.io";

/// Every kind that the server may have. The groups with a dot that are not Kubernetes' own are installed separately.
pub(crate) const KINDS: &[Kind] = &[
    Kind { namespaced: false, ..kind("", "v1", "Namespace", "namespaces") },
    kind("", "v1", "ConfigMap", "configmaps"),
    kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    kind("", "v1", "Service", "services"),
    kind("", "v1", "ServiceAccount", "serviceaccounts"),
    kind("apps", "v1", "Deployment", "deployments"),
    kind("apps", "v1", "ReplicaSet", "replicasets"),
    kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    kind("batch", "v1", "Job", "jobs"),
    kind("networking.k8s.io", "v1", "Ingress", "ingresses"),
    kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    kind(GATEWAY, "v1", "Gateway", "gateways"),
    kind(GATEWAY, "v1", "HTTPRoute", "httproutes"),
    kind("gateway.envoyproxy.io", "v1alpha1", "BackendTrafficPolicy", "backendtrafficpolicies"),
];

/// Fields that can't change, by kind: a change takes a new object.
const IMMUTABLE: &[(&str, &str)] = &[("Deployment", "/spec/selector"), ("Job", "/spec/template")];

impl Kind {
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Returns the start of its paths: `api/v1`, `apis/apps/v1`.
    pub(crate) fn api_path(&self) -> String {
        if self.group.is_empty() {
            format!("api/{}", self.version)
        } else {
            format!("apis/{}/{}", self.group, self.version)
        }
    }

    /// Returns its name in messages: `deployments.apps`.
    pub(crate) fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    pub(crate) fn require_immutable(&self, before: Option<&Value>, after: &Value) -> Result<(), Refusal> {
        let Some(before) = before else { return Ok(()) };
        let of_kind = IMMUTABLE.iter().filter(|(kind, _)| *kind == self.name);
        for (_, pointer) in of_kind {
            if before.pointer(pointer) != after.pointer(pointer) {
                let field = pointer.trim_start_matches('/').replace('/', ".");
                let message = format!("{} is invalid: {field}: field is immutable", self.resource());
                return Err(Refusal::new(422, "Invalid", message));
            }
        }
        Ok(())
    }

    /// Sets the defaults that matter here; they have no owner.
    pub(crate) fn set_defaults(&self, object: &mut Value) {
        if self.name == "Deployment" && object["spec"].get("replicas").is_none() {
            object["spec"]["replicas"] = json!(1);
        }
    }
}

/// Returns the answer to `/api` (the core group) or `/apis` in the aggregated form.
pub(crate) fn discovery(kinds: &[&'static Kind], core: bool) -> Value {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for kind in kinds.iter().filter(|kind| kind.group.is_empty() == core) {
        let resource = json!({
            "resource": kind.plural, "singularResource": kind.name.to_lowercase(),
            "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
            "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.name},
            "verbs": ["delete", "get", "list", "patch", "watch"],
        });
        groups.entry(kind.group).or_default().entry(kind.version).or_default().push(resource);
    }
    let groups = groups.into_iter().map(|(name, versions)| {
        let versions = versions.into_iter();
        let versions: Vec<_> = versions
            .map(|(version, resources)| json!({"version": version, "resources": resources}))
            .collect();
        json!({"metadata": {"name": name}, "versions": versions})
    });
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {},
        "items": groups.collect::<Vec<_>>()})
}

/// Returns the list of `OpenAPI` documents, one for each version of a group.
pub(crate) fn openapi_index(kinds: &[&'static Kind]) -> Value {
    let paths = kinds.iter().map(|kind| {
        let path = kind.api_path();
        let url = json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash=1")});
        (path, url)
    });
    json!({"paths": paths.collect::<serde_json::Map<_, _>>()})
}

/// Returns an `OpenAPI` document with what kubectl looks for: the parameters that an apply takes.
pub(crate) fn openapi(kinds: &[&'static Kind], path: &str) -> Value {
    let parameters: Vec<_> = ["dryRun", "fieldManager", "fieldValidation", "force"]
        .into_iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
        .collect();
    let of_path = kinds.iter().filter(|kind| kind.api_path() == path);
    let paths = of_path.map(|kind| {
        let place = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let patch = json!({"patch": {"parameters": parameters, "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind":
                {"group": kind.group, "version": kind.version, "kind": kind.name}}});
        (format!("/{path}{place}/{}/{{name}}", kind.plural), patch)
    });
    json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.32.0"},
        "paths": paths.collect::<serde_json::Map<_, _>>()})
}
