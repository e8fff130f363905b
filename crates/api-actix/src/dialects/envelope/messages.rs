//! Sending messages, and reading them in pages.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::compat::envelope::PostBody;
use domain::message::Content;
use domain::{FileId, RoomId};

use super::lists::{ByTime, ListQuery};
use super::rooms::RoomPath;
use super::views::{Message, SentMessage};
use super::{success, words};
use crate::http::params::Id;
use crate::http::{ApiError, Fields, Flaw, FromFields, Input, Nothing};
use crate::routing::Signed;
use crate::state::AppState;

pub(super) struct SendBody {
    room: RoomId,
    body: PostBody,
}

impl FromFields for SendBody {
    const LENIENT: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Flaw> {
        let room = RoomPath::read(fields);
        let content = fields.nullable::<Content>("content");
        let file = fields.nullable::<Id>("fileId");
        let body = match (content?.flatten(), file?.flatten()) {
            (content, Some(id)) => PostBody::File(FileId(id.0), content),
            (Some(content), None) => PostBody::Text(content),
            (None, None) => return Err(fields.problem("content", "is missing")),
        };
        Ok(Self { room: room?.0, body })
    }
}

pub(super) async fn send(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<Nothing, Nothing, SendBody>,
) -> Result<HttpResponse, ApiError> {
    let (caller, SendBody { room, body }) = (caller.in_()?, input.body);
    let worker = api.clone().into_inner();
    let sent = api
        .into_inner()
        .finish(async move { worker.use_cases.envelope.post_message.execute(caller, room, body).await })
        .await?;
    Ok(success(StatusCode::CREATED, words::SENT, SentMessage::from(&sent)))
}

pub(super) async fn list(
    api: web::Data<AppState>,
    caller: Signed,
    input: Input<RoomPath, ListQuery<ByTime>>,
) -> Result<HttpResponse, ApiError> {
    let (RoomPath(room), ListQuery { page, order, sort: ByTime }) = (input.path, input.query);
    let found = api.use_cases.envelope.read_page.execute(caller.in_()?, room, order, page).await?;
    let messages: Vec<Message> = found.items.iter().map(Message::from).collect();
    Ok(success(StatusCode::OK, words::MESSAGES, messages))
}
