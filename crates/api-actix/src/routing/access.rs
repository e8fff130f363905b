//! The checks before every handler, in the contract's order: the method, the token, the limit.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use domain::account::Identity;
use domain::limit::{Decision, LimitClass, LimitKey, LimitSet};
use domain::{Refusal, Timestamp, UserId};

use super::Endpoint;
use super::rate_limit::{self, SecondDecision};
use crate::http::address::address;
use crate::http::{ApiError, Argument};
use crate::state::AppState;

/// The callers that an endpoint is for; the rules of the domain decide the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Users who are signed in.
    SignedIn,
    /// Users who are signed in, where the write itself checks the session.
    SessionCheckedOnWrite,
    /// Users who are signed in; the token may stand in the query, for browsers' event sources.
    TokenInQuery,
    /// Everyone; a token, if one is sent, must be valid.
    Anyone,
    /// Everyone; tokens are ignored.
    NoToken,
}

/// The access and the limits of a path's endpoints, by method.
#[derive(Clone)]
pub(crate) struct Policy {
    methods: Vec<(Method, Access, LimitClass)>,
    set: LimitSet,
}

impl Policy {
    pub(crate) fn of(endpoints: &[Endpoint], set: LimitSet) -> Self {
        let methods = endpoints.iter().map(|e| (e.method.clone(), e.access, e.limit)).collect();
        Self { methods, set }
    }

    fn find(&self, method: &Method) -> Option<(Access, LimitClass)> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.methods.iter().find(|(known, ..)| known == method).map(|(_, access, class)| (*access, *class))
    }

    /// The limit of requests with a method that the path does not have.
    fn class(&self) -> LimitClass {
        let auth = self.methods.iter().any(|(.., class)| *class == LimitClass::Auth);
        if auth { LimitClass::Auth } else { LimitClass::Api }
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

impl Argument for CurrentUser {}
impl Argument for Expiry {}

/// The middleware of every resource.
pub(crate) async fn pass<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match admit(&request).await {
        Ok(decision) => {
            let mut response = next.call(request).await?.map_into_left_body();
            rate_limit::write(response.headers_mut(), decision.as_ref());
            let second = response.request().extensions().get::<SecondDecision>().and_then(|second| second.0);
            rate_limit::write(response.headers_mut(), second.as_ref());
            Ok(response)
        }
        Err((error, decision)) => {
            let mut response = request.error_response(error).map_into_right_body();
            rate_limit::write(response.headers_mut(), decision.as_ref());
            Ok(response)
        }
    }
}

type Refused = (ApiError, Option<Decision>);

async fn admit(request: &ServiceRequest) -> Result<Option<Decision>, Refused> {
    let (Some(api), Some(policy)) = (request.app_data::<Data<AppState>>(), request.app_data::<Policy>())
    else {
        return Err((ApiError::internal("a route outside its application".into()), None));
    };
    let address = address(request.request(), &api.settings.trusted_proxies);
    let Some((access, class)) = policy.find(request.method()) else {
        let identity = identify(api, request, Access::Anyone).await.unwrap_or_default();
        let (class, key) = counter(policy.class(), identity.as_ref().map(|(identity, _)| identity), address);
        let seen = rate_limit::peek(api, policy.set, class, key).await;
        return Err((ApiError::method_not_allowed(policy.allow()), seen));
    };
    let identity = match identify(api, request, access).await {
        Ok(identity) => identity,
        Err(error) => {
            let seen = rate_limit::peek(api, policy.set, LimitClass::Anonymous, address).await;
            return Err((error, seen));
        }
    };
    let (identity, expiry) = identity.unzip();
    if let Some(expiry) = expiry {
        request.extensions_mut().insert(Expiry(expiry));
    }
    let (class, key) = counter(class, identity.as_ref(), address);
    request.extensions_mut().insert(CurrentUser(identity));
    let decision = rate_limit::acquire(api, policy.set, class, key).await;
    rate_limit::check(decision.as_ref()).map_err(|error| (error, decision))?;
    Ok(decision)
}

/// The class and the key to count a request of that class by.
fn counter(class: LimitClass, caller: Option<&Identity>, address: LimitKey) -> (LimitClass, LimitKey) {
    match (caller, class) {
        (_, LimitClass::Auth) => (LimitClass::Auth, address),
        (Some(caller), class) => (class, LimitKey::User(caller.user.id)),
        (None, _) => (LimitClass::Anonymous, address),
    }
}

async fn identify(
    api: &AppState,
    request: &ServiceRequest,
    access: Access,
) -> Result<Option<(Identity, Timestamp)>, ApiError> {
    if access == Access::NoToken {
        return Ok(None);
    }
    if access == Access::TokenInQuery
        && !request.headers().contains_key(AUTHORIZATION)
        && let Some(token) = crate::http::query_value(request.request(), "token")
    {
        return Ok(Some(api.use_cases.authenticate.for_reading(&token).await?));
    }
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return if access == Access::Anyone { Ok(None) } else { Err(Refusal::Unauthenticated.into()) };
    };
    let token = header.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            let authenticate = &api.use_cases.authenticate;
            let reads = access == Access::SessionCheckedOnWrite || request.method().is_safe();
            Ok(Some(if reads {
                authenticate.for_reading(token.trim()).await?
            } else {
                authenticate.with_expiry(token.trim()).await?
            }))
        }
        _ => Err(Refusal::Unauthenticated.into()),
    }
}
