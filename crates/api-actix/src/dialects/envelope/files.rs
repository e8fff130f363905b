//! Uploading, downloading and listing files.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::FileId;
use domain::file::{FileQuery, FileSort};

use super::lists::ListQuery;
use super::views::{ListedFile, Upload};
use super::{success, words};
use crate::http::params::Id;
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::rest::download;
use crate::rest::files::{OtherParts, receive};
use crate::routing::Signed;
use crate::state::AppState;

pub(super) struct FilePath(FileId);

impl FromFields for FilePath {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        Ok(Self(FileId(fields.required::<Id>("fileId")?.0)))
    }
}

pub(super) async fn upload(
    api: web::Data<AppState>,
    caller: Signed,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let file = receive(api, caller.in_()?, &request, payload, OtherParts::PassedOver).await?;
    Ok(success(StatusCode::CREATED, words::UPLOADED, Upload::from(&file)))
}

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, ListQuery<FileSort>>,
) -> Result<HttpResponse, ApiError> {
    let ListQuery { page, sort, order } = input.query;
    let found = api.use_cases.list_files.execute(caller.in_()?, FileQuery { sort, order }, page).await?;
    let files: Vec<ListedFile> = found.items.iter().map(ListedFile::from).collect();
    Ok(success(StatusCode::OK, words::FILES, files))
}

pub(super) async fn download(
    api: web::Data<AppState>,
    caller: Signed,
    request: HttpRequest,
    input: Input<FilePath>,
) -> Result<HttpResponse, ApiError> {
    download::answer(&api, &caller.in_()?, &request, input.path.0).await
}
