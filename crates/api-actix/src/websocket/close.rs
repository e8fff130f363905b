//! The end of a WebSocket: close codes and reasons.

use actix_ws::{AggregatedMessage, CloseCode, CloseReason, ProtocolError};
use live::EndReason;

/// The end of a socket, with the close frame to send; `None` where the connection is gone.
pub(crate) type Ended = Option<CloseReason>;

/// Builds a close frame's content.
pub(super) fn reason(code: CloseCode, why: &str) -> CloseReason {
    CloseReason { code, description: Some(why.to_owned()) }
}

/// Closes a socket against a policy, such as for an expired token.
pub(super) fn policy(why: &str) -> CloseReason {
    reason(CloseCode::Policy, why)
}

/// Closes a socket whose token can't be checked now.
pub(super) fn unavailable() -> CloseReason {
    reason(CloseCode::Again, "the token can't be checked right now; reconnect")
}

/// Returns the close frame for a connection that the hub ends.
pub(crate) fn by_hub(end: EndReason) -> CloseReason {
    match end {
        EndReason::Revoked => policy("the session is over"),
        EndReason::Slow => reason(CloseCode::Again, "too slow; reconnect and catch up with since"),
        EndReason::Shutdown => reason(CloseCode::Restart, "the server restarts; reconnect"),
    }
}

/// Returns the client's message; `Err` where the socket ends because of it, with the client's own reason where it closed.
pub(crate) fn received(
    message: Option<Result<AggregatedMessage, ProtocolError>>,
) -> Result<AggregatedMessage, Ended> {
    match message {
        Some(Ok(AggregatedMessage::Close(reason))) => {
            Err(Some(reason.unwrap_or(CloseReason { code: CloseCode::Normal, description: None })))
        }
        Some(Ok(message)) => Ok(message),
        Some(Err(ProtocolError::Overflow)) => Err(Some(too_large())),
        Some(Err(ProtocolError::Io(error))) => Err(malformed(&error)),
        Some(Err(error)) => Err(Some(reason(CloseCode::Protocol, &error.to_string()))),
        None => Err(None),
    }
}

fn too_large() -> CloseReason {
    reason(CloseCode::Size, "a frame has at most 64 KiB")
}

/// Distinguishes a malformed frame from a broken connection. The library says only in its text whether the frame's head, its UTF-8
/// or the size of several fragments is wrong.
fn malformed(error: &std::io::Error) -> Ended {
    let text = error.to_string();
    if text.contains("maximum continuation size") {
        return Some(too_large());
    }
    (error.kind() == std::io::ErrorKind::InvalidData).then(|| {
        if text.contains("reserved bits") {
            reason(CloseCode::Protocol, &text)
        } else {
            reason(CloseCode::Invalid, "text must be UTF-8")
        }
    })
}
