//! `/api/rooms/{id}/changes` and `/presence`

use actix_web::{HttpResponse, web};
use domain::room::Revision;

use crate::http::params::{RoomPath, limit};
use crate::http::{ApiError, Fields, Flaw, FromFields, Input};
use crate::json::{Data, List, PresentUser, StretchInfo};
use crate::routing::Signed;
use crate::state::AppState;
use live::ChangeBody;

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

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, Stretch>,
) -> Result<HttpResponse, ApiError> {
    let Stretch { since, limit } = input.query;
    let read = api.use_cases.read_changes.execute(caller.in_()?, input.path.0, since, since, limit).await?;
    let last = read.items.last().map_or(since, |change| change.revision);
    let pagination = StretchInfo::new(limit, read.has_more, last);
    Ok(HttpResponse::Ok().json(List { data: read.items.iter().map(ChangeBody::from).collect(), pagination }))
}

pub(super) async fn presence(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath>,
) -> Result<HttpResponse, ApiError> {
    let present = api.use_cases.list_presence.execute(caller.in_()?, input.path.0).await?;
    let data: Vec<PresentUser> = present.iter().map(PresentUser::from).collect();
    Ok(HttpResponse::Ok().json(Data { data }))
}
