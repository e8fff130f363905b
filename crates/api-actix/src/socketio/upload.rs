//! `fileUpload`: a file and the message that shows it, in one event.

use domain::RoomId;
use domain::file::{FileName, ShareFileCommand};
use domain::limit::LimitClass;

use super::ack::acknowledge;
use super::binary::{EventFields, EventValue};
use super::handler::Event;
use crate::http::{ApiError, Id};
use crate::json::AcknowledgedData;
use crate::routing::rate_limit;

/// Parses the data of the event. A content type that the client names is ignored: the bytes decide.
fn read(data: EventValue) -> Result<ShareFileCommand, ApiError> {
    let mut fields = EventFields::of(data);
    let room = fields.required::<Id>("roomId");
    let name = fields.text::<String>("filename").unwrap_or_default();
    let bytes = fields.bytes("data");
    let client_key = fields.text("clientId");
    match (room, bytes) {
        (Some(room), Some(bytes)) if fields.problems.is_empty() => Ok(ShareFileCommand {
            room: RoomId(room.0),
            name: FileName::clean(&name),
            bytes: bytes.into(),
            client_key,
        }),
        _ => Err(ApiError::invalid(fields.problems)),
    }
}

pub(super) async fn file_upload(Event { client, data, ack, state, .. }: Event<EventValue>) {
    let answer = async {
        let data = data.map_err(|error| ApiError::bad_request(format!("Send one object: {error}")))?;
        let command = read(data)?;
        rate_limit::count_for(&state, client.session.identity().user.id, LimitClass::Upload).await?;
        let message = client.session.share_file(command).await?;
        Ok(("File uploaded successfully", AcknowledgedData::sent(&message)))
    };
    acknowledge(ack, answer.await);
}
