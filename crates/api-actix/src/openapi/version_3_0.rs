//! The description as `OpenAPI` 3.0, for tools that do not know 3.1: converted, never written.

use serde_json::{Map, Value, json};

/// Keywords of JSON Schema that 3.0 has no place for, and that only narrow or explain a schema.
const DROPPED: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

const SCHEMAS: &str = "#/components/schemas/";
/// The prefix of the name of a schema that may be null.
const NULLABLE: &str = "Nullable";

/// Converts a description in version 3.1 to version 3.0.
pub(super) fn convert(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document.pointer_mut("/info/license").and_then(Value::as_object_mut) {
        license.remove("identifier");
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.values_mut().for_each(schema);
    }
    outside_schemas(&mut document);
    add_nullable(&mut document);
    document
}

/// Adds the schemas that are another's or null, to which [`choices`] refers: 3.0 allows null only beside a type. Removes those
/// to which nothing refers any more.
fn add_nullable(document: &mut Value) {
    let text = document.to_string();
    let referred = |name: &str| text.contains(&format!("\"{SCHEMAS}{name}\""));
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    let nullable: Vec<(String, Value)> = schemas
        .iter()
        .map(|(name, schema)| (format!("{NULLABLE}{name}"), schema))
        .filter(|(name, _)| referred(name))
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            schema["nullable"] = json!(true);
            if schema["type"].is_null() && schema["allOf"].is_array() {
                schema["type"] = json!("object");
            }
            schema["title"] = json!(name);
            if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                values.push(Value::Null);
            }
            (name, schema)
        })
        .collect();
    for (name, _) in &nullable {
        let other = name.trim_start_matches(NULLABLE);
        if !referred(other) {
            schemas.remove(other);
        }
    }
    schemas.extend(nullable);
}

/// Converts every schema that a parameter, a header or a body has. An example is data, whatever its members are called.
fn outside_schemas(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("$ref") {
                members.retain(|name, _| name == "$ref");
            }
            for (name, member) in members {
                match name.as_str() {
                    "schema" => schema(member),
                    "schemas" | "example" | "examples" => {}
                    _ => outside_schemas(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(outside_schemas),
        _ => {}
    }
}

/// Converts a schema and those that it holds.
fn schema(value: &mut Value) {
    if let Value::Bool(anything) = value {
        *value = if *anything { json!({}) } else { json!({"not": {}}) };
    }
    let Some(members) = value.as_object_mut() else { return };
    for name in ["items", "additionalProperties", "not"] {
        // A boolean stays where 3.0 takes one.
        members.get_mut(name).filter(|held| held.is_object()).into_iter().for_each(schema);
    }
    for name in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        members.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().for_each(schema);
    }
    if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(schema);
    }
    keywords(members);
    members.retain(|name, _| !DROPPED.contains(&name.as_str()));
    // Beside a reference, 3.0 reads nothing else.
    if members.len() > 1
        && let Some(target) = members.remove("$ref")
    {
        let mut all = vec![json!({"$ref": target})];
        all.extend(members.remove("allOf").and_then(|all| all.as_array().cloned()).unwrap_or_default());
        members.insert("allOf".into(), all.into());
    }
}

fn keywords(members: &mut Map<String, Value>) {
    if let Some(only) = members.remove("const") {
        members.entry("type").or_insert_with(|| type_of(&only).into());
        members.insert("enum".into(), json!([only]));
    }
    if let Some(first) = members.remove("examples").and_then(|examples| examples.get(0).cloned()) {
        members.insert("example".into(), first);
    }
    if let Some(Value::Array(choices)) = members.remove("prefixItems") {
        members.insert("items".into(), json!({"anyOf": choices}));
    }
    if ["contentEncoding", "contentMediaType"].iter().any(|name| members.contains_key(*name))
        && !members.contains_key("contentSchema")
    {
        let format = if members.get("contentEncoding") == Some(&json!("base64")) { "byte" } else { "binary" };
        members.entry("format").or_insert(json!(format));
    }
    for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(bound) = members.get(exclusive).filter(|bound| bound.is_number()).cloned() {
            members.insert(inclusive.into(), bound);
            members.insert(exclusive.into(), json!(true));
        }
    }
    types(members);
    for name in ["anyOf", "oneOf"] {
        choices(members, name);
    }
}

/// Converts a list of types; null becomes `nullable`.
fn types(members: &mut Map<String, Value>) {
    match members.get("type").cloned() {
        Some(Value::String(only)) if only == "null" => {
            members.remove("type");
            members.insert("nullable".into(), json!(true));
            members.insert("enum".into(), json!([null]));
        }
        Some(Value::Array(types)) => {
            if types.contains(&json!("null")) {
                members.insert("nullable".into(), json!(true));
            }
            let types: Vec<Value> = types.into_iter().filter(|name| name != "null").collect();
            if let [only] = &types[..] {
                members.insert("type".into(), only.clone());
            } else {
                members.remove("type");
                let each: Vec<Value> = types.iter().map(|name| json!({"type": name})).collect();
                members.insert("anyOf".into(), each.into());
            }
        }
        _ => {}
    }
}

/// Converts a choice that may be null: the choice of the others, which is `nullable`.
fn choices(members: &mut Map<String, Value>, name: &str) {
    let null = json!({"nullable": true, "enum": [null]});
    let Some(Value::Array(choices)) = members.get(name) else { return };
    if !choices.contains(&null) {
        return;
    }
    let others: Vec<Value> = choices.iter().filter(|choice| **choice != null).cloned().collect();
    members.remove(name);
    if let [only] = &others[..]
        // A reference with a description is one in `allOf` by now.
        && let Some(target) = only["$ref"].as_str().or(only["allOf"][0]["$ref"].as_str())
        && let Some(target) = target.strip_prefix(SCHEMAS)
    {
        members.insert("$ref".into(), json!(format!("{SCHEMAS}{NULLABLE}{target}")));
        if let Some(about) = only.get("description") {
            members.entry("description").or_insert(about.clone());
        }
        return;
    }
    members.insert("nullable".into(), json!(true));
    members.insert(name.into(), others.into());
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(mut from: Value) -> Value {
        schema(&mut from);
        from
    }

    #[test]
    fn null_becomes_nullable() {
        for (from, to) in [
            (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
            (
                json!({"type": ["string", "integer", "null"]}),
                json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
            ),
            (
                json!({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}),
                json!({"$ref": "#/components/schemas/NullableA"}),
            ),
            (
                json!({"oneOf": [{"$ref": "#/components/schemas/A", "description": "d"}, {"type": "null"}]}),
                json!({"allOf": [{"$ref": "#/components/schemas/NullableA"}], "description": "d"}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/a"}, {"$ref": "#/b"}]}),
                json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}], "nullable": true}),
            ),
        ] {
            assert_eq!(converted(from), to);
        }
    }

    #[test]
    fn keywords_of_json_schema_become_those_of_3_0() {
        for (from, to) in [
            (json!({"const": "text"}), json!({"type": "string", "enum": ["text"]})),
            (json!({"type": "boolean", "const": false}), json!({"type": "boolean", "enum": [false]})),
            (json!({"type": "string", "examples": ["a", "b"]}), json!({"type": "string", "example": "a"})),
            (
                json!({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}),
                json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 9}),
            ),
            (
                json!({"type": "string", "contentMediaType": "image/png"}),
                json!({"type": "string", "format": "binary"}),
            ),
            (
                json!({"type": "string", "contentMediaType": "application/json", "contentSchema": {"$ref": "#/a"}}),
                json!({"type": "string"}),
            ),
            (
                json!({"$ref": "#/a", "description": "one"}),
                json!({"allOf": [{"$ref": "#/a"}], "description": "one"}),
            ),
            (json!({"$ref": "#/a"}), json!({"$ref": "#/a"})),
            (json!(true), json!({})),
            (json!(false), json!({"not": {}})),
        ] {
            assert_eq!(converted(from), to);
        }
    }

    #[test]
    fn schemas_are_converted_wherever_they_stand_and_data_is_not() {
        let held = json!({"type": "object", "additionalProperties": false, "properties": {
            "const": {"type": ["string", "null"]}, "list": {"type": "array", "items": {"const": 1}}}});
        let after = json!({"type": "object", "additionalProperties": false, "properties": {
            "const": {"type": "string", "nullable": true},
            "list": {"type": "array", "items": {"type": "integer", "enum": [1]}}}});
        let document = |held: &Value, version: &str, license: Value| {
            json!({"openapi": version, "info": {"license": license}, "components": {"schemas": {"Held": held}},
            "paths": {"/": {"get": {
                "parameters": [{"schema": held, "example": {"schema": {"const": 1}}}],
                "responses": {"200": {"content": {"a/b": {"schema": held, "examples": {"schema": {"value": 1}}}}}},
            }}}})
        };
        let from = document(&held, "3.1.0", json!({"name": "MIT", "identifier": "MIT"}));
        assert_eq!(convert(from), document(&after, "3.0.3", json!({"name": "MIT"})));
    }

    #[test]
    fn a_schema_that_may_be_null_is_a_component() {
        let from = json!({"components": {"schemas": {
            "A": {"type": "string", "enum": ["a"]},
            "B": {"type": "object", "properties": {"a": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/A"}]}}},
        }}});
        let schemas = convert(from)["components"]["schemas"].take();
        assert_eq!(schemas["B"]["properties"]["a"], json!({"$ref": "#/components/schemas/NullableA"}));
        let nullable = json!({"type": "string", "enum": ["a", null], "nullable": true, "title": "NullableA"});
        assert_eq!(schemas["NullableA"], nullable);
        assert_eq!(schemas.get("A"), None, "nothing refers to it any more");
    }

    #[test]
    fn a_reference_outside_schemas_stands_alone() {
        let from = json!({"responses": {"404": {"$ref": "#/a", "description": "as there"}}});
        assert_eq!(convert(from)["responses"], json!({"404": {"$ref": "#/a"}}));
    }
}
