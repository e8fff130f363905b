//! The controllers of Deployments and Jobs, a step at a time, as a cluster would: others see what lies between.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::kinds::{KINDS, Kind};
use super::objects::{Id, Objects, Refusal};

const MANAGER: &str = "kube-controller-manager";
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Takes one step, and returns false where nothing is left to do.
pub(crate) fn step(objects: &mut Objects, failing_jobs: bool) -> Result<bool, Refusal> {
    if let Some(id) = objects.being_deleted() {
        objects.remove(&id);
        return Ok(true);
    }
    for (id, job) in owned(objects, "Job") {
        if let Some(status) = job_status(&job, failing_jobs) {
            write(objects, &id, &job, "status", status)?;
            return Ok(true);
        }
    }
    for (id, deployment) in owned(objects, "Deployment") {
        if roll_out(objects, &id, &deployment)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn owned(objects: &Objects, kind: &str) -> Vec<(Id, Value)> {
    objects.of_kind(kind).map(|(id, value)| (id.clone(), value.clone())).collect()
}

fn write(
    objects: &mut Objects,
    id: &Id,
    before: &Value,
    field: &str,
    value: Value,
) -> Result<Value, Refusal> {
    let mut after = before.clone();
    after[field] = value;
    objects.update(kind(id.0), id, after, MANAGER)
}

fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).expect("a kind of the server")
}

/// Returns the next status of a job, or `None` for one that has ended.
fn job_status(job: &Value, fails: bool) -> Option<Value> {
    let condition = |name: &str| json!({"type": name, "status": "True"});
    let [first, last] = if fails { ["FailureTarget", "Failed"] } else { ["SuccessCriteriaMet", "Complete"] };
    match job.pointer("/status/conditions").and_then(Value::as_array).map(Vec::len) {
        None if job.get("status").is_none() => Some(json!({"active": 1})),
        None => Some(json!({"active": 1, "conditions": [condition(first)]})),
        Some(1) => Some(json!({"conditions": [condition(first), condition(last)]})),
        Some(_) => None,
    }
}

/// Gives a Deployment the replica set of its template, and its pods one by one.
fn roll_out(objects: &mut Objects, id: &Id, deployment: &Value) -> Result<bool, Refusal> {
    let mut hasher = DefaultHasher::new();
    meaning(&deployment["spec"]["template"]).hash(&mut hasher);
    let hash = format!("{:x}", hasher.finish());
    let uid = &deployment["metadata"]["uid"];
    let of_this = |set: &Value| set["metadata"]["ownerReferences"][0]["uid"] == *uid;
    let sets: Vec<_> = owned(objects, "ReplicaSet").into_iter().filter(|(_, set)| of_this(set)).collect();
    let revision = |value: &Value| -> u64 {
        let text = value["metadata"]["annotations"][REVISION].as_str();
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    let newest = sets.iter().map(|(_, set)| revision(set)).max().unwrap_or(0);
    let set_id = ("ReplicaSet", id.1.clone(), format!("{}-{hash}", id.2));
    let current = sets.iter().find(|(other, _)| *other == set_id).map(|(_, set)| set);
    let own = match current {
        Some(set) if revision(set) == newest => newest,
        // A template that comes back gets a new number.
        _ => newest + 1,
    };
    let set = replica_set(deployment, &set_id, &hash, own);
    if current.is_none_or(|current| current["metadata"]["annotations"] != set["metadata"]["annotations"]) {
        objects.update(kind("ReplicaSet"), &set_id, set, MANAGER)?;
        return Ok(true);
    }
    if revision(deployment) != own {
        let mut metadata = deployment["metadata"].clone();
        metadata["annotations"][REVISION] = json!(own.to_string());
        write(objects, id, deployment, "metadata", metadata)?;
        return Ok(true);
    }
    let status = deployment.get("status").cloned().unwrap_or_default();
    let next = deployment_status(deployment, &status);
    if next != status {
        write(objects, id, deployment, "status", next)?;
        return Ok(true);
    }
    Ok(false)
}

/// Returns a text that is the same for objects that mean the same: kubectl sends fields in another order, and members that are
/// null or empty where they were absent.
fn meaning(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| (name, meaning(member)));
            let members: BTreeMap<_, _> = members.filter(|(_, member)| !member.is_empty()).collect();
            if members.is_empty() { String::new() } else { format!("{members:?}") }
        }
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Array(items) => format!("{:?}", items.iter().map(meaning).collect::<Vec<_>>()),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn replica_set(deployment: &Value, (_, namespace, name): &Id, hash: &str, revision: u64) -> Value {
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = json!(hash);
    let mut annotations = deployment["metadata"]["annotations"].clone();
    annotations[REVISION] = json!(revision.to_string());
    let owner = json!({"apiVersion": "apps/v1", "kind": "Deployment", "controller": true,
        "name": deployment["metadata"]["name"], "uid": deployment["metadata"]["uid"]});
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations,
            "labels": template["metadata"]["labels"], "ownerReferences": [owner]},
        "spec": {"replicas": deployment["spec"]["replicas"],
            "selector": {"matchLabels": template["metadata"]["labels"]}, "template": template}})
}

/// Returns the status with one more pod of the current template, until all are of it.
fn deployment_status(deployment: &Value, before: &Value) -> Value {
    let wanted = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
    let generation = &deployment["metadata"]["generation"];
    let same = before["observedGeneration"] == *generation;
    let updated = if same { before["updatedReplicas"].as_u64().unwrap_or(0) + 1 } else { 0 }.min(wanted);
    let done = updated == wanted;
    let condition = |name: &str, reason: &str| json!({"type": name, "status": "True", "reason": reason});
    let progress = if done { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
    json!({"observedGeneration": generation, "updatedReplicas": updated, "availableReplicas": updated,
        "replicas": if done { wanted } else { wanted + 1 },
        "conditions":
            [condition("Available", "MinimumReplicasAvailable"), condition("Progressing", progress)]})
}
