//! The OpenAPI 3.1 description of a dialect: its route table, what it says of each line, the types that its answers are
//! made of, and errors worded by its own function.

use std::collections::BTreeMap;

use actix_web::ResponseError;
use serde_json::{Map, Value, json};

use super::answers::{common_headers, failure_headers, headers};
use super::refusals;
use crate::http::Shape;
use crate::routing::{Caller, Description, Endpoint, JSON, Operation};
use crate::state::Dialect;

impl Operation {
    fn ids(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    fn is(&self, endpoint: &Endpoint, base: &str) -> bool {
        endpoint.method == self.method && endpoint.path.strip_prefix(base) == Some(self.path)
    }

    fn render(&self, caller: Caller, description: &Description, shape: Shape) -> Value {
        let ids = self
            .ids()
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": description.id}));
        let parameters: Vec<Value> = ids.chain(self.parameters.iter().cloned()).collect();
        let mut operation = json!({
            "operationId": self.id,
            "tags": [description.title],
            "summary": self.summary,
            "responses": self.responses(caller, !parameters.is_empty(), shape),
            "parameters": parameters,
        });
        let token = json!({"token": []});
        match caller {
            Caller::SignedIn | Caller::Sender | Caller::Listener => operation["security"] = json!([token]),
            Caller::Anyone => operation["security"] = json!([{}, token]),
            Caller::NewComer => {}
        }
        if let Some(body) = &self.body {
            operation["requestBody"] = json!({"required": true, "content": body.content()});
        }
        operation
    }

    fn responses(&self, caller: Caller, has_parameters: bool, shape: Shape) -> Map<String, Value> {
        let mut failures: BTreeMap<u16, Map<String, Value>> = BTreeMap::new();
        let flaw = (has_parameters || self.body.is_some()).then_some(("name", "is missing"));
        let usual = refusals::usual(caller, self.body.as_ref().map(|body| body.kind), flaw);
        for error in usual.iter().chain(&self.refusals) {
            let examples = failures.entry(error.status_code().as_u16()).or_default();
            examples.insert(error.code().to_owned(), json!({"value": shape(error)}));
        }
        let failures = failures.into_iter().map(|(status, examples)| {
            let codes: Vec<String> = examples.keys().map(|code| format!("`{code}`")).collect();
            let schema = json!({"$ref": "#/components/schemas/Error"});
            let answer = json!({
                "description": codes.join(", "),
                "headers": failure_headers(status),
                "content": {JSON: {"schema": schema, "examples": examples}},
            });
            (status.to_string(), answer)
        });
        let mut all: Map<String, Value> = failures.collect();
        for (status, about, carried) in &self.answers {
            let headers = common_headers();
            let answer = json!({"description": about, "headers": headers, "content": carried.content()});
            all.insert(status.to_string(), answer);
        }
        if self.answers.iter().any(|(status, ..)| *status == 206) {
            let answer = json!({"description": "The client has it already.", "headers": common_headers()});
            all.insert("304".into(), answer);
        }
        all
    }
}

/// The OpenAPI description of a dialect's routes.
pub(crate) fn document(dialect: Dialect) -> Value {
    render(&dialect.description(), &dialect.endpoints(), dialect.shape())
}

fn render(description: &Description, endpoints: &[Endpoint], shape: Shape) -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints {
        let said = description.operations.iter().find(|said| said.is(endpoint, description.base));
        let Some(operation) = said else { continue };
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        let method = endpoint.method.as_str().to_lowercase();
        item[method] = operation.render(endpoint.caller, description, shape);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Parlor: the dialect {}", description.title),
            "description": description.about,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": description.base}],
        "tags": [{"name": description.title}],
        "paths": paths,
        "components": {
            "schemas": description.schemas,
            "headers": headers(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "What logging in answers."},
            },
        },
    })
}

/// Every line that is not described, and every description that has no line. A test keeps both empty.
#[cfg(test)]
fn drifted(description: &Description, endpoints: &[Endpoint]) -> Vec<String> {
    let said = &description.operations;
    let silent = endpoints.iter().filter(|e| !said.iter().any(|said| said.is(e, description.base)));
    let idle = said.iter().filter(|said| !endpoints.iter().any(|e| said.is(e, description.base)));
    let silent = silent.map(|e| format!("{} {}", e.method, e.path));
    silent.chain(idle.map(|said| format!("{} {}", said.method, said.path))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_every_description_has_its_route() {
        for dialect in Dialect::ALL {
            let drifted = drifted(&dialect.description(), &dialect.endpoints());
            assert_eq!(drifted, Vec::<String>::new());
        }
    }

    /// Every object of a document, with where it stands.
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
    fn documents_lead_somewhere_name_each_operation_once_and_show_examples() {
        for dialect in Dialect::ALL {
            let document = document(dialect);
            let (mut ids, mut references) = (vec![], 0);
            walk(&document, "", &mut |place, value| {
                if let Some(Value::String(target)) = value.get("$ref") {
                    assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
                    references += 1;
                }
                if let Some(Value::String(id)) = value.get("operationId") {
                    ids.push(id.clone());
                }
                if place.ends_with("/content/application~1json")
                    || place.ends_with("/content/application/json")
                {
                    let shown = value.get("example").or_else(|| value.get("examples"));
                    assert!(shown.is_some(), "{place} has no example");
                }
            });
            assert!(references > 0);
            assert_eq!(ids.len(), dialect.endpoints().len());
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        }
    }

    #[test]
    fn an_example_of_an_error_is_what_the_dialect_says_of_it() {
        let document = document(Dialect::Envelope);
        let responses = &document["paths"]["/api/auth/signup"]["post"]["responses"];
        let bad = &responses["400"]["content"]["application/json"]["examples"];
        assert_eq!(bad["EMAIL_TAKEN"]["value"]["message"], "Email already exists");
        assert_eq!(responses.get("409"), None);
    }
}
