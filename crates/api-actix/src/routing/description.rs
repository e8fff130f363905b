//! What a dialect says of its routes, for its OpenAPI description.

use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::downloads;
use crate::http::ApiError;

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
    pub(crate) method: Method,
    /// Below the base.
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Carried>,
    pub(crate) answers: Vec<(u16, &'static str, Carried)>,
    pub(crate) refusals: Vec<ApiError>,
}

/// What a body is made of.
pub(crate) struct Carried {
    pub(crate) kind: &'static str,
    pub(crate) schema: Value,
    pub(crate) example: Option<Value>,
}

impl Carried {
    pub(crate) fn content(&self) -> Value {
        let mut content = json!({"schema": self.schema});
        if let Some(example) = &self.example {
            content["example"] = example.clone();
        }
        json!({self.kind: content})
    }
}

pub(crate) const JSON: &str = "application/json";

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
}

fn named(place: &str, (name, about, schema): (&str, &str, Value)) -> Value {
    json!({"name": name, "in": place, "description": about, "schema": schema})
}
