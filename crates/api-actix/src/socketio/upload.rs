//! `fileUpload`: a file and the message that shows it, in one event.

use std::sync::Arc;

use bytes::Bytes;
use domain::RoomId;
use domain::account::Identity;
use domain::file::{File, FileName};
use domain::limit::{LimitClass, LimitKey};
use domain::message::{Body, ClientKey, Message, SendCommand};
use serde::Deserialize;
use socketioxide::extract::{AckSender, SocketRef, State, TryData};

use super::events::{acknowledge, client};
use super::wire::message_json;
use crate::api::Api;
use crate::error::{ApiError, Detail};
use crate::limits::{self, Counters};
use crate::realtime::frames;
use crate::rest::params::Id;

/// What the event carries. Whatever it says of the type is not looked at: the bytes tell.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Carried {
    room_id: Option<String>,
    filename: Option<String>,
    /// Not an `Option`: inside one, the parser finds no attachments.
    data: Bytes,
    client_id: Option<String>,
}

struct Asked {
    room: RoomId,
    name: FileName,
    data: Bytes,
    client_key: Option<ClientKey>,
}

impl Carried {
    fn read(self) -> Result<Asked, ApiError> {
        let mut problems = vec![];
        let mut flaw =
            |field: &str, message: String| problems.push(Detail { field: field.to_owned(), message });
        let room = match self.room_id.as_deref().map(str::parse::<Id>) {
            Some(Ok(id)) => Some(RoomId(id.0)),
            Some(Err(error)) => {
                flaw("roomId", error.to_string());
                None
            }
            None => {
                flaw("roomId", "is missing".to_owned());
                None
            }
        };
        let client_key = self.client_id.as_deref().map(ClientKey::parse).transpose();
        let client_key = client_key.unwrap_or_else(|error| {
            flaw("clientId", error.to_string());
            None
        });
        match room {
            Some(room) if problems.is_empty() => {
                let name = FileName::clean(&self.filename.unwrap_or_default());
                Ok(Asked { room, name, data: self.data, client_key })
            }
            _ => Err(ApiError::invalid(problems)),
        }
    }
}

pub(super) async fn file_upload(
    socket: SocketRef,
    TryData(data): TryData<Carried>,
    ack: AckSender,
    State(api): State<Arc<Api>>,
) {
    let answer = async {
        let client = client(&socket)?;
        let carried = data.map_err(|error| ApiError::bad_request(format!("Send one object: {error}")))?;
        let message = share(&api, &client.identity, carried.read()?).await?;
        Ok(("File uploaded successfully", message_json(&message)))
    };
    acknowledge(ack, answer.await);
}

/// Stores the file and sends the message; where that may not be, the file goes again.
async fn share(api: &Arc<Api>, caller: &Identity, asked: Asked) -> Result<Message, ApiError> {
    let decision =
        limits::take(api, Counters::Shared, LimitClass::Upload, LimitKey::User(caller.user.id)).await;
    limits::check(decision.as_ref())?;
    let Asked { room, name, data, client_key } = asked;
    // Whoever may not send there learns it before anything is written.
    api.use_cases.check_member.execute(caller.clone(), room).await?;
    let (worker, uploader) = (api.clone(), caller.clone());
    let file: File = api
        .finish(async move {
            let mut upload = worker.use_cases.upload_file.begin(uploader, name).await?;
            upload.write(data.into()).await?;
            upload.finish().await
        })
        .await?;
    let body = Body::Attachment { kind: file.attachment_kind(), file: file.id, caption: None };
    let sent = frames::say(api, caller.clone(), SendCommand { room, body, client_key }).await;
    if sent.is_err() {
        let (worker, uploader) = (api.clone(), caller.clone());
        let removed =
            api.finish(async move { worker.use_cases.delete_file.execute(uploader, file.id).await }).await;
        if let Err(error) = removed {
            tracing::info!(%error, "a file stays that no message shows; its uploader can delete it");
        }
    }
    sent
}
