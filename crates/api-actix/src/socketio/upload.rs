//! `fileUpload`: a file and the message that shows it, in one event.

use std::sync::Arc;

use bytes::Bytes;
use domain::RoomId;
use domain::account::Identity;
use domain::file::{File, FileName};
use domain::limit::{LimitClass, LimitKey, LimitSet};
use domain::message::{Body, ClientKey, Message, SendCommand};

use super::events::acknowledge;
use super::loose::{Loose, LooseFields};
use super::turns::Event;
use crate::http::ApiError;
use crate::http::params::Id;
use crate::json::AcknowledgedData;
use crate::routing::rate_limit as limits;
use crate::state::AppState;
use crate::websocket::frames;

/// What the event carries. Whatever it says of the type is not looked at: the bytes tell.
struct Asked {
    room: RoomId,
    name: FileName,
    data: Bytes,
    client_key: Option<ClientKey>,
}

impl Asked {
    fn read(carried: Loose) -> Result<Self, ApiError> {
        let mut fields = LooseFields::of(carried);
        let room = fields.required::<Id>("roomId");
        let name = fields.text::<String>("filename").unwrap_or_default();
        let data = fields.bytes("data");
        let client_key = fields.text("clientId");
        match (room, data) {
            (Some(room), Some(data)) if fields.problems.is_empty() => {
                Ok(Self { room: RoomId(room.0), name: FileName::clean(&name), data, client_key })
            }
            _ => Err(ApiError::invalid(fields.problems)),
        }
    }
}

pub(super) async fn file_upload(Event { client, data, ack, api, .. }: Event<Loose>) {
    let answer = async {
        let carried = data.map_err(|error| ApiError::bad_request(format!("Send one object: {error}")))?;
        let message = share(&api, &client.identity, Asked::read(carried)?).await?;
        Ok(("File uploaded successfully", AcknowledgedData::sent(&message)))
    };
    acknowledge(ack, answer.await);
}

/// Stores the file and sends the message; where that may not be, the file goes again.
async fn share(api: &Arc<AppState>, caller: &Identity, asked: Asked) -> Result<Message, ApiError> {
    let decision = limits::take(api, LimitSet::API, LimitClass::Upload, LimitKey::User(caller.user.id)).await;
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
