//! Descriptions of operations, as the types of their handlers give them; `openapi` renders them.

use actix_web::{HttpRequest, web};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use super::{ApiError, Field};

/// A named value of a request: a parameter, or a member of its body.
#[derive(Clone)]
pub(crate) struct Property {
    pub name: &'static str,
    pub required: bool,
    /// With `description`, `examples` and perhaps `default`.
    pub schema: Json,
}

impl Property {
    /// Describes a field of that type; `about` goes before the type's own description.
    pub(crate) fn of<T: Field>(name: &'static str, about: &str) -> Self {
        let mut schema = T::schema();
        let own = schema["description"].as_str().unwrap_or_default();
        let description = [about, own].join(" ");
        match description.trim() {
            "" => {}
            text => schema["description"] = json!(text),
        }
        Self { name, required: T::REQUIRED, schema }
    }

    /// With the value that is taken where none is sent.
    pub(crate) fn with_default(mut self, value: Json) -> Self {
        self.required = false;
        self.schema["default"] = value;
        self
    }

    /// Marked as one that clients should send no more.
    pub(crate) fn deprecated(mut self) -> Self {
        self.schema["deprecated"] = json!(true);
        self
    }

    /// With an example in the place of the type's own.
    pub(crate) fn with_example(mut self, example: Json) -> Self {
        self.schema["examples"] = Json::Array(vec![example]);
        self
    }
}

/// The schema of an object with these members.
pub(crate) fn object(properties: &[Property]) -> Json {
    let members: Map<String, Json> =
        properties.iter().map(|property| (property.name.to_owned(), property.schema.clone())).collect();
    let required: Vec<&str> = properties.iter().filter(|p| p.required).map(|p| p.name).collect();
    let mut schema = json!({"type": "object", "properties": members});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// One of the objects that a body may be.
pub(crate) struct Variant {
    pub title: &'static str,
    /// The members that this variant must have; none of them may be null.
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
    /// The one value of the member `type`, and whether it may be left out.
    pub kind: Option<(&'static str, bool)>,
}

/// The schema of a body that is exactly one of several objects made of these members.
pub(crate) fn one_of(properties: &[Property], variants: &[Variant]) -> Json {
    json!({"oneOf": schemas(properties, variants)})
}

/// The schema of a body that is at least one of several objects: where unknown members are ignored, a body may be several.
pub(crate) fn any_of(properties: &[Property], variants: &[Variant]) -> Json {
    json!({"anyOf": schemas(properties, variants)})
}

fn schemas(properties: &[Property], variants: &[Variant]) -> Vec<Json> {
    variants.iter().map(|variant| variant.schema(properties)).collect()
}

impl Variant {
    fn schema(&self, properties: &[Property]) -> Json {
        let mut members = vec![];
        if let Some((kind, optional)) = self.kind {
            let schema = json!({"type": "string", "const": kind, "examples": [kind]});
            members.push(Property { name: "type", required: !optional, schema });
        }
        for property in properties {
            let mut property = property.clone();
            property.required = self.required.contains(&property.name);
            if property.required && property.schema["type"].is_array() {
                property.schema["type"] = property.schema["type"][0].clone();
            }
            if property.required || self.optional.contains(&property.name) {
                members.push(property);
            }
        }
        let mut schema = object(&members);
        schema["title"] = json!(self.title);
        schema
    }
}

/// The place of a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// A body as it is sent or answered. Its example is that of its schema, or of what this is made of.
pub(crate) struct Content {
    pub media_type: &'static str,
    /// The name of the schema among the document's components, and the schema.
    pub schema: (String, Json),
}

/// An answer of an operation.
pub(crate) struct AnswerDescription {
    pub status: u16,
    pub about: &'static str,
    pub content: Vec<Content>,
    /// True if the answer has a `Location`.
    pub located: bool,
}

/// Everything that a handler's types say of its operation.
#[derive(Default)]
pub(crate) struct Operation {
    pub parameters: Vec<(Place, Property)>,
    pub body: Option<(Content, &'static str)>,
    pub answers: Vec<AnswerDescription>,
    pub refusals: Vec<ApiError>,
    /// True if the handler reads the query, and so finds unknown parameters.
    pub reads_query: bool,
    /// Schemas that the others refer to.
    pub schemas: Map<String, Json>,
    /// Examples of schemas, by their names.
    pub examples: Map<String, Json>,
}

impl Operation {
    pub(crate) fn parameters(&mut self, place: Place, properties: Vec<Property>) {
        self.parameters.extend(properties.into_iter().map(|property| (place, property)));
    }

    /// Adds the schema of a type, and those of the types it holds; returns its name.
    pub(crate) fn schema<T: ToSchema>(&mut self) -> String {
        let mut found = vec![(T::name().to_string(), T::schema())];
        T::schemas(&mut found);
        for (name, schema) in found {
            self.schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
        }
        T::name().into_owned()
    }

    /// Adds the schema of a type as [`schema`](Self::schema) does, with its example.
    pub(crate) fn shown<T: Shown>(&mut self) -> String {
        let name = self.schema::<T>();
        self.examples.insert(name.clone(), json!(T::example()));
        name
    }

    /// Adds an answer without a body.
    pub(crate) fn answers(&mut self, status: u16, about: &'static str) {
        self.answers.push(AnswerDescription { status, about, content: vec![], located: false });
    }

    /// Adds an answer of JSON, of a schema of that name.
    pub(crate) fn answers_json(&mut self, status: u16, about: &'static str, schema: (String, Json)) {
        let content = Content { media_type: "application/json", schema };
        self.answers.push(AnswerDescription { status, about, content: vec![content], located: false });
    }
}

/// A reference to a schema of the document.
pub(crate) fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A type whose values are answered, or are parts of answers.
pub(crate) trait Shown: Serialize + ToSchema {
    /// A value to show in the description.
    fn example() -> Self;
}

/// Makes types [`Shown`] by an expression for each.
macro_rules! examples {
    ($($of:ty: $example:expr;)*) => {$(
        impl $crate::http::Shown for $of {
            fn example() -> Self {
                $example
            }
        }
    )*};
}
pub(crate) use examples;

/// An argument of a handler, which may describe a part of the request.
pub(crate) trait Argument {
    fn describe(_: &mut Operation) {}
}

impl<T> Argument for web::Data<T> {}
impl Argument for HttpRequest {}

macro_rules! arguments {
    ($($argument:ident)*) => {
        impl<$($argument: Argument),*> Argument for ($($argument,)*) {
            fn describe(_operation: &mut Operation) {
                $($argument::describe(_operation);)*
            }
        }
    };
}

arguments!();
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);

/// The answer of a handler.
pub(crate) trait Answer {
    fn describe(operation: &mut Operation);
}

impl<T: Answer> Answer for Result<T, ApiError> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}
