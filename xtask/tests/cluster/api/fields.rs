//! Sets of fields, as server-side apply keeps them for each manager.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// A step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A field of an object.
    Field(String),
    /// An item of a list whose items have keys: the keys as JSON.
    Item(String),
}

pub(crate) type Path = Vec<Step>;
pub(crate) type Fields = BTreeSet<Path>;

/// The names of keys, with the defaults of those that may be absent.
type Keys = &'static [(&'static str, Option<&'static str>)];

/// The lists whose items have keys. Every other list is one value, as the API says of most.
const KEYED: &[(&str, Keys)] = &[
    ("conditions", &[("type", None)]),
    ("containers", &[("name", None)]),
    ("env", &[("name", None)]),
    ("initContainers", &[("name", None)]),
    ("listeners", &[("name", None)]),
    ("topologySpreadConstraints", &[("topologyKey", None), ("whenUnsatisfiable", None)]),
    ("volumeMounts", &[("mountPath", None)]),
    ("volumes", &[("name", None)]),
    ("ownerReferences", &[("uid", None)]),
];
/// `ports` of containers and of Services; those of network policies are one value.
const CONTAINER_PORTS: Keys = &[("containerPort", None), ("protocol", Some("TCP"))];
const SERVICE_PORTS: Keys = &[("port", None), ("protocol", Some("TCP"))];
/// The objects that are one value.
const ATOMIC: &[&str] =
    &["configMapKeyRef", "labelSelector", "namespaceSelector", "podSelector", "secretKeyRef", "selector"];

/// Returns the keys of a list's items, or `None` for a list that is one value.
fn keys_of(path: &[Step]) -> Option<Keys> {
    let Some(Step::Field(name)) = path.last() else { return None };
    if name == "ports" {
        return match path.get(path.len().checked_sub(2)?)? {
            Step::Item(_) => Some(CONTAINER_PORTS),
            Step::Field(parent) if parent == "spec" => Some(SERVICE_PORTS),
            Step::Field(_) => None,
        };
    }
    KEYED.iter().find(|(list, _)| list == name).map(|(_, keys)| *keys)
}

/// Returns the keys of an item as JSON.
fn key(item: &Value, keys: Keys) -> String {
    let value = |name: &str, default: Option<&str>| {
        item.get(name).cloned().unwrap_or_else(|| default.map_or(Value::Null, Value::from))
    };
    let keys: Map<String, Value> =
        keys.iter().map(|(name, default)| ((*name).to_owned(), value(name, *default))).collect();
    Value::Object(keys).to_string()
}

/// The children of a value, or `None` where it is one value.
fn children<'a>(value: &'a Value, path: &[Step]) -> Option<Vec<(Step, &'a Value)>> {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let atomic = matches!(path.last(), Some(Step::Field(name)) if ATOMIC.contains(&name.as_str()));
            let steps = fields.iter().map(|(name, field)| (Step::Field(name.clone()), field));
            (!atomic).then(|| steps.collect())
        }
        Value::Array(items) => {
            let keys = keys_of(path)?;
            Some(items.iter().map(|item| (Step::Item(key(item, keys)), item)).collect())
        }
        _ => None,
    }
}

/// Returns the paths of all values without parts, and of all items.
pub(crate) fn fields(value: &Value) -> Fields {
    fn collect(value: &Value, path: &mut Path, found: &mut Fields) {
        if matches!(path.last(), Some(Step::Item(_))) {
            found.insert(path.clone());
        }
        match children(value, path) {
            None => {
                found.insert(path.clone());
            }
            Some(parts) => {
                for (step, part) in parts {
                    path.push(step);
                    collect(part, path, found);
                    path.pop();
                }
            }
        }
    }
    let mut found = Fields::new();
    collect(value, &mut vec![], &mut found);
    found
}

/// Returns the value at a path.
pub(crate) fn get<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    let mut at = value;
    for (depth, step) in path.iter().enumerate() {
        at = match step {
            Step::Field(name) => at.get(name)?,
            Step::Item(wanted) => {
                let keys = keys_of(&path[..depth])?;
                at.as_array()?.iter().find(|item| key(item, keys) == *wanted)?
            }
        };
    }
    Some(at)
}

/// Removes the value at a path, and the objects that this leaves empty.
pub(crate) fn remove(value: &mut Value, path: &[Step]) {
    fn inside(value: &mut Value, path: &[Step], depth: usize) {
        let last = depth + 1 == path.len();
        match (&path[depth], value) {
            (Step::Field(name), Value::Object(fields)) => {
                let Some(field) = fields.get_mut(name) else { return };
                if !last {
                    inside(field, path, depth + 1);
                }
                let empty = matches!(field, Value::Object(fields) if fields.is_empty())
                    || matches!(field, Value::Array(items) if items.is_empty());
                if last || empty {
                    fields.remove(name);
                }
            }
            (Step::Item(wanted), Value::Array(items)) => {
                let Some(keys) = keys_of(&path[..depth]) else { return };
                let Some(at) = items.iter().position(|item| key(item, keys) == *wanted) else { return };
                if last {
                    items.remove(at);
                } else {
                    inside(&mut items[at], path, depth + 1);
                }
            }
            _ => {}
        }
    }
    inside(value, path, 0);
}

/// Puts the applied values over the live ones.
pub(crate) fn merge(live: &mut Value, applied: &Value, path: &mut Path) {
    let Some(parts) = children(applied, path) else {
        *live = applied.clone();
        return;
    };
    for (step, part) in parts {
        let inner = match (&step, &mut *live) {
            (Step::Field(name), Value::Object(fields)) => fields.entry(name.clone()).or_insert(Value::Null),
            (Step::Item(wanted), Value::Array(items)) => {
                let keys = keys_of(path).unwrap_or_default();
                let at = items.iter().position(|item| key(item, keys) == *wanted);
                let at = at.unwrap_or_else(|| {
                    items.push(Value::Null);
                    items.len() - 1
                });
                &mut items[at]
            }
            (_, other) => {
                *other = if matches!(step, Step::Field(_)) { json!({}) } else { json!([]) };
                return merge(other, applied, path);
            }
        };
        path.push(step);
        merge(inner, part, path);
        path.pop();
    }
}

/// Returns a set in the form of `managedFields`.
pub(crate) fn encode(set: &Fields) -> Value {
    let mut encoded = json!({});
    for path in set {
        let mut at = &mut encoded;
        for step in path {
            let name = match step {
                Step::Field(name) => format!("f:{name}"),
                Step::Item(keys) => format!("k:{keys}"),
            };
            at = &mut at[name];
            if at.is_null() {
                *at = json!({});
            }
        }
        if matches!(path.last(), Some(Step::Item(_))) {
            at["."] = json!({});
        }
    }
    encoded
}

/// Returns a path as `kubectl` shows it: `.spec.template.spec.containers[name="parlor"].image`.
pub(crate) fn display(path: &[Step]) -> String {
    let parts = path.iter().map(|step| match step {
        Step::Field(name) => format!(".{name}"),
        Step::Item(keys) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("[{}]", keys.join(","))
        }
    });
    parts.collect()
}
