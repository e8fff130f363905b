//! Packets that sessions of Engine.IO may send, and their ends.

use tokio::time::Instant;
use uuid::Uuid;

use super::super::packets::Packet;
use super::super::session::UNAUTHENTICATED_BYTES;
use super::*;
use crate::http::unauthenticated::AUTHENTICATION_TIMEOUT;

const TEXT: &[u8] = b"42[\"message\",{}]";

fn address() -> LimitKey {
    LimitKey::Address(std::net::IpAddr::from([192, 0, 2, 1]))
}

fn opened(sessions: &EngineSessions) -> Arc<EngineSession> {
    let admission = sessions.admit(&address()).unwrap();
    sessions.open("one", address(), admission, Transport::Polling)
}

fn user() -> UserId {
    UserId(Uuid::from_u128(1))
}

#[tokio::test]
async fn before_authentication_only_what_leads_to_it_is_admitted() {
    let sessions = EngineSessions::new(Unauthenticated::default());
    let session = opened(&sessions);
    for text in ["2probe", "3", "5", "40{}", "41"] {
        session.admit_text(text.as_bytes(), text.len()).unwrap();
    }
    for text in ["42[\"message\"]", "451-[\"fileUpload\",{}]", "430[]", "bAQID"] {
        session.admit_text(text.as_bytes(), text.len()).unwrap_err();
    }
    session.admit(Packet::Attachment, 3).unwrap_err();
    session.count(UNAUTHENTICATED_BYTES).unwrap();
    session.count(1).unwrap_err();
    let authenticated = sessions.authenticate("one", user()).unwrap();
    session.count(1_000_000).unwrap();
    session.admit_text(TEXT, TEXT.len()).unwrap();
    drop(authenticated);
    session.admit_text(TEXT, TEXT.len()).unwrap_err();
}

#[tokio::test]
async fn attachments_are_held_until_the_last_and_count_as_bytes_of_the_user() {
    let sessions = EngineSessions::new(Unauthenticated::default());
    let session = opened(&sessions);
    let authenticated = sessions.authenticate("one", user()).unwrap();
    session.admit(Packet::Attachment, 3).unwrap_err();
    session.admit(Packet::Message { attachments: 2 }, 100).unwrap();
    session.admit(Packet::Attachment, 1_000).unwrap();
    let all = 8 * 1024 * 1024;
    authenticated.budget.hold(all - 1_099).unwrap_err();
    drop(authenticated.budget.hold(all - 1_100).unwrap());
    session.admit(Packet::Attachment, 1_000).unwrap();
    drop(authenticated.budget.hold(all).unwrap());
    session.admit(Packet::Message { attachments: 1 }, all + 1).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_session_is_over_without_authentication_in_time_and_not_after_it() {
    let sessions = EngineSessions::new(Unauthenticated::default());
    let session = opened(&sessions);
    let begun = Instant::now();
    session.over().await;
    assert_eq!(begun.elapsed().as_secs(), AUTHENTICATION_TIMEOUT.as_secs());
    let session = opened(&sessions);
    let authenticated = sessions.authenticate("one", user()).unwrap();
    let lasting = tokio::time::timeout(AUTHENTICATION_TIMEOUT * 10, session.over()).await;
    lasting.unwrap_err();
    // A client that leaves has the same time to come back.
    drop(authenticated);
    let begun = Instant::now();
    session.over().await;
    assert_eq!(begun.elapsed().as_secs(), AUTHENTICATION_TIMEOUT.as_secs());
}

#[tokio::test]
async fn a_session_that_is_ended_is_over_at_once() {
    let sessions = EngineSessions::new(Unauthenticated::default());
    let session = opened(&sessions);
    let authenticated = sessions.authenticate("one", user()).unwrap();
    authenticated.end_session();
    session.over().await;
    assert!(authenticated.is_over() && sessions.get("one").is_none());
    assert!(sessions.authenticate("one", user()).is_none());
}
