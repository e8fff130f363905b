//! Audit events.

use diesel::sql_types::{BigInt, Nullable, Text};
use domain::audit::{AuditAnchor, AuditEntry, AuditPosition, AuditQuery};
use domain::{AuditEventId, Timestamp};
use uuid::Uuid;

use super::StoreBackend;
use crate::rows::{AuditEventRow, detail_code};
use crate::sql_types::{Code, Id, Moment};
use crate::statement::{Statement, sql};

/// Inserts an event, later than every event of its room.
#[must_use]
pub fn insert_audit_event<DB: StoreBackend>(entry: &AuditEntry) -> Statement<DB> {
    sql(format!(
        "INSERT INTO audit_events (id, kind, detail, room_id, actor_id, target_id, message_id, address, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, {greatest}(?9, coalesce((SELECT a.created_at{next}
            FROM audit_events a WHERE a.room_id = ?4 ORDER BY a.created_at DESC LIMIT 1), ?9)))",
        greatest = DB::GREATEST,
        next = DB::NEXT_MOMENT
    ))
    .bind::<Id, _>(entry.id)
    .bind::<Code, _>(entry.kind)
    .bind::<Nullable<BigInt>, _>(entry.detail.map(detail_code))
    .bind::<Nullable<Id>, _>(entry.room)
    .bind::<Nullable<Id>, _>(entry.actor)
    .bind::<Nullable<Id>, _>(entry.target)
    .bind::<Nullable<Id>, _>(entry.message)
    .bind::<Nullable<Text>, _>(entry.address.map(|address| address.to_string()))
    .bind::<Moment, _>(entry.at)
}

/// Selects a window of events and one event more, as [`AuditEventRow`], oldest first.
#[must_use]
pub fn audit_events<DB: StoreBackend>(query: &AuditQuery) -> Statement<DB> {
    let (direction, position) = match query.anchor {
        AuditAnchor::Newest => ("DESC", None),
        AuditAnchor::Before(position) => ("DESC", Some((position, "<"))),
        AuditAnchor::After(position) => ("ASC", Some((position, ">"))),
    };
    // Every list has a lower end, so that it is read from an index in order.
    let mut conditions = vec!["created_at >= ?5".to_owned()];
    conditions.extend(query.room.map(|_| "room_id = ?2".to_owned()));
    conditions.extend(query.kind.map(|_| "kind = ?4".to_owned()));
    conditions.extend(position.map(|(position, compare)| match position {
        AuditPosition::Event(..) => format!("(created_at, id) {compare} (?6, ?7)"),
        AuditPosition::Time(_) => format!("created_at {compare} ?6"),
    }));
    let conditions = conditions.join(" AND ");
    let ordered = format!("ORDER BY created_at {direction}, id {direction} LIMIT ?1");
    let head = match query.user {
        None => format!("SELECT * FROM audit_events WHERE {conditions} {ordered}"),
        // One list for each index; an event may be in both.
        Some(_) => format!(
            "SELECT * FROM (SELECT * FROM audit_events WHERE {conditions} AND actor_id = ?3 {ordered}) AS head
             UNION SELECT * FROM (SELECT * FROM audit_events WHERE {conditions} AND target_id = ?3 {ordered}) AS head
             {ordered}"
        ),
    };
    let (moment, id) = match position {
        Some((AuditPosition::Event(moment, id), _)) => (moment, id),
        Some((AuditPosition::Time(moment), _)) => (moment, AuditEventId(Uuid::nil())),
        None => (Timestamp::EPOCH, AuditEventId(Uuid::nil())),
    };
    sql(AuditEventRow::select(&head))
        .bind::<BigInt, _>(i64::from(query.limit) + 1)
        .bind::<Nullable<Id>, _>(query.room)
        .bind::<Nullable<Id>, _>(query.user)
        .bind::<Nullable<Code>, _>(query.kind)
        .bind::<Moment, _>(query.since.unwrap_or(Timestamp::EPOCH))
        .bind::<Moment, _>(moment)
        .bind::<Id, _>(id)
}
