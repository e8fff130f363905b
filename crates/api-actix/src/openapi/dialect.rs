//! The OpenAPI 3.1 description of a dialect: its route table, what it says of each line, the types that its answers are
//! made of, and errors worded by its own function.

use std::collections::BTreeMap;

use actix_web::ResponseError;
use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answers::{common_headers, failure_headers, headers};
use super::{downloads, refusals};
use crate::error::{ApiError, Shape};
use crate::rest::{Caller, Endpoint};

/// What a dialect says of itself.
pub(crate) struct Description {
    pub title: &'static str,
    pub about: &'static str,
    /// What its paths begin with.
    pub base: &'static str,
    /// What stands in its paths between braces.
    pub id: Value,
    pub operations: Vec<Operation>,
    /// By name; that of errors is `Error`.
    pub schemas: Map<String, Value>,
}

/// What is said of one line of the route table.
pub(crate) struct Operation {
    method: Method,
    /// Below the base.
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Carried>,
    answers: Vec<(u16, &'static str, Carried)>,
    refusals: Vec<ApiError>,
}

/// What a body is made of.
struct Carried {
    kind: &'static str,
    schema: Value,
    example: Option<Value>,
}

impl Carried {
    fn content(&self) -> Value {
        let mut content = json!({"schema": self.schema});
        if let Some(example) = &self.example {
            content["example"] = example.clone();
        }
        json!({self.kind: content})
    }
}

const JSON: &str = "application/json";

impl Operation {
    pub(crate) fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let (parameters, answers, refusals) = (vec![], vec![], vec![]);
        Self { method, path, id, summary, parameters, body: None, answers, refusals }
    }

    /// With parameters of the query.
    pub(crate) fn query(
        mut self,
        parameters: impl IntoIterator<Item = (&'static str, &'static str, Value)>,
    ) -> Self {
        self.parameters.extend(parameters.into_iter().map(|parameter| named("query", parameter)));
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, about: &'static str) -> Self {
        self.parameters.push(named("header", (name, about, json!({"type": "string"}))));
        self
    }

    /// With the headers of a download.
    pub(crate) fn download(mut self) -> Self {
        self.parameters.extend(downloads::headers().into_iter().map(|header| named("header", header)));
        self
    }

    /// With a body of JSON.
    pub(crate) fn reads(mut self, schema: Value, example: Value) -> Self {
        self.body = Some(Carried { kind: JSON, schema, example: Some(example) });
        self
    }

    /// With a file.
    pub(crate) fn reads_file(mut self) -> Self {
        let file = json!({"type": "string", "format": "binary"});
        let schema = json!({"type": "object", "required": ["file"], "properties": {"file": file}});
        self.body = Some(Carried { kind: "multipart/form-data", schema, example: None });
        self
    }

    /// Answers JSON.
    pub(crate) fn answers(
        mut self,
        status: StatusCode,
        about: &'static str,
        schema: Value,
        example: Value,
    ) -> Self {
        let carried = Carried { kind: JSON, schema, example: Some(example) };
        self.answers.push((status.as_u16(), about, carried));
        self
    }

    /// Answers a file's bytes.
    pub(crate) fn answers_bytes(mut self) -> Self {
        for (status, about) in downloads::ANSWERS {
            let schema = json!({"type": "string", "format": "binary"});
            self.answers.push((status, about, Carried { kind: "*/*", schema, example: None }));
        }
        self
    }

    /// May say no so, besides what every line may say.
    pub(crate) fn refuses<E: Into<ApiError>>(mut self, refusals: impl IntoIterator<Item = E>) -> Self {
        self.refusals.extend(refusals.into_iter().map(Into::into));
        self
    }

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

fn named(place: &str, (name, about, schema): (&str, &str, Value)) -> Value {
    json!({"name": name, "in": place, "description": about, "schema": schema})
}

/// The document, of the lines of that route table.
pub(crate) fn document(description: &Description, endpoints: &[Endpoint], shape: Shape) -> Value {
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
pub(crate) fn drifted(description: &Description, endpoints: &[Endpoint]) -> Vec<String> {
    let said = &description.operations;
    let silent = endpoints.iter().filter(|e| !said.iter().any(|said| said.is(e, description.base)));
    let idle = said.iter().filter(|said| !endpoints.iter().any(|e| said.is(e, description.base)));
    let silent = silent.map(|e| format!("{} {}", e.method, e.path));
    silent.chain(idle.map(|said| format!("{} {}", said.method, said.path))).collect()
}
