//! The audit events of a unit of work, in the program's log once it is committed.

use domain::audit::AuditEntry;

/// Writes the events of a committed unit of work to the log, under the target `audit`.
pub fn log(entries: &[AuditEntry]) {
    for entry in entries {
        tracing::info!(
            target: "audit",
            event = entry.kind.name(),
            id = %entry.id,
            user.id = entry.actor.map(display),
            target_user.id = entry.target.map(display),
            room.id = entry.room.map(display),
            message.id = entry.message.map(display),
            address = entry.address.map(display),
            detail = entry.detail.map(debug),
            "audit"
        );
    }
}
