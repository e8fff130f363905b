//! Audit events.

use domain::audit::{self, AuditDetail, AuditKind, RoomFields};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use super::{RoleName, UserRef, time};

/// Something that was done in a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEvent {
    id: Uuid,
    /// The kind of act. Later versions have more names.
    #[schema(schema_with = event_names)]
    event: &'static str,
    /// The user who did it; null for an operator at the command line.
    #[schema(required = true)]
    actor: Option<UserRef>,
    /// The user to whom it was done: who was added, removed, invited or given a role, or whose message was deleted.
    #[schema(required = true)]
    target: Option<UserRef>,
    /// The message that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message_id: Option<Uuid>,
    /// The address of the actor's client; null at the command line.
    #[schema(required = true)]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    details: Option<AuditDetails>,
    #[schema(format = DateTime)]
    created_at: String,
}

/// Details of some events; `event` tells which member there is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditDetails {
    /// The new role, of `role-changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    role: Option<RoleName>,
    /// The names of the changed fields, of `room-updated`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<&'static str>,
    /// True where a server admin who is no admin of the room deleted it, of `room-deleted`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    by_server_admin: bool,
}

/// Returns the JSON of an event of any kind: that of `GET /api/rooms/{id}/audit`, and its room.
#[must_use]
pub fn audit_event(event: &audit::AuditEvent) -> serde_json::Value {
    let mut shown = serde_json::json!(AuditEvent::from(event));
    shown["roomId"] = serde_json::json!(event.room.map(|room| room.0));
    shown
}

fn event_names() -> Object {
    let names = AuditKind::ALL.iter().filter(|kind| kind.is_in_a_room()).map(|kind| kind.name());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

impl From<&audit::AuditEvent> for AuditEvent {
    fn from(event: &audit::AuditEvent) -> Self {
        Self {
            id: event.id.0,
            event: event.kind.name(),
            actor: event.actor.as_ref().map(UserRef::from),
            target: event.target.as_ref().map(UserRef::from),
            message_id: event.message.map(|message| message.0),
            address: event.address.map(|address| address.to_string()),
            details: event.detail.map(AuditDetails::from),
            created_at: time(event.created_at),
        }
    }
}

impl From<AuditDetail> for AuditDetails {
    fn from(detail: AuditDetail) -> Self {
        let none = Self { role: None, fields: vec![], by_server_admin: false };
        match detail {
            AuditDetail::Role(role) => Self { role: Some(role.into()), ..none },
            AuditDetail::Fields(fields) => Self { fields: names(fields), ..none },
            AuditDetail::ByServerAdmin => Self { by_server_admin: true, ..none },
        }
    }
}

fn names(fields: RoomFields) -> Vec<&'static str> {
    let RoomFields { name, description, visibility, metadata } = fields;
    let all =
        [("name", name), ("description", description), ("visibility", visibility), ("metadata", metadata)];
    all.into_iter().filter_map(|(name, changed)| changed.then_some(name)).collect()
}
