//! Sharing within a document: what operations repeat word for word becomes a component that they refer to.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// The member of a content that holds its one example.
const EXAMPLE: &str = "example";

/// Makes components of parameters, answers without a body and examples that more than one operation has, and of objects of the
/// client's own that more than one body has.
pub(super) fn share(document: &mut Value) {
    let mut parameters = Components::new("parameters");
    let mut responses = Components::new("responses");
    let mut examples = Components::new("examples");
    let mut paths = document["paths"].take();
    for operation in operations(&mut paths) {
        each(operation, &mut |kind, value| match kind {
            Kind::Parameter => parameters.count(value),
            Kind::Empty => responses.count(value),
            Kind::Content => value.get(EXAMPLE).into_iter().for_each(|example| examples.count(example)),
        });
    }
    for operation in operations(&mut paths) {
        each(operation, &mut |kind, value| match kind {
            Kind::Parameter => {
                let name = pascal(value["name"].as_str().unwrap_or_default());
                parameters.replace(value, &name);
            }
            Kind::Empty => responses.replace(value, "NoContent"),
            Kind::Content => {
                let name = value["schema"]["$ref"].as_str().and_then(|target| target.rsplit('/').next());
                let name = name.unwrap_or_default().to_owned();
                let Some(example) = value.get(EXAMPLE).filter(|example| examples.repeats(example)) else {
                    return;
                };
                let mut shared = json!({"value": example});
                examples.replace_as(&mut shared, example.to_string(), &name);
                value.as_object_mut().into_iter().for_each(|content| drop(content.remove(EXAMPLE)));
                value["examples"] = json!({"usual": shared});
            }
        });
    }
    document["paths"] = paths;
    let mut schemas = document["components"]["schemas"].take();
    let mut objects = Components::new("schemas");
    free_objects(&mut schemas, &mut |_, object| objects.count(object));
    free_objects(&mut schemas, &mut |name, object| objects.replace(object, &pascal(name)));
    document["components"]["schemas"] = schemas;
    for components in [parameters, responses, examples, objects] {
        if let Some(all) = document["components"].as_object_mut() {
            let of_kind = all.entry(components.kind).or_insert_with(|| json!({}));
            if let Some(known) = of_kind.as_object_mut() {
                known.extend(components.made);
            }
        }
    }
}

/// Visits the members of all schemas, and of the variants of unions, that are objects of the client's own.
fn free_objects(schemas: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
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
                if member["type"] == "object" && member.get("properties").is_none() {
                    visit(name, member);
                }
            }
        }
    }
}

/// The part of an operation that it may share.
enum Kind {
    Parameter,
    /// A success without a body.
    Empty,
    /// A body, or a success with one.
    Content,
}

fn operations(paths: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut)
}

fn each(operation: &mut Value, visit: &mut impl FnMut(Kind, &mut Value)) {
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter.get("$ref").is_none() {
            visit(Kind::Parameter, parameter);
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        contents(body).for_each(|content| visit(Kind::Content, content));
    }
    let responses = operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for response in responses.filter(|response| response.get("$ref").is_none()) {
        if response.get("content").is_some() {
            contents(response).for_each(|content| visit(Kind::Content, content));
        } else {
            visit(Kind::Empty, response);
        }
    }
}

fn contents(of: &mut Value) -> impl Iterator<Item = &mut Value> {
    of["content"].as_object_mut().into_iter().flat_map(Map::values_mut)
}

/// The components of one kind that are made.
struct Components {
    kind: &'static str,
    /// The number of operations with each value, by its text.
    counted: HashMap<String, usize>,
    /// The name of each component, by the text of its value.
    names: HashMap<String, String>,
    made: Map<String, Value>,
}

impl Components {
    fn new(kind: &'static str) -> Self {
        Self { kind, counted: HashMap::new(), names: HashMap::new(), made: Map::new() }
    }

    fn count(&mut self, value: &Value) {
        *self.counted.entry(value.to_string()).or_default() += 1;
    }

    fn repeats(&self, value: &Value) -> bool {
        self.counted.get(&value.to_string()).is_some_and(|number| *number > 1)
    }

    /// Replaces a value that repeats by a reference to its component.
    fn replace(&mut self, value: &mut Value, name: &str) {
        if self.repeats(value) {
            self.replace_as(value, value.to_string(), name);
        }
    }

    /// Replaces a value by a reference to the component of that text, made under that name, with a number where the name is
    /// taken.
    fn replace_as(&mut self, value: &mut Value, text: String, name: &str) {
        let made = &mut self.made;
        let name = self.names.entry(text).or_insert_with(|| {
            let numbered = (2..).map(|number| format!("{name}{number}"));
            let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !made.contains_key(name));
            let free = free.unwrap_or_default();
            made.insert(free.clone(), value.clone());
            free
        });
        *value = json!({"$ref": format!("#/components/{}/{name}", self.kind)});
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
            let content = json!({"schema": {"$ref": "#/components/schemas/Room"}, "example": {"id": 1}});
            json!({
                "parameters": [parameter(about)],
                "responses": {"200": {"content": {"application/json": content}}, "204": {"description": answer}},
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
                "Create": {"properties": {"metadata": {"type": "object"}}},
            }},
        });
        share(&mut document);
        let components = &document["components"];
        assert_eq!(
            components["parameters"],
            json!({"PageSize": parameter("of rooms"), "PageSize2": parameter("of files")})
        );
        assert_eq!(components["responses"], json!({"NoContent": {"description": "Done."}}));
        assert_eq!(components["examples"], json!({"Room": {"value": {"id": 1}}}));
        let shared = json!({"$ref": "#/components/schemas/Metadata"});
        assert_eq!(components["schemas"]["Metadata"], json!({"type": "object"}));
        assert_eq!(components["schemas"]["Create"]["properties"]["metadata"], shared);
        assert_eq!(components["schemas"]["Send"]["oneOf"][0]["properties"]["metadata"], shared);
        let last = &document["paths"]["/b"]["put"];
        assert_eq!(last["parameters"], json!([{"$ref": "#/components/parameters/PageSize2"}]));
        assert_eq!(last["responses"]["204"], json!({"$ref": "#/components/responses/NoContent"}));
        assert_eq!(
            last["responses"]["200"]["content"]["application/json"]["examples"],
            json!({"usual": {"$ref": "#/components/examples/Room"}})
        );
        let own = &document["paths"]["/c"]["get"];
        assert_eq!(own["parameters"], json!([parameter("of nothing else")]));
        assert_eq!(own["responses"]["204"], json!({"description": "Over."}));
    }
}
