//! The checks before every handler, in the contract's order: the method, the token, the limit.

use std::sync::Arc;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use domain::account::Identity;
use domain::limit::{Decision, LimitClass, LimitKey, LimitSet};
use domain::{Refusal, Timestamp, UserId};

use super::Endpoint;
use super::rate_limit;
use crate::http::{ApiError, Argument, Credential, CursorOpener, ErrorCode, media_type};
use crate::state::AppState;

/// The callers that an endpoint is for; the rules of the domain decide the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Users who are signed in.
    SignedIn,
    /// Server admins, as the domain checks; session and rights are read from the store at every call.
    ServerAdmin,
    /// Users who are signed in, where the write itself checks the session.
    SessionCheckedOnWrite,
    /// Users who are signed in; the query may have a ticket or the token, for browsers' event sources.
    TokenInQuery,
    /// Everyone; a token, if one is sent, must be valid.
    Anyone,
    /// Everyone; tokens are ignored.
    NoToken,
}

/// The access and the limits of a path's endpoints, by method.
pub(super) struct Policy {
    methods: Vec<(Method, Access, LimitClass)>,
    set: LimitSet,
}

impl Policy {
    pub(super) fn of(endpoints: &[Endpoint], set: LimitSet) -> Self {
        let methods = endpoints.iter().map(|e| (e.method.clone(), e.access, e.limit)).collect();
        Self { methods, set }
    }

    /// Returns the place of the method's endpoint, and what it demands.
    fn find(&self, method: &Method) -> Option<(usize, Access, LimitClass)> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let place = self.methods.iter().position(|(known, ..)| known == method)?;
        let (_, access, class) = &self.methods[place];
        Some((place, *access, *class))
    }

    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.methods.iter().map(|(method, ..)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.join(", ")
    }
}

/// The caller, if they are signed in.
#[derive(Clone)]
pub(crate) struct CurrentUser(pub Option<Identity>);

impl CurrentUser {
    /// Returns the caller of an endpoint for those signed in, or `Err` with 401.
    pub(crate) fn require(self) -> Result<Identity, ApiError> {
        self.0.ok_or_else(|| Refusal::Unauthenticated.into())
    }

    /// The caller's id; `None` if they are not signed in.
    pub(crate) fn id(&self) -> Option<UserId> {
        self.0.as_ref().map(|caller| caller.user.id)
    }
}

/// The time at which the caller's token expires.
#[derive(Clone, Copy)]
pub(crate) struct Expiry(pub Timestamp);

impl FromRequest for Expiry {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let expiry = request.extensions().get::<Self>().copied();
        std::future::ready(expiry.ok_or_else(|| Refusal::Unauthenticated.into()))
    }
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or(Self(None))))
    }
}

/// Lets the fields of a request have sealed cursors of the caller.
pub(crate) struct SealedCursors;

impl FromRequest for SealedCursors {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = request.extensions().get::<CurrentUser>().and_then(CurrentUser::id);
        if let (Some(api), Some(user)) = (request.app_data::<Data<AppState>>(), user) {
            let use_cases = api.use_cases.clone();
            let open = Arc::new(move |text: &str| use_cases.read_sync.open(user, text));
            request.extensions_mut().insert(CursorOpener(open));
        }
        std::future::ready(Ok(Self))
    }
}

impl Argument for CurrentUser {}
impl Argument for Expiry {}
impl Argument for SealedCursors {}

/// The error of a refused request, and the decision of the counter that goes with it.
pub(super) type Refused = (ApiError, Option<Decision>);

/// Checks a request; returns the place of its endpoint among those of the path. After the method comes the client's address:
/// beyond its limit no token is looked at. What is refused counts against the address, too.
pub(super) async fn admit(
    request: &ServiceRequest,
    policy: &Policy,
) -> Result<(usize, Option<Decision>), Refused> {
    let Some(api) = request.app_data::<Data<AppState>>() else {
        return Err((ApiError::internal("a route outside its application".into()), None));
    };
    let counter =
        Counter { api, set: policy.set, address: LimitKey::address(api.client_address(request.request())) };
    let Some((place, access, class)) = policy.find(request.method()) else {
        return Err((ApiError::method_not_allowed(policy.allow()), counter.count().await));
    };
    let counted = class == LimitClass::Auth;
    let mut decision = None;
    let credential = match access {
        Access::NoToken => None,
        access => Credential::of(request.request(), access == Access::TokenInQuery),
    };
    if counted {
        decision = counter.address(class).await?;
    } else if credential.is_some() {
        counter.check_address().await?;
    }
    let identity = match identify(api, request, access, credential).await {
        Ok(identity) => identity,
        Err(error) if counted => return Err((error, decision)),
        Err(error) if error.code() == ErrorCode::Unauthenticated => return Err(counter.refuse(error).await),
        // The token could not be checked.
        Err(error) => return Err((error, counter.peek().await)),
    };
    let (identity, expiry) = identity.unzip();
    if let Some(expiry) = expiry {
        request.extensions_mut().insert(Expiry(expiry));
    }
    let user = identity.as_ref().map(|caller| LimitKey::User(caller.user.id));
    request.extensions_mut().insert(CurrentUser(identity));
    let decision = match user {
        _ if counted => decision,
        Some(user) => counter.acquire(class, user).await?,
        None => counter.address(LimitClass::Anonymous).await?,
    };
    media_type::check_encoding(request.headers()).map_err(|error| (error, decision))?;
    Ok((place, decision))
}

/// Answers a request that reaches no endpoint, and counts it against the address. Its answer is the same beyond the limit.
pub(crate) async fn refuse(
    api: &AppState,
    request: &HttpRequest,
    set: LimitSet,
    error: ApiError,
) -> HttpResponse {
    let counter = Counter { api, set, address: LimitKey::address(api.client_address(request)) };
    let decision = counter.count().await;
    let mut response = HttpResponse::from_error(error);
    rate_limit::write(response.headers_mut(), decision.as_ref());
    response
}

/// The counters that a request may be counted by.
struct Counter<'a> {
    api: &'a AppState,
    set: LimitSet,
    /// The client's address.
    address: LimitKey,
}

impl Counter<'_> {
    /// Counts a request. `Err` beyond the limit.
    async fn acquire(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, Refused> {
        let decision = rate_limit::acquire(self.api, self.set, class, key).await;
        rate_limit::check(decision.as_ref()).map_err(|error| (error, decision))?;
        Ok(decision)
    }

    /// Counts a request against the address.
    async fn address(&self, class: LimitClass) -> Result<Option<Decision>, Refused> {
        self.acquire(class, self.address.clone()).await
    }

    /// Counts a refused request against the address, and returns its answer: 429 beyond the limit.
    async fn refuse(&self, error: ApiError) -> Refused {
        match self.address(LimitClass::Anonymous).await {
            Ok(decision) => (error, decision),
            Err(refused) => refused,
        }
    }

    /// Counts a request that is refused whatever the limit says.
    async fn count(&self) -> Option<Decision> {
        rate_limit::acquire(self.api, self.set, LimitClass::Anonymous, self.address.clone()).await
    }

    async fn peek(&self) -> Option<Decision> {
        rate_limit::peek(self.api, self.set, LimitClass::Anonymous, self.address.clone()).await
    }

    /// Refuses the request of an address that is over its limit, and counts nothing.
    async fn check_address(&self) -> Result<(), Refused> {
        let decision = self.peek().await;
        rate_limit::check(decision.as_ref()).map_err(|error| (error, decision))
    }
}

async fn identify(
    api: &AppState,
    request: &ServiceRequest,
    access: Access,
    credential: Option<Credential>,
) -> Result<Option<(Identity, Timestamp)>, ApiError> {
    let (authenticate, from) = (&api.use_cases.accounts.authenticate, api.client_address(request.request()));
    Ok(match credential {
        None if matches!(access, Access::Anyone | Access::NoToken) => None,
        None => return Err(Refusal::Unauthenticated.into()),
        // HEAD does nothing that GET does.
        Some(Credential::Ticket(ticket)) if request.method() == Method::HEAD => {
            Some(authenticate.with_kept_ticket(&ticket, from).await?)
        }
        Some(Credential::Ticket(ticket)) => Some(authenticate.with_ticket(&ticket, from).await?),
        Some(Credential::InQuery(token)) => Some(authenticate.for_reading(&token, from).await?),
        Some(Credential::Bearer(token)) => {
            let reads = access == Access::SessionCheckedOnWrite || request.method().is_safe();
            Some(if reads && access != Access::ServerAdmin {
                authenticate.for_reading(&token, from).await?
            } else {
                authenticate.with_expiry(&token, from).await?
            })
        }
    })
}
