//! Sharing within a document: what operations repeat word for word becomes a component that they refer to.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

/// Makes components of parameters and successes that more than one operation has, and of values of the client's own that more
/// than one body has.
pub(super) fn share(document: &mut Value) {
    let mut parameters = Components::new("parameters", document);
    let mut responses = Components::new("responses", document);
    let mut paths = document["paths"].take();
    for operation in operations(&mut paths) {
        each(operation, &mut |part| match part {
            Part::Parameter(value) => parameters.count(value),
            Part::Success(_, value) => responses.count(value),
        });
    }
    for operation in operations(&mut paths) {
        each(operation, &mut |part| match part {
            Part::Parameter(value) => {
                let name = pascal(value["name"].as_str().unwrap_or_default());
                parameters.replace(value, &name);
            }
            Part::Success(status, value) => {
                let name = success_name(status, value);
                responses.replace(value, &name);
            }
        });
    }
    document["paths"] = paths;
    let mut schemas = document["components"]["schemas"].take();
    let mut values = Components::new("schemas", document);
    values.taken.extend(schemas.as_object().into_iter().flat_map(Map::keys).cloned());
    sent_values(&mut schemas, &mut |_, value| values.count(value));
    sent_values(&mut schemas, &mut |name, value| values.replace(value, &pascal(name)));
    document["components"]["schemas"] = schemas;
    for components in [parameters, responses, values] {
        if let Some(all) = document["components"].as_object_mut() {
            let of_kind = all.entry(components.kind).or_insert_with(|| json!({}));
            if let Some(known) = of_kind.as_object_mut() {
                known.extend(components.made);
            }
        }
    }
}

/// Visits the members of all schemas, and of the variants of unions, that a client makes up: texts with a pattern, and objects
/// of its own.
fn sent_values(schemas: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    for schema in schemas.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let variants = schema.get("oneOf").is_some_and(Value::is_array);
        let parts = if variants {
            schema["oneOf"].as_array_mut().map(Vec::as_mut_slice)
        } else {
            Some(std::slice::from_mut(schema))
        };
        for part in parts.into_iter().flatten() {
            let members = part.get_mut("properties").and_then(Value::as_object_mut);
            for (name, member) in members.into_iter().flatten() {
                let free = member["type"] == "object" && member.get("properties").is_none();
                if free || member.get("pattern").is_some() {
                    visit(name, member);
                }
            }
        }
    }
}

/// The part of an operation that it may share.
enum Part<'a> {
    Parameter(&'a mut Value),
    /// A success, with its status.
    Success(&'a str, &'a mut Value),
}

fn operations(paths: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut)
}

fn each(operation: &mut Value, visit: &mut impl FnMut(Part<'_>)) {
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter.get("$ref").is_none() {
            visit(Part::Parameter(parameter));
        }
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if response.get("$ref").is_none() {
            visit(Part::Success(status, response));
        }
    }
}

/// Returns the name of a success: that of its body's schema.
fn success_name(status: &str, response: &Value) -> String {
    let content = response["content"].as_object().and_then(|content| content.values().next());
    let body = content.and_then(|content| content["schema"]["$ref"].as_str()?.rsplit('/').next());
    match body {
        None => "NoContent".to_owned(),
        Some(schema) if status == "201" => format!("Created{schema}"),
        Some(schema) => schema.to_owned(),
    }
}

/// The components of one kind that are made.
struct Components {
    kind: &'static str,
    /// The number of operations with each value, by its text.
    counted: HashMap<String, usize>,
    /// The name of each component, by the text of its value.
    names: HashMap<String, String>,
    /// The names of all components of this kind.
    taken: HashSet<String>,
    made: Map<String, Value>,
}

impl Components {
    /// No components yet beside those that the document has.
    fn new(kind: &'static str, document: &Value) -> Self {
        let taken =
            document["components"][kind].as_object().into_iter().flat_map(Map::keys).cloned().collect();
        Self { kind, counted: HashMap::new(), names: HashMap::new(), taken, made: Map::new() }
    }

    fn count(&mut self, value: &Value) {
        *self.counted.entry(value.to_string()).or_default() += 1;
    }

    /// Replaces a value that repeats by a reference to its component, made under that name, with a number where the name is
    /// taken.
    fn replace(&mut self, value: &mut Value, name: &str) {
        let text = value.to_string();
        if self.counted.get(&text).is_none_or(|number| *number < 2) {
            return;
        }
        let Self { kind, names, taken, made, .. } = self;
        let name = names.entry(text).or_insert_with(|| {
            let numbered = (2..).map(|number| format!("{name}{number}"));
            let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name));
            let free = free.unwrap_or_default();
            taken.insert(free.clone());
            made.insert(free.clone(), value.clone());
            free
        });
        *value = json!({"$ref": format!("#/components/{kind}/{name}")});
    }
}

/// Returns a name in the case of components: `Idempotency-Key` as `IdempotencyKey`.
fn pascal(name: &str) -> String {
    let words = name.split('-').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_becomes_a_component_and_what_differs_gets_a_number() {
        let parameter = |about: &str| json!({"name": "page-size", "in": "query", "description": about});
        let operation = |about: &str, answer: &str| {
            let content = json!({"schema": {"$ref": "#/components/schemas/Room"}});
            let room = json!({"content": {"application/json": content}});
            json!({
                "parameters": [parameter(about)],
                "responses": {"200": room, "201": room, "204": {"description": answer}},
            })
        };
        let mut document = json!({
            "paths": {
                "/a": {"get": operation("of rooms", "Done."), "put": operation("of rooms", "Done.")},
                "/b": {"get": operation("of files", "Gone."), "put": operation("of files", "Done.")},
                "/c": {"get": operation("of nothing else", "Over.")},
            },
            "components": {"schemas": {
                "Send": {"oneOf": [{"properties": {"metadata": {"type": "object"}, "id": {"type": "string"}}}, {"type": "null"}]},
                "Create": {"properties": {"metadata": {"type": "object"}, "room": {"pattern": "^a"}}},
                "Change": {"properties": {"room": {"pattern": "^a"}, "name": {"pattern": "^b"}}},
                "Room": {},
            }},
        });
        share(&mut document);
        let components = &document["components"];
        assert_eq!(
            components["parameters"],
            json!({"PageSize": parameter("of rooms"), "PageSize2": parameter("of files")})
        );
        let room = &components["responses"]["Room"];
        assert_eq!(room["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Room");
        assert_eq!(components["responses"], json!({"NoContent": {"description": "Done."}, "Room": room}));
        let shared = json!({"$ref": "#/components/schemas/Metadata"});
        assert_eq!(components["schemas"]["Metadata"], json!({"type": "object"}));
        assert_eq!(components["schemas"]["Create"]["properties"]["metadata"], shared);
        assert_eq!(components["schemas"]["Send"]["oneOf"][0]["properties"]["metadata"], shared);
        assert_eq!(components["schemas"]["Room2"], json!({"pattern": "^a"}));
        let change = &components["schemas"]["Change"]["properties"];
        assert_eq!(
            *change,
            json!({"room": {"$ref": "#/components/schemas/Room2"}, "name": {"pattern": "^b"}})
        );
        let last = &document["paths"]["/b"]["put"];
        assert_eq!(last["parameters"], json!([{"$ref": "#/components/parameters/PageSize2"}]));
        assert_eq!(last["responses"]["204"], json!({"$ref": "#/components/responses/NoContent"}));
        assert_eq!(last["responses"]["200"], json!({"$ref": "#/components/responses/Room"}));
        let own = &document["paths"]["/c"]["get"];
        assert_eq!(own["parameters"], json!([parameter("of nothing else")]));
        assert_eq!(own["responses"]["204"], json!({"description": "Over."}));
    }
}
