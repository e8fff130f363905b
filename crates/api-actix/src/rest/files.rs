//! `/api/files`: uploading, listing, deleting. Downloads have a file of their own.

use std::time::Duration;

use actix_multipart::{Field, Multipart};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use domain::account::Identity;
use domain::file::{File, FileName, FileQuery, Upload};
use domain::{FileId, PageRequest};
use futures_util::StreamExt;

use crate::http::params::FilePath;
use crate::http::{ApiError, Detail, Input, Nothing};
use crate::json::{Data, List, PageInfo, SharedFile};
use crate::routing::Signed;
use crate::state::AppState;

/// How long an upload may stand still.
const PATIENCE: Duration = Duration::from_secs(30);
const STOOD_STILL: &str = "REQUEST_TIMEOUT";
/// How much of a refused upload is read and dropped, and for how long, so that its sender gets to read the answer.
const DROPPED: usize = 64 * 1024 * 1024;
const DROPPING: Duration = Duration::from_secs(10);
/// How long a part may be that is passed over.
const IGNORED: usize = 64 * 1024;

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, PageRequest>,
) -> Result<HttpResponse, ApiError> {
    let newest_first = FileQuery::default();
    let page = api.use_cases.list_files.execute(caller.in_()?, newest_first, input.query).await?;
    let pagination = PageInfo::of(&page, input.query);
    Ok(HttpResponse::Ok().json(List { data: page.items.iter().map(SharedFile::from).collect(), pagination }))
}

pub(super) async fn delete(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<FilePath>,
) -> Result<HttpResponse, ApiError> {
    let (caller, file): (Identity, FileId) = (caller.in_()?, input.path.0);
    let worker = api.clone().into_inner();
    api.into_inner().finish(async move { worker.use_cases.delete_file.execute(caller, file).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn upload(
    api: web::Data<AppState>,
    caller: Signed,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let file = receive(api, caller.in_()?, &request, payload, OtherParts::Refused).await?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/files/{}", file.id)))
        .json(Data { data: SharedFile::from(&file) }))
}

/// What becomes of parts that are not the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherParts {
    /// They are refused as typos.
    Refused,
    /// They are passed over, as dialects do with what they do not know.
    PassedOver,
}

/// Streams the one part `file` into a file. Whatever breaks off, the client's going away included, drops the upload, and
/// that leaves nothing behind.
pub(crate) async fn receive(
    api: web::Data<AppState>,
    caller: Identity,
    request: &HttpRequest,
    payload: web::Payload,
    others: OtherParts,
) -> Result<File, ApiError> {
    let mut parts = parts(request, payload)?;
    let upload = match take(&api, &caller, &mut parts, others).await {
        Ok(upload) => upload,
        Err(error) => {
            // What can't be read as parts can't be dropped as parts either, and who stands still sends nothing to drop.
            let unreadable = error.details().iter().any(|detail| detail.field == "body");
            if !unreadable && error.code() != STOOD_STILL {
                let _in_time = tokio::time::timeout(DROPPING, drop_rest(&mut parts)).await;
            }
            return Err(error);
        }
    };
    api.into_inner().finish(upload.finish()).await
}

fn parts(request: &HttpRequest, payload: web::Payload) -> Result<Multipart, ApiError> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        let message = "Send the file as multipart/form-data";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    Ok(Multipart::new(request.headers(), payload))
}

async fn take(
    api: &AppState,
    caller: &Identity,
    parts: &mut Multipart,
    others: OtherParts,
) -> Result<Upload, ApiError> {
    let mut taken = None;
    while let Some(part) = in_time(parts.next()).await? {
        let mut part = part.map_err(|error| malformed(&error))?;
        match part.name() {
            Some("file") if taken.is_none() => {}
            Some("file") => return Err(flaw("file", "must not be given twice")),
            _ if others == OtherParts::PassedOver => {
                pass_over(&mut part).await?;
                continue;
            }
            other => return Err(flaw(other.unwrap_or("body"), "is not a part of this request; send `file`")),
        }
        let mut upload = api.use_cases.upload_file.begin(caller.clone(), name(&part)).await?;
        while let Some(chunk) = in_time(part.next()).await? {
            let chunk: Bytes = chunk.map_err(|error| malformed(&error))?;
            if let Err(error) = upload.write(chunk.into()).await {
                // What it can't remove, the clean-up finds.
                let _removed = upload.abort().await;
                return Err(error.into());
            }
        }
        taken = Some(upload);
    }
    taken.ok_or_else(|| flaw("file", "is missing"))
}

/// Reads a part that nobody asks for, up to what such a part may be.
async fn pass_over(part: &mut Field) -> Result<(), ApiError> {
    let mut passed = 0;
    while let Some(chunk) = in_time(part.next()).await? {
        passed += chunk.map_err(|error| malformed(&error))?.len();
        if passed > IGNORED {
            return Err(flaw(part.name().unwrap_or("body"), "is too long for a part that is passed over"));
        }
    }
    Ok(())
}

/// What the client calls the file; both ways of saying it are heard.
fn name(part: &Field) -> FileName {
    let said = part.content_disposition().map(|said| {
        let extended = said.get_filename_ext().map(|name| String::from_utf8_lossy(&name.value).into_owned());
        extended.or_else(|| said.get_filename().map(str::to_owned)).unwrap_or_default()
    });
    FileName::clean(&said.unwrap_or_default())
}

async fn in_time<T>(next: impl Future<Output = T>) -> Result<T, ApiError> {
    tokio::time::timeout(PATIENCE, next).await.map_err(|_| {
        let message = "The upload stood still for too long; send it again";
        ApiError::new(StatusCode::REQUEST_TIMEOUT, STOOD_STILL, message)
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

fn flaw(field: &str, message: &str) -> ApiError {
    ApiError::invalid(vec![Detail { field: field.to_owned(), message: message.to_owned() }])
}

fn malformed(error: &actix_multipart::MultipartError) -> ApiError {
    flaw("body", &format!("is no multipart/form-data: {error}"))
}
