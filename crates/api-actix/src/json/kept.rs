//! Answers that are kept, so that a repeat under an idempotency key gets the first one.

use actix_web::body::BoxBody;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use domain::StoreError;
use live::links;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::answers::Envelope;
use crate::http::{Answer, ApiError, Operation};

/// An answer as it was first sent.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    /// The path of what was created (201); `None` where it had existed (200).
    created: Option<String>,
    body: Box<RawValue>,
}

impl KeptAnswer {
    /// Encodes the answer with one value, 201 with the path of what was created or 200.
    pub(crate) fn encode<T: Serialize>(data: T, created: Option<String>) -> Result<Vec<u8>, StoreError> {
        let encode = || {
            let body = serde_json::value::to_raw_value(&Envelope { data })?;
            serde_json::to_vec(&Self { created, body })
        };
        encode().map_err(|error| StoreError::Corrupt(format!("an answer is not valid JSON: {error}")))
    }

    /// Reads an encoded answer.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ApiError> {
        serde_json::from_slice(bytes)
            .map_err(|error| ApiError::internal(format!("a kept answer is not valid JSON: {error}")))
    }
}

/// An answer, or the first one again where the request is a repeat.
pub(crate) enum Repeatable<A> {
    First(A),
    Repeated(KeptAnswer),
}

impl<A: Responder<Body = BoxBody>> Responder for Repeatable<A> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::First(answer) => answer.respond_to(request),
            Self::Repeated(kept) => {
                let mut answer = match kept.created {
                    Some(path) => {
                        let mut answer = HttpResponse::Created();
                        answer.insert_header((LOCATION, links::to(&path)));
                        answer
                    }
                    None => HttpResponse::Ok(),
                };
                answer.insert_header(ContentType::json()).body(String::from(Box::<str>::from(kept.body)))
            }
        }
    }
}

impl<A: Answer> Answer for Repeatable<A> {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
    }
}
