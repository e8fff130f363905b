//! Acknowledgements of events.

use socketioxide::extract::AckSender;

use crate::http::ApiError;
use crate::json::{AcknowledgedData, Acknowledgement};

/// The result of an event: a message for people, and data.
pub(super) type Answer = Result<(&'static str, AcknowledgedData), ApiError>;

/// Sends the result of an event.
pub(super) fn acknowledge(ack: AckSender, answer: Answer) {
    // A client that is gone, or asked for no acknowledgement, misses nothing.
    let _not_sent = match answer {
        Ok((message, data)) => ack.send(&Acknowledgement::accepted(message, data)),
        Err(error) => ack.send(&Acknowledgement::refused(&error)),
    };
}
