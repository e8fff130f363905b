//! The body of an upload: `multipart/form-data` with one part `file`, streamed into the file store.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Data as State;
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use domain::account::Identity;
use domain::file::{File, FileName};
use futures_util::StreamExt;
use serde_json::json;

use crate::http::{ApiError, Argument, Content, Detail, ErrorCode, Operation};
use crate::state::AppState;

/// The longest pause in an upload.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes of a rejected upload that are read and dropped, and the longest time for it, so that the client gets to
/// read the answer.
const DROPPED: usize = 64 * 1024 * 1024;
const DROP_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of a part that is ignored.
const IGNORED: usize = 64 * 1024;

/// The parts of a request, not yet read. A request of another media type is rejected with 415.
pub(crate) struct Upload(Multipart);

impl FromRequest for Upload {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = media_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("multipart/form-data") {
            let message = "Send the file as multipart/form-data";
            return ready(Err(ApiError::new(ErrorCode::UnsupportedMediaType, message)));
        }
        ready(Ok(Self(Multipart::new(request.headers(), payload.take()))))
    }
}

impl Argument for Upload {
    fn describe(operation: &mut Operation) {
        let file = json!({"type": "string", "format": "binary"});
        let schema = json!({"type": "object", "required": ["file"], "properties": {"file": file}});
        let schema = ("UploadFile".to_owned(), schema);
        let content = Content { media_type: "multipart/form-data", schema, example: None };
        operation.body = Some((content, "A file."));
    }
}

/// The treatment of parts other than the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherParts {
    /// They are rejected as typos.
    Rejected,
    /// They are ignored, as dialects ignore unknown fields.
    Ignored,
}

/// Streams the part `file` into the file store. An upload that breaks off, also because the client left, is dropped and
/// leaves nothing behind.
pub(crate) async fn receive(
    state: &State<AppState>,
    caller: Identity,
    Upload(mut parts): Upload,
    others: OtherParts,
) -> Result<File, ApiError> {
    let upload = match read(state, &caller, &mut parts, others).await {
        Ok(upload) => upload,
        Err(error) => {
            // Parts that can't be read can't be skipped either, and a client that stalled sends nothing to drop.
            let unreadable = error.details().iter().any(|detail| detail.field == "body");
            if !unreadable && error.code() != ErrorCode::RequestTimeout {
                let _in_time = tokio::time::timeout(DROP_TIMEOUT, drop_rest(&mut parts)).await;
            }
            return Err(error);
        }
    };
    state.finish(upload.finish()).await
}

async fn read(
    state: &AppState,
    caller: &Identity,
    parts: &mut Multipart,
    others: OtherParts,
) -> Result<domain::file::Upload, ApiError> {
    let mut read = None;
    while let Some(part) = in_time(parts.next()).await? {
        let mut part = part.map_err(|error| malformed(&error))?;
        match part.name() {
            Some("file") if read.is_none() => {}
            Some("file") => return Err(invalid("file", "must not be given twice")),
            _ if others == OtherParts::Ignored => {
                skip(&mut part).await?;
                continue;
            }
            other => {
                return Err(invalid(other.unwrap_or("body"), "is not a part of this request; send `file`"));
            }
        }
        let mut upload = state.use_cases.upload_file.begin(caller.clone(), name(&part)).await?;
        while let Some(chunk) = in_time(part.next()).await? {
            let chunk: Bytes = chunk.map_err(|error| malformed(&error))?;
            if let Err(error) = upload.write(chunk.into()).await {
                // What remains is removed by the clean-up.
                let _removed = upload.abort().await;
                return Err(error.into());
            }
        }
        read = Some(upload);
    }
    read.ok_or_else(|| invalid("file", "is missing"))
}

/// Reads an ignored part to its end.
async fn skip(part: &mut Field) -> Result<(), ApiError> {
    let mut skipped = 0;
    while let Some(chunk) = in_time(part.next()).await? {
        skipped += chunk.map_err(|error| malformed(&error))?.len();
        if skipped > IGNORED {
            return Err(invalid(part.name().unwrap_or("body"), "is too long for a part that is passed over"));
        }
    }
    Ok(())
}

/// The file's name as the client gives it, in either of the two ways of RFC 6266.
fn name(part: &Field) -> FileName {
    let given = part.content_disposition().map(|disposition| {
        let extended =
            disposition.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into_owned());
        extended.or_else(|| disposition.get_filename().map(str::to_owned)).unwrap_or_default()
    });
    FileName::clean(&given.unwrap_or_default())
}

async fn in_time<T>(next: impl Future<Output = T>) -> Result<T, ApiError> {
    tokio::time::timeout(READ_TIMEOUT, next).await.map_err(|_| {
        ApiError::new(ErrorCode::RequestTimeout, "The upload stood still for too long; send it again")
    })
}

async fn drop_rest(parts: &mut Multipart) {
    let mut dropped = 0;
    while let Some(Ok(mut part)) = parts.next().await {
        while let Some(Ok(chunk)) = part.next().await {
            dropped += chunk.len();
            if dropped > DROPPED {
                return;
            }
        }
    }
}

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError::invalid(vec![Detail { field: field.to_owned(), message: message.to_owned() }])
}

fn malformed(error: &MultipartError) -> ApiError {
    invalid("body", &format!("is no multipart/form-data: {error}"))
}
