//! Searching messages.

use std::sync::Arc;

use super::{CandidateQuery, SearchQuery, SearchReader};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::message::{Body, Content, Message, MessageReader, Place, TimelinePosition, Window};
use crate::{Result, RoomId, UserId};

/// The most candidates that are read at once.
const MOST_CANDIDATES: u32 = 200;

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchCommand {
    /// The words to search for.
    pub query: SearchQuery,
    /// Only in this room.
    pub room: Option<RoomId>,
    /// Only messages of this sender.
    pub sender: Option<UserId>,
    /// Only messages before this place.
    pub before: Option<Place<TimelinePosition>>,
    /// The most messages to return: 1 to 50.
    pub limit: u32,
}

/// Searches the messages of the rooms of which the caller is a member.
pub struct SearchMessages {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
    pub(crate) search: Arc<dyn SearchReader>,
}

impl SearchMessages {
    /// Returns the messages found, newest first. The room must be one of which the caller is a member, and the place may be
    /// any message that the caller may read: [`MessageNotReadable`](crate::Refusal::MessageNotReadable) for another.
    ///
    /// Each candidate of the index is compared with the query as the message is now. So an entry that is too much, of a former
    /// content for example, is never found.
    pub async fn execute(&self, caller: Identity, command: SearchCommand) -> Result<Window> {
        let SearchCommand { query, room, sender, before, limit } = command;
        if let Some(room) = room {
            self.members.require_member(room, caller.user.id).await?;
        }
        let before = match before {
            Some(place) => Some(place.position(&*self.messages, caller.user.id).await?),
            None => None,
        };
        let mut asked = CandidateQuery { keys: query.keys(), room, sender, before, limit: limit + 1 };
        let wanted = usize::try_from(asked.limit).unwrap_or(usize::MAX);
        let mut messages: Vec<Message> = vec![];
        loop {
            let candidates = self.search.candidates(caller.user.id, asked.clone()).await?;
            let all = u32::try_from(candidates.len()).is_ok_and(|found| found < asked.limit);
            asked.before = candidates.last().map(|last| TimelinePosition::Message(last.created_at, last.id));
            messages.extend(candidates.into_iter().filter(|message| finds(&query, message)));
            if all || messages.len() >= wanted {
                break;
            }
            asked.limit = (asked.limit * 4).min(MOST_CANDIDATES);
        }
        let has_more = messages.len() >= wanted;
        messages.truncate(wanted - 1);
        Ok(Window { messages, has_more })
    }
}

fn finds(query: &SearchQuery, message: &Message) -> bool {
    message.body().and_then(Body::content).map(Content::as_str).is_some_and(|text| query.matches(text))
}

#[cfg(test)]
mod tests;
