//! The audit log: who did what, when and from where; and the former contents of messages, for operators at the command
//! line.

mod list;
mod message;
mod model;
mod ports;
mod trail;

pub use list::{ListRoomAudit, RoomAuditQuery};
pub use message::{FormerContent, MessageAudit};
pub use model::{AuditDetail, AuditEntry, AuditEvent, AuditKind, RoomFields};
pub use ports::{AuditAnchor, AuditPosition, AuditQuery, AuditReader, AuditWindow, AuditWrites};
pub(crate) use trail::{Act, AuditTrail};

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockAuditReader;
