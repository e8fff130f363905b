//! `fileUpload`: a file and the message that shows it, in one event.

use domain::file::{FileName, ShareFileCommand};
use domain::limit::LimitClass;

use super::handler::Event;
use super::input::UploadFile;
use crate::http::{ApiError, Detail};
use crate::json::AcknowledgedData;
use crate::routing::rate_limit;

pub(super) async fn file_upload(event: Event<UploadFile>) {
    let Event { client, input, mut attachments, reply, state, .. } = event;
    let UploadFile { room_id: room, filename, data, client_id, .. } = input;
    let answer = async {
        let bytes = attachments.remove(data.0).ok_or_else(|| {
            let message = "names an attachment that did not come".to_owned();
            ApiError::invalid(vec![Detail { field: "data".to_owned(), message }])
        })?;
        rate_limit::count_for(&state, client.session.identity().user.id, LimitClass::Upload).await?;
        let name = FileName::clean(&filename.0.unwrap_or_default());
        let command = ShareFileCommand { room, name, bytes: bytes.into(), client_key: client_id.0 };
        let message = client.session.share_file(command).await?;
        Ok(("File uploaded successfully", AcknowledgedData::sent(&message)))
    };
    reply.send(client.outgoing(), answer.await).await;
}
