//! Uploading, downloading and listing files.

use actix_web::HttpRequest;
use actix_web::web::Data as State;
use domain::FileId;
use domain::Refusal::{FileNotFound, FileTooLarge, QuotaExceeded};
use domain::file::{FileQuery, FileSort};
use domain::limit::LimitClass;
use domain::quota::QuotaKind;

use super::TAG;
use super::answers::{FileList, Success, UploadResponse};
use super::lists::ListQuery;
use super::views::{ListedFile, UploadedFile};
use crate::http::{ApiError, FromFields, Input};
use crate::json::FileBytes;
use crate::rest::download;
use crate::rest::upload::{OtherParts, Upload, receive};
use crate::routing::{CurrentUser, Endpoint, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 3] {
    [
        post("/dialects/envelope/api/files/upload", upload)
            .limit(LimitClass::Upload)
            .named("uploadFile", TAG, "Upload a file")
            .refuses([FileTooLarge, QuotaExceeded(QuotaKind::Files)]),
        get("/dialects/envelope/api/files", list).named("listFiles", TAG, "List the caller's files"),
        get("/dialects/envelope/api/files/{fileId}", show)
            .named("downloadFile", TAG, "Download a file")
            .about("For the uploader, and for members of a room with a message that shows the file.")
            .refuses([FileNotFound]),
    ]
}

/// A file.
#[derive(FromFields)]
struct FilePath {
    /// The file's id.
    file_id: FileId,
}

async fn upload(
    state: State<AppState>,
    caller: CurrentUser,
    body: Upload,
) -> Result<Success<UploadResponse, UploadedFile>, ApiError> {
    let file = receive(&state, caller.require()?, body, OtherParts::Ignored).await?;
    Ok(Success::new(UploadedFile::from(&file)))
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), ListQuery<FileSort>>,
) -> Result<Success<FileList, Vec<ListedFile>>, ApiError> {
    let (page, sort, order) = input.query.parts();
    let found =
        state.use_cases.files.list.execute(caller.require()?, FileQuery { sort, order }, page).await?;
    Ok(Success::new(found.items.iter().map(ListedFile::from).collect()))
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    request: HttpRequest,
    input: Input<FilePath>,
) -> Result<FileBytes, ApiError> {
    download::answer(&state, &caller.require()?, &request, input.path.file_id).await
}
