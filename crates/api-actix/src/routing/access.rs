//! What every request passes before its handler, in the contract's order: the method, the token, the limit.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use domain::account::Identity;
use domain::limit::{Decision, LimitClass, LimitKey, LimitSet};
use domain::{Refusal, Timestamp};

use super::rate_limit::{self as limits, Besides};
use super::{Caller, Endpoint};
use crate::http::ApiError;
use crate::http::address::address;
use crate::state::AppState;

/// What a path's endpoints ask of their callers.
#[derive(Clone)]
pub(crate) struct Policy {
    methods: Vec<(Method, Caller, LimitClass)>,
    set: LimitSet,
}

impl Policy {
    pub(crate) fn of(endpoints: &[Endpoint], set: LimitSet) -> Self {
        let methods = endpoints.iter().map(|e| (e.method.clone(), e.caller, e.class)).collect();
        Self { methods, set }
    }

    fn find(&self, method: &Method) -> Option<(Caller, LimitClass)> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.methods.iter().find(|(known, ..)| known == method).map(|(_, caller, class)| (*caller, *class))
    }

    /// By which limit the path goes, whatever is asked of it.
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

/// The caller, as the gate established it.
#[derive(Clone)]
pub(crate) struct Signed(pub Option<Identity>);

impl Signed {
    /// The caller of an endpoint that is for those signed in.
    pub(crate) fn in_(self) -> Result<Identity, ApiError> {
        self.0.ok_or_else(|| Refusal::Unauthenticated.into())
    }
}

/// Until when the caller's token holds.
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

impl FromRequest for Signed {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or(Self(None))))
    }
}

pub(crate) async fn pass<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match admit(&request).await {
        Ok(decision) => {
            let mut response = next.call(request).await?.map_into_left_body();
            limits::write(response.headers_mut(), decision.as_ref());
            let besides = response.request().extensions().get::<Besides>().and_then(|besides| besides.0);
            limits::write(response.headers_mut(), besides.as_ref());
            Ok(response)
        }
        Err((error, decision)) => {
            let mut response = request.error_response(error).map_into_right_body();
            limits::write(response.headers_mut(), decision.as_ref());
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
    let Some((caller, class)) = policy.find(request.method()) else {
        let identity = identify(api, request, Caller::Anyone).await.unwrap_or_default();
        let (class, key) = counter(policy.class(), identity.as_ref().map(|(identity, _)| identity), address);
        let seen = limits::look(api, policy.set, class, key).await;
        return Err((ApiError::method_not_allowed(policy.allow()), seen));
    };
    let identity = match identify(api, request, caller).await {
        Ok(identity) => identity,
        Err(error) => {
            let seen = limits::look(api, policy.set, LimitClass::Anonymous, address).await;
            return Err((error, seen));
        }
    };
    let (identity, expiry) = identity.unzip();
    if let Some(expiry) = expiry {
        request.extensions_mut().insert(Expiry(expiry));
    }
    let (class, key) = counter(class, identity.as_ref(), address);
    request.extensions_mut().insert(Signed(identity));
    let decision = limits::take(api, policy.set, class, key).await;
    limits::check(decision.as_ref()).map_err(|error| (error, decision))?;
    Ok(decision)
}

/// Which counter a request of that class is for.
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
    caller: Caller,
) -> Result<Option<(Identity, Timestamp)>, ApiError> {
    if caller == Caller::NewComer {
        return Ok(None);
    }
    if caller == Caller::Listener
        && !request.headers().contains_key(AUTHORIZATION)
        && let Some(token) = crate::http::query_value(request.request(), "token")
    {
        return Ok(Some(api.use_cases.authenticate.for_reading(&token).await?));
    }
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return if caller == Caller::Anyone { Ok(None) } else { Err(Refusal::Unauthenticated.into()) };
    };
    let token = header.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            let authenticate = &api.use_cases.authenticate;
            let reads = caller == Caller::Sender || request.method().is_safe();
            Ok(Some(if reads {
                authenticate.for_reading(token.trim()).await?
            } else {
                authenticate.with_expiry(token.trim()).await?
            }))
        }
        _ => Err(Refusal::Unauthenticated.into()),
    }
}
