//! `/api/files`

use actix_web::HttpRequest;
use actix_web::web::Data as State;
use domain::Refusal::{FileInUse, FileNotFound, QuotaExceeded};
use domain::file::FileQuery;
use domain::limit::LimitClass;
use domain::quota::QuotaKind;

use super::upload::{OtherParts, Upload, receive};
use super::{FILES, download};
use crate::http::params::{FilePath, PageQuery};
use crate::http::{ApiError, Input};
use crate::json::{Created, File, FileBytes, NoContent, Page};
use crate::routing::{CurrentUser, Endpoint, delete, get, post};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 4] {
    [
        post("/api/files", upload)
            .limit(LimitClass::Upload)
            .named("uploadFile", FILES, "Upload a file")
            .about("The file can then be sent in messages. Its name is the last segment of `filename*` or `filename`; its \
                type is detected from the bytes, and the part's own type and length are ignored. The bytes of the \
                caller's files have a quota; an upload whose session ends meanwhile is not stored.")
            .refuses([QuotaExceeded(QuotaKind::Files)]),
        get("/api/files", list)
            .named("listFiles", FILES, "List the caller's files")
            .about("The caller's own uploads, newest first."),
        get("/api/files/{id}", show)
            .named("downloadFile", FILES, "Download a file")
            .about("The bytes, whole or a range of them; for the uploader, and for members of a room with a message that shows the file.")
            .refuses([FileNotFound]),
        delete("/api/files/{id}", remove)
            .named("deleteFile", FILES, "Delete a file")
            .about("Only a file that no message shows can be deleted.")
            .refuses([FileNotFound, FileInUse]),
    ]
}

async fn upload(
    state: State<AppState>,
    caller: CurrentUser,
    body: Upload,
    _: Input,
) -> Result<Created<File>, ApiError> {
    let file = receive(&state, caller.require()?, body, OtherParts::Rejected).await?;
    Ok(Created(File::from(&file), format!("/api/files/{}", file.id)))
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<(), PageQuery>,
) -> Result<Page<File>, ApiError> {
    let newest_first = FileQuery::default();
    let page = state.use_cases.files.list.execute(caller.require()?, newest_first, input.query).await?;
    Ok(Page::of(&page, input.query, File::from))
}

async fn show(
    state: State<AppState>,
    caller: CurrentUser,
    request: HttpRequest,
    input: Input<FilePath>,
) -> Result<FileBytes, ApiError> {
    download::answer(&state, &caller.require()?, &request, input.path.id).await
}

async fn remove(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<FilePath>,
) -> Result<NoContent, ApiError> {
    let (caller, file) = (caller.require()?, input.path.id);
    state.write(|app| async move { app.use_cases.files.delete.execute(caller, file).await }).await?;
    Ok(NoContent)
}
