//! `/api/rooms/{id}/changes` and `/presence`

use actix_web::{HttpResponse, web};
use domain::presence::Present;
use domain::room::Revision;
use serde::Serialize;
use uuid::Uuid;

use super::Signed;
use super::params::{RoomPath, limit};
use super::views::{Data, List, time};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::{Fields, Flaw, FromFields, Input};
use crate::realtime::change_json;

pub(super) struct Stretch {
    since: Revision,
    limit: u32,
}

impl FromFields for Stretch {
    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let since = fields.integer("since", 0, i64::MAX);
        let limit = limit(fields, 50);
        match since? {
            Some(since) => Ok(Self { since: Revision(since), limit: limit? }),
            None => Err(fields.problem("since", "is missing; 0 is the beginning")),
        }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StretchInfo {
    limit: u32,
    has_more: bool,
    since: i64,
}

impl StretchInfo {
    pub(crate) fn new(limit: u32, has_more: bool, since: Revision) -> Self {
        Self { limit, has_more, since: since.0 }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PresentUser {
    id: Uuid,
    username: String,
    #[schema(format = DateTime)]
    since: String,
}

impl From<&Present> for PresentUser {
    fn from(present: &Present) -> Self {
        let user = &present.user;
        Self { id: user.id.0, username: user.username.to_string(), since: time(present.since) }
    }
}

pub(super) async fn list(
    api: web::Data<Api>,
    caller: Signed,
    input: Input<RoomPath, Stretch>,
) -> Result<HttpResponse, ApiError> {
    let Stretch { since, limit } = input.query;
    let read = api.use_cases.read_changes.execute(caller.in_()?, input.path.0, since, since, limit).await?;
    let last = read.items.last().map_or(since, |change| change.revision);
    let pagination = StretchInfo::new(limit, read.has_more, last);
    Ok(HttpResponse::Ok().json(List { data: read.items.iter().map(change_json).collect(), pagination }))
}

pub(super) async fn presence(
    api: web::Data<Api>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let present = api.use_cases.list_presence.execute(caller.in_()?, input.path.0).await?;
    let data: Vec<PresentUser> = present.iter().map(PresentUser::from).collect();
    Ok(HttpResponse::Ok().json(Data { data }))
}
