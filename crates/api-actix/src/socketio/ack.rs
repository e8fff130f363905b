//! Acknowledgements of events.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use socketioxide::adapter::Adapter;
use socketioxide::handler::FromMessageParts;
use socketioxide::socket::Socket;
use socketioxide_core::Value as Packet;

use super::json;
use crate::http::ApiError;
use crate::http::outgoing::Outgoing;
use crate::json::{AcknowledgedData, Acknowledgement};

/// The result of an event: a message for people, and data.
pub(super) type Answer = Result<(&'static str, AcknowledgedData), ApiError>;

/// The way back to the sender of an event.
pub(super) struct Reply {
    /// `None` where the client asked for no acknowledgement.
    number: Option<i64>,
}

impl<A: Adapter> FromMessageParts<A> for Reply {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<A>>,
        _: &mut Packet,
        number: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self { number: *number })
    }
}

impl Reply {
    /// Sends the result of an event; waits where too many replies wait already.
    pub(super) async fn send(self, outgoing: &Outgoing, answer: Answer) {
        let acknowledgement = match answer {
            Ok((message, data)) => self.encode(&Acknowledgement::accepted(message, data)),
            Err(error) => self.encode(&Acknowledgement::refused(&error)),
        };
        if let Some(acknowledgement) = acknowledgement {
            // A client that is gone misses nothing.
            let _gone = outgoing.send(acknowledgement).await;
        }
    }

    /// Sends an error at once. Returns false where too much waits for the client.
    pub(super) fn try_refuse(&self, outgoing: &Outgoing, error: &ApiError) -> bool {
        let acknowledgement = self.encode(&Acknowledgement::refused(error));
        acknowledgement.is_none_or(|acknowledgement| outgoing.try_send(acknowledgement))
    }

    fn encode(&self, acknowledgement: &Acknowledgement<'_>) -> Option<Bytes> {
        self.number.map(|number| json::acknowledgement(number, acknowledgement))
    }
}
