//! The answer of a sync.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Invitation, RoomSummary};
use crate::http::{Answer, Operation, reference};

/// The rooms of a user that changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Synced {
    rooms: Vec<RoomSummary>,
    /// The rooms that the caller is no longer a member of.
    left: Vec<Uuid>,
    /// All open invitations of the caller, newest first.
    invitations: Vec<Invitation>,
}

/// `pagination` of a sync.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncInfo {
    limit: u32,
    /// True if the walk is not over.
    has_more: bool,
    /// Sent as `since`, it gives the next page, or what changes after the last one.
    cursor: String,
}

impl Synced {
    pub(crate) fn new(page: &domain::sync::SyncPage) -> Self {
        Self {
            rooms: page.rooms.iter().map(RoomSummary::from).collect(),
            left: page.left.iter().map(|room| room.0).collect(),
            invitations: page.invitations.iter().map(Invitation::from).collect(),
        }
    }
}

impl SyncInfo {
    pub(crate) fn new(limit: u32, has_more: bool, cursor: String) -> Self {
        Self { limit, has_more, cursor }
    }
}

/// 200 with a page of a sync.
#[derive(Serialize)]
pub(crate) struct SyncAnswer {
    pub data: Synced,
    pub pagination: SyncInfo,
}

impl Responder for SyncAnswer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(self)
    }
}

impl Answer for SyncAnswer {
    fn describe(operation: &mut Operation) {
        let (data, pagination) = (operation.schema::<Synced>(), operation.shown::<SyncInfo>());
        let schema = json!({"type": "object", "required": ["data", "pagination"],
            "properties": {"data": reference(&data), "pagination": reference(&pagination)}});
        operation.answers_json(200, "One page.", ("SyncPage".to_owned(), schema));
    }
}
