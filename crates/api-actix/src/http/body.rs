//! The one extractor of the API and its dialects: path ids, query parameters, headers and body fields together, so that all
//! that is bad about them is said in one answer.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::StreamExt;
use serde_json::value::RawValue;

use super::ApiError;
use super::{Fields, FromFields, Nothing, Raw};

/// The largest body of JSON.
const BODY: usize = 64 * 1024;
/// How much of a larger one is read and dropped, so that its sender gets to read the answer.
const DROPPED: usize = 32 * 1024 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a request says, parsed: `P` from its path, `Q` from its query, `B` from its body, `H` from its headers.
pub(crate) struct Input<P = Nothing, Q = Nothing, B = Nothing, H = Nothing> {
    pub path: P,
    pub query: Q,
    pub body: B,
    pub headers: H,
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
            let has_body = std::any::TypeId::of::<B>() != std::any::TypeId::of::<Nothing>();
            let mut body = if has_body { object(&request, payload).await? } else { Fields::default() };
            let mut path = path(&request);
            let mut query = query(&request);
            let mut headers = headers(&request, H::HEADERS);
            let parsed = (P::read(&mut path), Q::read(&mut query), B::read(&mut body), H::read(&mut headers));
            if !B::LENIENT {
                body.refuse_unknown();
            }
            let bad_cursors = query.bad_cursors;
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

fn path(request: &HttpRequest) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in request.match_info().iter() {
        fields.insert(name.to_owned(), Raw::Text(value.to_owned()));
    }
    fields
}

fn query(request: &HttpRequest) -> Fields {
    let mut fields = Fields::default();
    match web::Query::<Vec<(String, String)>>::from_query(request.query_string()) {
        Ok(pairs) => {
            for (name, value) in pairs.into_inner() {
                fields.insert(name, Raw::Text(value));
            }
        }
        Err(error) => {
            fields.problem("query", error.to_string());
        }
    }
    fields
}

/// The headers of these names. All others are nobody's business here.
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

/// One value of the query, where it can be read.
pub(crate) fn query_value(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?.into_inner();
    pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

async fn object(request: &HttpRequest, payload: Payload) -> Result<Fields, ApiError> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "Send the body as application/json";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    let bytes = tokio::time::timeout(PATIENCE, read(payload)).await.map_err(|_| {
        let message = "The body took too long to arrive; send it again";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", message)
    })??;
    let text = std::str::from_utf8(&bytes).map_err(|error| malformed(&error))?;
    parse(text)
}

fn malformed(error: &dyn std::fmt::Display) -> ApiError {
    let message = format!("This is not JSON: {error}");
    ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON", message)
}

/// The members of a JSON object.
pub(crate) fn parse(text: &str) -> Result<Fields, ApiError> {
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let mut fields = Fields::default();
    if !whole.get().starts_with('{') {
        fields.problem("body", "must be a JSON object");
        return Ok(fields);
    }
    let pairs: Pairs = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    for (name, value) in pairs.0 {
        fields.insert(name, Raw::Json(value));
    }
    Ok(fields)
}

/// A JSON object's members in their order, doubles included.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = vec![];
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

async fn read(mut payload: Payload) -> Result<Vec<u8>, ApiError> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| {
            let message = format!("The body broke off: {error}");
            ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON", message)
        })?;
        length += chunk.len();
        if length <= BODY {
            bytes.extend_from_slice(&chunk);
        } else if length > DROPPED {
            break;
        }
    }
    if length > BODY {
        let message = format!("The body is larger than {BODY} bytes");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message));
    }
    Ok(bytes)
}
