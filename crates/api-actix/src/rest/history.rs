//! `GET /api/rooms/{id}/messages`

use actix_web::web::Data as State;
use domain::Refusal::{MessageNotFound, NotAMember, RoomNotFound};
use domain::message::{Anchor, Around, HistoryQuery, MessageKind, Place, Threads, Window};
use domain::{MessageId, RoomId, SortOrder, UserId};

use super::{MESSAGES, newest};
use crate::http::cursor::{self, Cursor};
use crate::http::params::RoomPath;
use crate::http::{ApiError, Fields, FromFields, Input, InvalidField, Limit};
use crate::json::{CursorInfo, MessagePage};
use crate::routing::{CurrentUser, Endpoint, get};
use crate::state::AppState;

pub(super) fn endpoints() -> [Endpoint; 1] {
    [get("/api/rooms/{id}/messages", history)
        .head(peek)
        .named("listMessages", MESSAGES, "List messages")
        .about(
            "The newest messages, or those next to a cursor: `before`, `after` or `around` one of them. An unfiltered list \
             marks the room read up to its newest message, unless `markRead=false`.",
        )
        .refuses([RoomNotFound, NotAMember, MessageNotFound])]
}

/// The filters and the order of a history.
#[derive(FromFields)]
#[fields(output = (Listing, Selection), then = listing)]
struct ListMessages {
    /// The most messages to list.
    #[field(default = Limit(50))]
    limit: Limit,
    /// `desc`: newest first.
    #[field(default = SortOrder::Descending)]
    order: SortOrder,
    /// Only messages of this type.
    #[field(name = "type")]
    kind: Option<MessageKind>,
    /// Only messages of this sender.
    sender_id: Option<UserId>,
    /// Only replies in the thread that this message begins, without deleted ones. Marks nothing read.
    thread_id: Option<MessageId>,
    /// `false`: without replies in threads. Marks nothing read.
    #[field(default = true)]
    threads: bool,
    /// `false`: leave the read mark where it is.
    #[field(default = true)]
    mark_read: bool,
    #[field(flatten = Beside)]
    selection: Selection,
}

/// The place of a page in the history.
enum Selection {
    /// On one side of a cursor.
    OneSide(Anchor<Place>),
    /// On both sides of a cursor.
    Around(Place),
}

/// The cursor that a page lies next to.
#[derive(FromFields)]
#[fields(output = Selection, then = selection)]
struct Beside {
    /// List the messages next older than this cursor.
    before: Option<Cursor>,
    /// List the messages next newer than this cursor.
    after: Option<Cursor>,
    /// List the message at this cursor between older and newer ones. A time without a message means the first one after
    /// it, else the newest. Without filters only.
    around: Option<Cursor>,
}

fn selection(
    fields: &mut Fields,
    before: Result<Option<Cursor>, InvalidField>,
    after: Result<Option<Cursor>, InvalidField>,
    around: Result<Option<Cursor>, InvalidField>,
) -> Result<Selection, InvalidField> {
    let given = [("before", before?), ("after", after?), ("around", around?)];
    let mut given = given.into_iter().filter_map(|(name, cursor)| Some((name, cursor?.0)));
    let Some((name, text)) = given.next() else { return Ok(Selection::OneSide(Anchor::Newest)) };
    if let Some((second, _)) = given.next() {
        fields.problem(name, format!("must not stand beside `{second}`"));
        fields.problem(second, format!("must not stand beside `{name}`"));
        for (third, _) in given {
            fields.problem(third, format!("must not stand beside `{name}`"));
        }
        return Err(InvalidField);
    }
    // A time finer than the server's is rounded away from the messages that the page must have.
    let place = cursor::place(&text, name != "after").ok_or_else(|| fields.bad_cursor(name))?;
    Ok(match name {
        "before" => Selection::OneSide(Anchor::Before(place)),
        "after" => Selection::OneSide(Anchor::After(place)),
        _ => Selection::Around(place),
    })
}

/// A history as it is asked for, but for its place.
struct Listing {
    limit: u32,
    order: SortOrder,
    kind: Option<MessageKind>,
    sender: Option<UserId>,
    threads: Threads,
    mark_read: bool,
}

#[expect(clippy::too_many_arguments, reason = "one for each parameter")]
fn listing(
    fields: &mut Fields,
    limit: Result<Limit, InvalidField>,
    order: Result<SortOrder, InvalidField>,
    kind: Result<Option<MessageKind>, InvalidField>,
    sender: Result<Option<UserId>, InvalidField>,
    thread: Result<Option<MessageId>, InvalidField>,
    threads: Result<bool, InvalidField>,
    mark_read: Result<bool, InvalidField>,
    selection: Result<Selection, InvalidField>,
) -> Result<(Listing, Selection), InvalidField> {
    if let (Ok(Some(_)), Ok(false)) = (thread, threads) {
        fields.problem("threadId", "must not stand beside `threads=false`");
        fields.problem("threads", "must not be `false` beside `threadId`");
    }
    if let Ok(Selection::Around(_)) = selection {
        let filters = [
            ("type", matches!(kind, Ok(Some(_)))),
            ("senderId", matches!(sender, Ok(Some(_)))),
            ("threadId", matches!(thread, Ok(Some(_)))),
            ("threads", matches!(threads, Ok(false))),
        ];
        for (name, _) in filters.into_iter().filter(|(_, given)| *given) {
            fields.problem("around", format!("must not stand beside `{name}`"));
            fields.problem(name, "must not stand beside `around`");
        }
    }
    let threads = match (thread?, threads?) {
        (Some(root), _) => Threads::Of(root),
        (None, true) => Threads::All,
        (None, false) => Threads::Outside,
    };
    let (Limit(limit), order, kind, sender) = (limit?, order?, kind?, sender?);
    Ok((Listing { limit, order, kind, sender, threads, mark_read: mark_read? }, selection?))
}

async fn history(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListMessages>,
) -> Result<MessagePage, ApiError> {
    let (listing, selection) = input.query;
    list(state, caller, input.path.id, listing, selection).await
}

/// `HEAD` of the history marks nothing read.
async fn peek(
    state: State<AppState>,
    caller: CurrentUser,
    input: Input<RoomPath, ListMessages>,
) -> Result<MessagePage, ApiError> {
    let (listing, selection) = input.query;
    list(state, caller, input.path.id, Listing { mark_read: false, ..listing }, selection).await
}

async fn list(
    state: State<AppState>,
    caller: CurrentUser,
    room: RoomId,
    listing: Listing,
    selection: Selection,
) -> Result<MessagePage, ApiError> {
    let caller = caller.require()?;
    let Listing { limit, order, kind, sender, threads, mark_read } = listing;
    let history = &state.use_cases.messages.read_history;
    let anchor = match selection {
        Selection::OneSide(anchor) => history.anchor(&caller, room, anchor).await?,
        Selection::Around(place) => {
            let around = Around { place, limit, order };
            let found = history.around(caller, room, around, mark_read).await?;
            return Ok(MessagePage(page(&found.messages, &CursorInfo::around(limit, &found))?.into()));
        }
    };
    let query = HistoryQuery { anchor, limit, order, kind, sender, threads };
    if query.is_newest() {
        return newest::answer(&state, caller, room, query, mark_read).await;
    }
    let window = history.execute(caller, room, query, mark_read).await?;
    Ok(MessagePage(window_page(limit, &window)?.into()))
}

/// Serializes a window of messages.
pub(super) fn window_page(limit: u32, window: &Window) -> Result<Vec<u8>, ApiError> {
    page(&window.messages, &CursorInfo::of(limit, window))
}

/// Serializes messages and their pagination, as [`Paginated`](crate::json::Paginated) has them.
pub(super) fn page(
    messages: &[domain::message::Message],
    pagination: &CursorInfo,
) -> Result<Vec<u8>, ApiError> {
    let mut json = br#"{"data":"#.to_vec();
    let written = live::write_messages(&mut json, messages).and_then(|()| {
        json.extend_from_slice(br#","pagination":"#);
        serde_json::to_writer(&mut json, pagination)
    });
    written.map_err(|error| ApiError::internal(format!("a page is not valid JSON: {error}")))?;
    json.push(b'}');
    Ok(json)
}
