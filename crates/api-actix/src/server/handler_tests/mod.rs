//! Handlers with mocked ports and no database: what a request asks of the ports, and what its answer looks like.

mod errors;
mod files;
mod messages;
mod rooms;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use actix_web::{App, web};
use domain::account::{
    Claims, Directory, Identity, MockAccountReader, MockPasswordHasher, MockSecretSource, MockSessionReader,
    MockTokenSigner, UserRef,
};
use domain::admin::MockAdminReader;
use domain::audit::MockAuditReader;
use domain::compat::ryos::{MockPresenceMarks, MockRosterReader};
use domain::event::{MockChangeReader, MockEventBus};
use domain::file::{MockBlobStore, MockFileReader, MockFileStoreMarks, MockSniffer};
use domain::invitation::MockInvitationReader;
use domain::limit::{Decision, MockLimits};
use domain::membership::{Membership, MockMemberReader, Role, RoomStanding, Standing};
use domain::message::{MockMessageLog, MockMessageReader, MockReadMarks};
use domain::presence::MockPresence;
use domain::quota::OwnershipQuotas;
use domain::room::{MockRoomReader, Revision, Room, Seq, Visibility};
use domain::search::{MockSearchIndexer, MockSearchReader};
use domain::store::{MockHousekeeping, MockStore, MockUnitOfWork, SharedStore};
use domain::sync::{MockCursorSeal, MockSyncReader};
use domain::{Clock, MockClock, MockIdSource, Ports, SessionId, StoreError, Timestamp, UseCases, UserId};
use live::{Caps, Hub, Sessions};
use serde_json::Value;
use time::Duration;
use uuid::Uuid;

use super::{cors, request_id};
use crate::http::ApiError;
use crate::json::samples;
use crate::rest;
use crate::routing::Routes;
use crate::state::{AppState, NewestPages, Settings, Unauthenticated};

const NEW: Uuid = Uuid::from_u128(42);
/// The origin of another web page that may call.
const ORIGIN: &str = "https://app.example";

/// The time of every request.
fn now() -> Timestamp {
    Timestamp::EPOCH.plus(Duration::seconds(1_800_000_000))
}

/// The caller: the creator of the samples.
fn caller() -> Identity {
    Identity { user: samples::user().as_ref(), session: session(), server_admin: false, address: None }
}

fn session() -> SessionId {
    SessionId(Uuid::from_u128(7))
}

/// The ports. Each call without an expectation fails the request.
#[derive(Default)]
struct Mocks {
    store: MockStore,
    rooms: MockRoomReader,
    members: MockMemberReader,
    log: MockMessageLog,
    messages: MockMessageReader,
    marks: MockReadMarks,
    files: MockFileReader,
    blobs: MockBlobStore,
    events: MockEventBus,
    limits: MockLimits,
}

impl Mocks {
    fn new() -> Self {
        Self::default()
    }

    /// The caller is a member of the samples' room with that role.
    fn member(role: Role) -> Self {
        Self::standing(Some((Visibility::Public, Standing::Member(role))))
    }

    /// The caller stands so to the samples' room; `None` where it does not exist.
    fn standing(standing: Option<(Visibility, Standing)>) -> Self {
        let mut mocks = Self::new();
        mocks
            .members
            .expect_standing()
            .withf(|room, user| *room == samples::ROOM && *user == caller().user.id)
            .returning(move |_, _| {
                Ok(standing.map(|(visibility, standing)| RoomStanding {
                    visibility,
                    direct: false,
                    standing,
                    last_read_seq: Seq(0),
                }))
            });
        mocks
    }

    /// Begins that unit of work once.
    fn unit(mut self, work: MockUnitOfWork) -> Self {
        self.store.expect_begin_in().times(1).return_once(|_, _| Ok(Box::new(work)));
        self
    }

    /// Answers each request's count with that decision.
    fn counting(mut self, decision: Decision) -> Self {
        self.limits.expect_acquire().returning(move |_, _, _| Ok(Some(decision)));
        self
    }

    /// Sends the request to the application.
    async fn call(mut self, request: TestRequest) -> Answer {
        self.limits.expect_acquire().returning(|_, _, _| Ok(None));
        self.limits.expect_peek().returning(|_, _, _| Ok(None));
        let data = Data::from(self.state());
        let mut routes = Routes::new(web::to(|| async { Err::<&str, _>(ApiError::not_found()) }));
        rest::mount(&mut routes, Directory::Everyone);
        let app = App::new()
            .app_data(data)
            .default_service(routes)
            .wrap(cors::allow(&[ORIGIN.to_owned()]))
            .wrap(from_fn(request_id::middleware));
        let app = init_service(app).await;
        let response = call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = read_body(response).await;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let headers = headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        Answer { status, headers, body, bytes: bytes.to_vec() }
    }

    fn state(self) -> Arc<AppState> {
        let (store, limits) = (Arc::new(self.store), Arc::new(self.limits));
        let sessions = Arc::new(sessions());
        let members = Arc::new(self.members);
        let mut clock = MockClock::new();
        clock.expect_now().returning(now);
        let clock: Arc<dyn Clock> = Arc::new(clock);
        let mut ids = MockIdSource::new();
        ids.expect_next().returning(|| NEW);
        let mut presence = MockPresence::new();
        presence.expect_renew().returning(Vec::new);
        let stored = SharedStore {
            store: store.clone(),
            accounts: Arc::new(MockAccountReader::new()),
            sessions: sessions.clone(),
            rooms: Arc::new(self.rooms),
            rosters: Arc::new(MockRosterReader::new()),
            members: members.clone(),
            invitations: Arc::new(MockInvitationReader::new()),
            log: Arc::new(self.log),
            messages: Arc::new(self.messages),
            marks: Arc::new(self.marks),
            files: Arc::new(self.files),
            changes: Arc::new(MockChangeReader::new()),
            sync: Arc::new(MockSyncReader::new()),
            search: Arc::new(MockSearchReader::new()),
            indexer: Arc::new(MockSearchIndexer::new()),
            audit: Arc::new(MockAuditReader::new()),
            admin: Arc::new(MockAdminReader::new()),
            housekeeping: Arc::new(MockHousekeeping::new()),
        };
        let ports = Ports {
            stored,
            recent_sessions: sessions,
            recent_members: members,
            blobs: Arc::new(self.blobs),
            file_marks: Arc::new(MockFileStoreMarks::new()),
            sniffer: Arc::new(MockSniffer::new()),
            cursor_seal: Arc::new(MockCursorSeal::new()),
            examiner: None,
            events: Arc::new(self.events),
            presence: Arc::new(presence),
            presence_marks: Arc::new(MockPresenceMarks::new()),
            hasher: Arc::new(MockPasswordHasher::new()),
            tokens: Arc::new(tokens()),
            secrets: Arc::new(MockSecretSource::new()),
            limits: limits.clone(),
            clock: clock.clone(),
            steady_clock: clock,
            ids: Arc::new(ids),
            token_ttl: Duration::DAY,
            quotas: OwnershipQuotas::default(),
            directory: Directory::Everyone,
            largest_file: 1024,
            unused_file_ttl: None,
            file_quarantine: Duration::WEEK,
            file_quota: None,
            server_admins: vec![],
            trust_usernames: false,
        };
        let use_cases = Arc::new(UseCases::new(&ports));
        let SharedStore { changes, sync, .. } = ports.stored;
        let Ports { cursor_seal, presence, events, clock, ids, .. } = ports;
        let sync = (sync, cursor_seal);
        let hub = Hub::start(changes, sync, presence.clone(), events, clock.clone(), ids.clone());
        let caps = Caps { connections: 10, rooms: 10 };
        let runtime = tokio::runtime::Handle::current();
        Arc::new(AppState {
            sessions: Sessions::new(hub, use_cases.clone(), clock.clone(), runtime, caps),
            use_cases,
            limits,
            presence,
            clock,
            ids,
            store,
            away: Box::new(|| None),
            newest_pages: NewestPages::default(),
            metrics: Box::new(String::new),
            settings: Settings::default(),
            unauthenticated: Unauthenticated::default(),
            draining: AtomicBool::new(false),
        })
    }
}

/// Knows the session of the caller's token.
fn sessions() -> MockSessionReader {
    let mut sessions = MockSessionReader::new();
    sessions.expect_session().withf(|id, at| *id == session() && *at == now()).returning(|_, _| {
        let caller = caller();
        Ok(Some(caller))
    });
    sessions
}

/// Knows the caller's token, `token`.
fn tokens() -> MockTokenSigner {
    let mut tokens = MockTokenSigner::new();
    tokens.expect_verify().returning(|token, _| {
        let (user, expires_at) = (caller().user.id, now().plus(Duration::HOUR));
        (token == "token").then(|| Claims { user, session: session(), issued_at: now(), expires_at })
    });
    tokens
}

/// A request of the caller.
fn signed_in(method: Method, path: &str) -> TestRequest {
    TestRequest::default().method(method).uri(path).insert_header(("authorization", "Bearer token"))
}

fn get(path: &str) -> TestRequest {
    signed_in(Method::GET, path)
}

/// The path of the samples' room, with `rest` behind it.
fn in_room(rest: &str) -> String {
    format!("/api/rooms/{}{rest}", samples::ROOM)
}

/// The membership of an admin.
fn member_of(room: &Room, user: UserId) -> Membership {
    Membership {
        room: room.id,
        user,
        role: Role::Admin,
        joined_at: now(),
        last_read_seq: Seq(0),
        revision: Revision(1),
        joined_revision: Revision(1),
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("connection to 10.0.0.7 refused".to_owned())
}

fn corrupt() -> StoreError {
    StoreError::Corrupt("relation messages has no column 7".to_owned())
}

fn john() -> UserRef {
    caller().user
}

/// An answer, read to its end.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
    bytes: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Checks the error's status, code and request id; returns the names of the bad fields.
    #[track_caller]
    fn refused(&self, status: u16, code: &str) -> Vec<&str> {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["ok"], false);
        assert_eq!(self.body["requestId"].as_str(), self.header("x-request-id"));
        let details = self.body["details"].as_array().into_iter().flatten();
        details.filter_map(|detail| detail["field"].as_str()).collect()
    }
}
