//! The body of an upload: `multipart/form-data` with one part `file`, streamed into the file store.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use actix_web::web::Data as State;
use actix_web::{FromRequest, HttpRequest};
use domain::account::Identity;
use domain::file::{File, FileName};
use serde_json::json;

use crate::http::multipart::{Multipart, MultipartError};
use crate::http::{ApiError, Argument, Content, Detail, ErrorCode, Operation, media_type};
use crate::state::AppState;

/// The longest pause in an upload.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes of a rejected upload that are read and dropped, and the longest time for it, so that the client gets to
/// read the answer.
const DROPPED: usize = 64 * 1024 * 1024;
const DROP_TIMEOUT: Duration = Duration::from_secs(10);

/// The parts of a request, not yet read. A request of another media type is rejected with 415.
pub(crate) struct Upload(Multipart);

impl FromRequest for Upload {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if let Err(error) = media_type::check(request, "multipart/form-data") {
            return ready(Err(error));
        }
        let header = |name| request.headers().get(name).map(HeaderValue::as_bytes);
        let media_type = header(CONTENT_TYPE).unwrap_or_default();
        let length = header(CONTENT_LENGTH).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        let parts = Multipart::new(media_type, length, payload.take());
        ready(parts.map(Self).map_err(|error| malformed(&error)))
    }
}

impl Argument for Upload {
    fn describe(operation: &mut Operation) {
        let file = json!({"type": "string", "format": "binary"});
        let schema = json!({"type": "object", "required": ["file"], "properties": {"file": file}});
        let schema = ("UploadFile".to_owned(), schema);
        let content = Content { media_type: "multipart/form-data", schema };
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

/// An upload that is being received. Dropped before it is taken out, also because the client left, it is aborted in the
/// background: it leaves no bytes behind, and gives back what it reserved.
struct Receiving<'a> {
    upload: Option<domain::file::Upload>,
    state: &'a AppState,
}

impl Drop for Receiving<'_> {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            self.state.sessions.runtime().spawn(async move {
                let _left_to_garbage_collection = upload.abort().await;
            });
        }
    }
}

/// Streams the part `file` into the file store. An upload that fails or takes too long leaves nothing behind.
pub(crate) async fn receive(
    state: &State<AppState>,
    caller: Identity,
    Upload(mut parts): Upload,
    others: OtherParts,
) -> Result<File, ApiError> {
    let mut receiving = Receiving { upload: None, state };
    let limit = state.settings.upload_timeout;
    let read = tokio::time::timeout(limit, read(state, caller, &mut parts, others, &mut receiving)).await;
    let read = read.unwrap_or_else(|_| {
        let message = format!(
            "The upload took longer than {} seconds; send it faster, or in a smaller file",
            limit.as_secs()
        );
        Err(ApiError::new(ErrorCode::RequestTimeout, message))
    });
    let upload = receiving.upload.take();
    let error = match (read, upload) {
        (Ok(()), Some(upload)) => return state.finish(upload.finish()).await,
        (Ok(()), None) => return Err(invalid("file", "is missing")),
        (Err(error), None) => error,
        (Err(error), Some(upload)) => {
            let _left_to_garbage_collection = state.finish(upload.abort()).await;
            error
        }
    };
    // A client that stalled sends nothing to drop.
    if error.code() != ErrorCode::RequestTimeout {
        let _in_time = tokio::time::timeout(DROP_TIMEOUT, parts.drop_rest(DROPPED)).await;
    }
    Err(error)
}

async fn read(
    state: &AppState,
    caller: Identity,
    parts: &mut Multipart,
    others: OtherParts,
    receiving: &mut Receiving<'_>,
) -> Result<(), ApiError> {
    while let Some(part) = in_time(parts.next_part()).await? {
        match part.name.as_deref() {
            Some("file") if receiving.upload.is_none() => {}
            Some("file") => return Err(invalid("file", "must not be given twice")),
            _ if others == OtherParts::Ignored => continue,
            other => {
                return Err(invalid(other.unwrap_or("body"), "is not a part of this request; send `file`"));
            }
        }
        let name = FileName::clean(&part.file_name.unwrap_or_default());
        let begun = state.use_cases.files.upload.begin(caller.clone(), name, parts.expected()).await?;
        let upload = receiving.upload.insert(begun);
        while let Some(chunk) = in_time(parts.chunk()).await? {
            upload.write(chunk.into()).await?;
        }
    }
    Ok(())
}

async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, ApiError> {
    let Ok(read) = tokio::time::timeout(READ_TIMEOUT, next).await else {
        let message = "The upload stood still for too long; send it again";
        return Err(ApiError::new(ErrorCode::RequestTimeout, message));
    };
    read.map_err(|error| malformed(&error))
}

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError::invalid(vec![Detail { field: field.to_owned(), message: message.to_owned() }])
}

fn malformed(error: &MultipartError) -> ApiError {
    invalid("body", &format!("is no multipart/form-data: {error}"))
}
