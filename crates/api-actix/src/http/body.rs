//! The one extractor of the API and its dialects: path ids, query parameters, headers and body fields are read together, so
//! that one answer names every problem with them.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::percent::{self, Parameter};
use super::{
    ApiError, Argument, Content, CursorOpener, ErrorCode, Fields, FromFields, Operation, PathValues, Place,
    Raw, media_type,
};

const JSON: &str = "application/json";
/// The largest body of JSON, in bytes.
const BODY: usize = 64 * 1024;
/// The most bytes of a larger one that are read and dropped, so that the client gets to read the answer.
const DROPPED: usize = 32 * 1024 * 1024;
/// The longest time that a body may take to arrive.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The treatment of query parameters and members of bodies that an endpoint does not have. Data of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnknownFields {
    /// They are rejected, because a typo must not pass silently.
    Rejected,
    /// They are ignored, as clients of dialects expect.
    Ignored,
}

/// The parsed parts of a request: `P` of its path, `Q` of its query, `B` of its body, `H` of its headers.
pub(crate) struct Input<P = (), Q = (), B = (), H = ()>
where
    P: FromFields,
    Q: FromFields,
    B: FromFields,
    H: FromFields,
{
    pub path: P::Output,
    pub query: Q::Output,
    pub body: B::Output,
    pub headers: H::Output,
}

fn has_body<B: 'static>() -> bool {
    TypeId::of::<B>() != TypeId::of::<()>()
}

impl<P, Q, B, H> FromRequest for Input<P, Q, B, H>
where
    P: FromFields + 'static,
    Q: FromFields + 'static,
    B: FromFields + 'static,
    H: FromFields + 'static,
{
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let strict = request.app_data::<UnknownFields>() == Some(&UnknownFields::Rejected);
            let mut body = if has_body::<B>() {
                object(&request, payload).await?
            } else if strict && !request.method().is_safe() {
                optional_object(&request, payload).await?
            } else {
                Fields::default()
            };
            let mut path = path(&request);
            let (mut query, mut headers) = (query(&request, strict), headers(&request, &H::names()));
            query.opener = request.extensions().get::<CursorOpener>().cloned();
            headers.opener.clone_from(&query.opener);
            let parsed = (P::read(&mut path), Q::read(&mut query), B::read(&mut body), H::read(&mut headers));
            if strict {
                query.reject_unknown("is not a parameter of this request");
                body.reject_unknown("is not a field of this request");
            }
            let bad_cursors = query.bad_cursors + headers.bad_cursors;
            let mut problems = path.problems;
            problems.append(&mut query.problems);
            problems.append(&mut headers.problems);
            problems.append(&mut body.problems);
            match (parsed, problems.len()) {
                ((Ok(path), Ok(query), Ok(body), Ok(headers)), 0) => Ok(Self { path, query, body, headers }),
                (_, 1) if bad_cursors == 1 => Err(ApiError::bad_cursor(problems.remove(0))),
                _ => Err(ApiError::invalid(problems)),
            }
        })
    }
}

impl<P, Q, B, H> Argument for Input<P, Q, B, H>
where
    P: FromFields,
    Q: FromFields,
    B: FromFields + 'static,
    H: FromFields,
{
    fn describe(operation: &mut Operation) {
        operation.reads_query = true;
        operation.parameters(Place::Path, P::properties());
        operation.parameters(Place::Query, Q::properties());
        operation.parameters(Place::Header, H::properties());
        if has_body::<B>() {
            let schema = (B::NAME.to_owned(), B::schema());
            operation.body = Some((Content { media_type: JSON, schema }, B::ABOUT));
        }
    }
}

fn path(request: &HttpRequest) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in PathValues::of(request) {
        fields.insert(name.to_owned(), Raw::Text(value));
    }
    fields
}

/// The parameters of the query. One that can't be decoded is a problem where unknown ones are, since it would not be what the
/// client meant.
fn query(request: &HttpRequest, strict: bool) -> Fields {
    let mut fields = Fields::default();
    for Parameter { name, value, readable } in percent::parameters(request.query_string()) {
        if strict && !readable {
            fields.problem(&name, "must be percent-encoded UTF-8");
        }
        fields.insert(name, Raw::Text(value));
    }
    fields
}

/// The headers of these names; others are ignored.
fn headers(request: &HttpRequest, names: &[&str]) -> Fields {
    let mut fields = Fields::default();
    for name in names {
        for value in request.headers().get_all(*name) {
            match value.to_str() {
                Ok(text) => fields.insert((*name).to_owned(), Raw::Text(text.to_owned())),
                Err(_) => drop(fields.problem(name, "must be printable ASCII")),
            }
        }
    }
    fields
}

/// Returns the first value of that name in the query, if the query can be parsed.
pub(crate) fn query_value(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?.into_inner();
    pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

async fn object(request: &HttpRequest, payload: Payload) -> Result<Fields, ApiError> {
    media_type::check(request, JSON)?;
    decode(&collect(payload, BODY).await?)
}

/// Reads the body of a request that has no fields, so that every member is unknown. It may be absent.
async fn optional_object(request: &HttpRequest, payload: Payload) -> Result<Fields, ApiError> {
    let read = collect(payload, BODY).await;
    if read.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(Fields::default());
    }
    media_type::check(request, JSON)?;
    decode(&read?)
}

fn decode(bytes: &[u8]) -> Result<Fields, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(&error))?;
    // A byte order mark, which some programs write before UTF-8, is not part of the text (RFC 8259, 8.1).
    parse(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn malformed(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::MalformedJson, format!("This is not JSON: {error}"))
}

/// Parses the members of a JSON object.
pub(crate) fn parse(text: &str) -> Result<Fields, ApiError> {
    parse_members(text, None)
}

/// Parses the members of a JSON object that have one of these names, and skips all others.
pub(crate) fn parse_only(text: &str, names: &[&str]) -> Result<Fields, ApiError> {
    parse_members(text, Some(names))
}

fn parse_members(text: &str, names: Option<&[&str]>) -> Result<Fields, ApiError> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let mut fields = Fields::default();
    if !whole.get().starts_with('{') {
        fields.problem("body", "must be a JSON object");
        return Ok(fields);
    }
    for (name, value) in members(text, names).map_err(|error| malformed(&error))? {
        fields.insert(name, Raw::Json(value));
    }
    Ok(fields)
}

/// Reads the members of a JSON object in their order, duplicates included: all, or those of these names.
pub(super) fn members(
    text: &str,
    names: Option<&[&str]>,
) -> serde_json::Result<Vec<(String, Box<RawValue>)>> {
    Members(names).deserialize(&mut serde_json::Deserializer::from_str(text))
}

struct Members<'a>(Option<&'a [&'a str]>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Vec<(String, Box<RawValue>)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = vec![];
        while let Some(name) = map.next_key::<String>()? {
            if self.0.is_none_or(|names| names.contains(&name.as_str())) {
                members.push((name, map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// Reads a whole body of at most so many bytes. `Err` is 408 or 413 where it takes too long, or is larger.
pub(crate) async fn collect(payload: Payload, largest: usize) -> Result<Vec<u8>, ApiError> {
    tokio::time::timeout(READ_TIMEOUT, read(payload, largest)).await.map_err(|_| {
        ApiError::new(ErrorCode::RequestTimeout, "The body took too long to arrive; send it again")
    })?
}

async fn read(mut payload: Payload, largest: usize) -> Result<Vec<u8>, ApiError> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            ApiError::new(ErrorCode::MalformedJson, format!("The body broke off: {error}"))
        })?;
        length += chunk.len();
        if length <= largest {
            bytes.extend_from_slice(&chunk);
        } else if length > DROPPED {
            break;
        }
    }
    if length > largest {
        let message = format!("The body is larger than {largest} bytes");
        return Err(ApiError::new(ErrorCode::PayloadTooLarge, message));
    }
    Ok(bytes)
}
