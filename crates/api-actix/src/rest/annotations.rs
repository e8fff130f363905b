//! The write that reactions and pins share.

use actix_web::web::Data as State;
use domain::message::AnnotationAct;
use domain::{MessageId, RoomId};

use crate::http::ApiError;
use crate::json::NoContent;
use crate::routing::CurrentUser;
use crate::state::AppState;

/// Annotates a message in the caller's name.
pub(super) async fn annotate(
    state: State<AppState>,
    caller: CurrentUser,
    room: RoomId,
    message: MessageId,
    act: AnnotationAct,
) -> Result<NoContent, ApiError> {
    let caller = caller.require()?;
    state
        .write_here(
            |app| async move { app.use_cases.messages.annotate.execute(caller, room, message, act).await },
        )
        .await?;
    Ok(NoContent)
}
