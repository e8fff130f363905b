//! The documents agree with themselves, and with what is committed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{admin_document, dialect_document, document};
use crate::state::Dialect;
use crate::{admin, rest};

fn documents() -> Vec<(&'static str, Value)> {
    let dialects = Dialect::ALL.map(|dialect| (dialect.name(), dialect_document(dialect)));
    [("api", document()), ("admin", admin_document())].into_iter().chain(dialects).collect()
}

/// Calls `look` with every value of a document and its place.
fn walk(value: &Value, place: &str, look: &mut impl FnMut(&str, &Value)) {
    look(place, value);
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| walk(member, &format!("{place}/{name}"), look));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, place, look)),
        _ => {}
    }
}

#[test]
fn every_endpoint_is_described() {
    let dialects = Dialect::ALL.into_iter().flat_map(Dialect::endpoints);
    let endpoints = rest::endpoints().into_iter().chain(admin::endpoints()).chain(dialects);
    for endpoint in endpoints {
        let place = format!("{} {}", endpoint.method, endpoint.path);
        assert!(!endpoint.id.is_empty() && !endpoint.summary.is_empty() && endpoint.tag.is_some(), "{place}");
        let operation = endpoint.describe();
        assert!(!operation.answers.is_empty(), "{place}");
        let named: BTreeSet<&str> =
            endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let described: BTreeSet<&str> = operation
            .parameters
            .iter()
            .filter(|(place, _)| *place == crate::http::Place::Path)
            .map(|(_, property)| property.name)
            .collect();
        assert_eq!(named, described, "{place}");
    }
}

/// An endpoint of the canonical API whose handler takes no `Input` would not reject unknown parameters.
#[test]
fn every_canonical_endpoint_reads_its_query() {
    for endpoint in rest::endpoints().into_iter().chain(admin::endpoints()) {
        assert!(endpoint.describe().reads_query, "{} {}", endpoint.method, endpoint.path);
    }
}

#[test]
fn operation_ids_are_unique() {
    for (name, document) in documents() {
        let mut ids = vec![];
        walk(&document, "", &mut |_, value| ids.extend(value["operationId"].as_str().map(str::to_owned)));
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}");
        assert!(ids.len() >= 5, "{name}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    for (name, document) in documents() {
        let mut references = 0;
        walk(&document, "", &mut |place, value| {
            if let Some(target) = value["$ref"].as_str() {
                references += 1;
                assert!(document.pointer(&target[1..]).is_some(), "{name} {place}: {target}");
            }
        });
        assert!(references > 0, "{name}");
    }
}

#[test]
fn every_parameter_has_an_example_and_a_description() {
    for (name, document) in documents() {
        walk(&document, "", &mut |place, value| {
            if value.get("in").is_some() && value.get("schema").is_some() {
                assert!(value.get("example").is_some(), "{name} {place}: {}", value["name"]);
                assert!(value.get("description").is_some(), "{name} {place}: {}", value["name"]);
            }
        });
    }
}

#[test]
fn every_error_is_a_component_and_every_union_names_its_variants() {
    for (name, document) in documents() {
        walk(&document["paths"], "", &mut |place, value| {
            for (status, response) in value["responses"].as_object().into_iter().flatten() {
                let component = response["$ref"].as_str().is_some_and(|r| r.contains("/responses/"));
                assert!(component || status.as_str() < "400", "{name} {place} {status}");
            }
        });
        walk(&document, "", &mut |place, value| {
            let variants = value.get("oneOf").or_else(|| value.get("anyOf"));
            for variant in variants.and_then(Value::as_array).into_iter().flatten() {
                let target = variant["$ref"].as_str().map(|target| document.pointer(&target[1..]).unwrap());
                let named = target.unwrap_or(variant).get("title").is_some() || variant["type"] == "null";
                assert!(named, "{name} {place}: {variant}");
            }
            assert!(!place.ends_with("*/*"), "{name} {place}");
        });
    }
}

/// Returns a value, or what it refers to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"].as_str().map_or(value, |target| document.pointer(&target[1..]).unwrap())
}

/// Compares the members of an example with those of its schema.
fn compare(document: &Value, schema: &Value, example: &Value, place: &str) {
    if let Some(target) = schema["$ref"].as_str() {
        return compare(document, document.pointer(&target[1..]).unwrap(), example, place);
    }
    for variant in schema["oneOf"].as_array().or(schema["anyOf"].as_array()).into_iter().flatten() {
        let variant =
            variant["$ref"].as_str().map_or(variant, |target| document.pointer(&target[1..]).unwrap());
        let action = &variant["properties"]["action"]["const"];
        if variant["type"] == "object" && (action.is_null() || *action == example["action"]) {
            return compare(document, variant, example, place);
        }
    }
    let Some(known) = schema["properties"].as_object().filter(|_| example.is_object()) else { return };
    for (name, value) in example.as_object().unwrap() {
        let schema = known.get(name).unwrap_or_else(|| panic!("{place}: {name} is in no schema"));
        compare(document, schema, value, &format!("{place}/{name}"));
        for item in value.as_array().into_iter().flatten() {
            compare(document, &schema["items"], item, place);
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(example.get(name.as_str().unwrap()).is_some(), "{place}: no example of {name}");
    }
}

/// Compares the examples of a schema, or of the schemas that it is made of, with those schemas; returns their number.
fn compare_shown(document: &Value, schema: &Value, place: &str) -> usize {
    if let Some(target) = schema["$ref"].as_str() {
        return compare_shown(document, document.pointer(&target[1..]).unwrap(), target);
    }
    if let Some(examples) = schema["examples"].as_array() {
        for example in examples {
            compare(document, schema, example, place);
        }
        return examples.len();
    }
    let variants = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    let members = schema["properties"].as_object().into_iter().flat_map(|members| members.values());
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let parts = variants.into_iter().flatten().chain(members).chain(parts).chain(schema.get("items"));
    parts.map(|part| compare_shown(document, part, place)).sum()
}

#[test]
fn every_body_of_json_has_a_named_schema_and_an_example_of_it() {
    for (name, document) in documents() {
        let mut seen = 0;
        walk(&document, name, &mut |place, value| {
            let Some(content) = value.get("content").and_then(|content| content.get("application/json"))
            else {
                return;
            };
            seen += 1;
            assert!(content["schema"]["$ref"].is_string(), "{place}");
            let shown = content["examples"].as_object().into_iter().flat_map(|all| all.values());
            let shown: Vec<_> = shown.map(|named| &resolved(&document, named)["value"]).collect();
            for example in &shown {
                compare(&document, &content["schema"], example, place);
            }
            let made_of = compare_shown(&document, &content["schema"], place);
            // An envelope without data is all constants.
            let members = &resolved(&document, &content["schema"])["properties"];
            let fixed =
                members.as_object().is_some_and(|all| all.values().all(|one| one.get("const").is_some()));
            assert!(!shown.is_empty() || made_of > 0 || fixed, "{place}");
        });
        assert!(seen >= 10, "{name}: {seen}");
    }
}

#[test]
fn an_example_of_an_error_has_the_dialects_words() {
    let document = dialect_document(Dialect::Envelope);
    let responses = &document["paths"]["/api/auth/signup"]["post"]["responses"];
    let bad = document.pointer(&responses["400"]["$ref"].as_str().unwrap()[1..]).unwrap();
    let examples = &bad["content"]["application/json"]["examples"];
    let taken = resolved(&document, &examples["EMAIL_TAKEN"]);
    assert_eq!(taken["value"]["message"], "Email already exists");
    assert_eq!(responses.get("409"), None);
}

#[test]
fn the_document_has_at_most_130_000_bytes() {
    let length = document().to_string().len();
    assert!(length <= 130_000, "{length}");
}

/// `UPDATE_SNAPSHOTS=1 cargo test -p api-actix openapi` refreshes it.
#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let current = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == current,
        "docs/openapi.json is stale; run UPDATE_SNAPSHOTS=1 cargo test -p api-actix openapi"
    );
}
