//! Objects with their owners, and everything that happened to them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::{Fields, display, encode, fields, get, merge, remove};
use super::kinds::Kind;

/// The parts of an object that the server writes.
const SYSTEM: &[&str] =
    &["creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid"];

/// A refusal: its status, reason, message, and the fields that it is about.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) causes: Vec<Value>,
}

impl Refusal {
    pub(crate) fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, causes: vec![] }
    }

    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{what} {name:?} not found"))
    }
}

/// The name of an object: its kind, its namespace or an empty one, and its name.
pub(crate) type Id = (&'static str, String, String);

/// The owner of fields: its name, and `Apply` or `Update`.
type Manager = (String, &'static str);

#[derive(Clone)]
struct Object {
    value: Value,
    managers: BTreeMap<Manager, Fields>,
}

/// A change that watches report.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) version: u64,
    pub(crate) verb: &'static str,
    pub(crate) id: Id,
    pub(crate) object: Value,
}

/// The objects of a cluster.
#[derive(Default)]
pub(crate) struct Objects {
    stored: BTreeMap<Id, Object>,
    pub(crate) events: Vec<Event>,
    created: u64,
}

/// An application of a manifest.
pub(crate) struct Application<'a> {
    pub(crate) manager: &'a str,
    pub(crate) force: bool,
    pub(crate) dry_run: bool,
}

impl Objects {
    pub(crate) fn version(&self) -> u64 {
        self.events.last().map_or(1, |event| event.version)
    }

    pub(crate) fn get(&self, id: &Id) -> Option<&Value> {
        self.stored.get(id).map(|object| &object.value)
    }

    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a Id, &'a Value)> {
        let of_kind = self.stored.iter().filter(move |((other, ..), _)| *other == kind);
        of_kind.map(|(id, object)| (id, &object.value))
    }

    /// Applies a manifest as a server does: fields that another manager owns with another value are a conflict, or taken over with
    /// `force`; fields that this manager no longer applies are removed unless another one owns them.
    pub(crate) fn apply(
        &mut self,
        kind: &'static Kind,
        id: &Id,
        manifest: &Value,
        how: &Application<'_>,
    ) -> Result<Value, Refusal> {
        self.require_namespace(kind, id)?;
        let mut manifest = manifest.clone();
        strip(&mut manifest);
        let manager = (how.manager.to_owned(), "Apply");
        let live = self.stored.get(id);
        let mut object =
            live.cloned().unwrap_or_else(|| Object { value: json!({}), managers: BTreeMap::new() });
        let applied = owned(&manifest);
        let mut conflicts = vec![];
        for (other, set) in object.managers.iter_mut().filter(|(other, _)| **other != manager) {
            let differs = |path: &&Vec<_>| get(&manifest, path) != get(&object.value, path);
            let disputed: Vec<_> = set.intersection(&applied).filter(differs).cloned().collect();
            for path in disputed {
                if how.force {
                    set.remove(&path);
                } else {
                    conflicts.push(json!({"reason": "FieldManagerConflict", "field": display(&path),
                        "message": format!("conflict with {:?} using {}: {}", other.0, kind.api_version(), display(&path))}));
                }
            }
        }
        if !conflicts.is_empty() {
            let count = conflicts.len();
            let messages: Vec<_> = conflicts.iter().filter_map(|cause| cause["message"].as_str()).collect();
            let message = format!("Apply failed with {count} conflicts: {}", messages.join(", "));
            return Err(Refusal { causes: conflicts, ..Refusal::new(409, "Conflict", message) });
        }
        merge(&mut object.value, &manifest, &mut vec![]);
        let before = object.managers.remove(&manager).unwrap_or_default();
        for path in before.difference(&applied) {
            let kept = object.managers.values().any(|set| set.iter().any(|other| other.starts_with(path)));
            if !kept {
                remove(&mut object.value, path);
            }
        }
        object.managers.insert(manager, applied);
        self.store(kind, id, object, how.dry_run)
    }

    /// Stores what a manager made of an object: it owns every field that differs from before.
    pub(crate) fn update(
        &mut self,
        kind: &'static Kind,
        id: &Id,
        value: Value,
        manager: &str,
    ) -> Result<Value, Refusal> {
        self.require_namespace(kind, id)?;
        let live = self.stored.get(id).cloned();
        let before = live.as_ref().map_or(Value::Null, |object| object.value.clone());
        let mut managers = live.map(|object| object.managers).unwrap_or_default();
        let present = owned(&value);
        let changed: Fields =
            present.iter().filter(|path| get(&value, path) != get(&before, path)).cloned().collect();
        for set in managers.values_mut() {
            set.retain(|path| present.contains(path) && !changed.contains(path));
        }
        managers.entry((manager.to_owned(), "Update")).or_default().extend(changed);
        managers.retain(|_, set| !set.is_empty());
        self.store(kind, id, Object { value, managers }, false)
    }

    /// Marks an object as being deleted; the controllers remove it.
    pub(crate) fn delete(&mut self, kind: &'static Kind, id: &Id) -> Result<Value, Refusal> {
        let mut object = self.stored.get(id).cloned().ok_or_else(|| missing(kind, id))?;
        object.value["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        self.store(kind, id, object, false)
    }

    /// Returns an object that is marked so.
    pub(crate) fn being_deleted(&self) -> Option<Id> {
        let marked = |object: &Object| object.value.pointer("/metadata/deletionTimestamp").is_some();
        self.stored.iter().find(|(_, object)| marked(object)).map(|(id, _)| id.clone())
    }

    /// Removes an object for good.
    pub(crate) fn remove(&mut self, id: &Id) {
        if let Some(mut object) = self.stored.remove(id) {
            let version = self.version() + 1;
            object.value["metadata"]["resourceVersion"] = json!(version.to_string());
            self.events.push(Event { version, verb: "DELETED", id: id.clone(), object: object.value });
        }
    }

    fn require_namespace(&self, kind: &Kind, (_, namespace, _): &Id) -> Result<(), Refusal> {
        let there = self.stored.contains_key(&("Namespace", String::new(), namespace.clone()));
        if kind.namespaced && !there {
            return Err(Refusal::not_found("namespaces", namespace));
        }
        Ok(())
    }

    /// Stores an object unless nothing changes, and returns it.
    fn store(&mut self, kind: &Kind, id: &Id, mut object: Object, dry_run: bool) -> Result<Value, Refusal> {
        let before = self.stored.get(id);
        kind.require_immutable(before.map(|object| &object.value), &object.value)?;
        kind.set_defaults(&mut object.value);
        object.value["metadata"]["managedFields"] = managed(kind, &object.managers);
        if before.is_some_and(|before| before.value == object.value) {
            return Ok(object.value);
        }
        let metadata = &mut object.value["metadata"];
        if let Some(before) = before {
            let generation = before.value["metadata"]["generation"].as_u64().unwrap_or(1);
            for name in ["creationTimestamp", "uid"] {
                metadata[name] = before.value["metadata"][name].clone();
            }
            let changed = before.value.get("spec") != object.value.get("spec");
            object.value["metadata"]["generation"] = json!(generation + u64::from(changed));
        } else {
            self.created += 1;
            metadata["uid"] = json!(format!("00000000-0000-0000-0000-{:012}", self.created));
            metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
            metadata["generation"] = json!(1);
        }
        let version = self.version() + 1;
        object.value["metadata"]["resourceVersion"] = json!(version.to_string());
        let value = object.value.clone();
        if !dry_run {
            let verb = if before.is_some() { "MODIFIED" } else { "ADDED" };
            self.events.push(Event { version, verb, id: id.clone(), object: value.clone() });
            self.stored.insert(id.clone(), object);
        }
        Ok(value)
    }
}

pub(crate) fn missing(kind: &Kind, (_, _, name): &Id) -> Refusal {
    Refusal::not_found(&kind.resource(), name)
}

/// Removes what only the server writes.
fn strip(manifest: &mut Value) {
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !SYSTEM.contains(&name.as_str()));
    }
}

/// Returns the fields that can have an owner.
fn owned(value: &Value) -> Fields {
    let mut value = value.clone();
    strip(&mut value);
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !["apiVersion", "kind"].contains(&name.as_str()));
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !["name", "namespace"].contains(&name.as_str()));
    }
    fields(&value)
}

fn managed(kind: &Kind, managers: &BTreeMap<Manager, Fields>) -> Value {
    let entries = managers.iter().map(|((manager, operation), set)| {
        json!({"manager": manager, "operation": operation, "apiVersion": kind.api_version(),
            "fieldsType": "FieldsV1", "fieldsV1": encode(set)})
    });
    entries.collect()
}
