//! The client: a base URL, a session, and the way of every request.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::error::{ApiError, Error, TransportError};
use crate::request::{Request, Response};

/// The time in which a typed call must be answered, up- and downloads apart.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one server, in the name of one session or of none.
///
/// Clones share connections and the session: a token that one of them refreshes is every clone's.
/// [`with_token`](Self::with_token) and [`anonymous`](Self::anonymous) make clients with a session of their own.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    token: Arc<watch::Sender<Option<String>>>,
}

impl Client {
    /// Makes an anonymous client of the server at `base`, such as `https://chat.example` or
    /// `http://127.0.0.1:3020/prefix`. No connection is made yet.
    ///
    /// # Errors
    /// [`Error::Url`] where `base` is no such URL.
    pub fn new(base: &str) -> Result<Self, Error> {
        Self::with_http(base, reqwest::Client::new())
    }

    /// Does the same with an HTTP client that is configured otherwise (proxies, certificates, timeouts).
    ///
    /// # Errors
    /// [`Error::Url`] where `base` is no such URL.
    pub fn with_http(base: &str, http: reqwest::Client) -> Result<Self, Error> {
        let url = Url::parse(base).map_err(|_| Error::Url(base.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(Error::Url(base.to_owned()));
        }
        Ok(Self { http, base: base.trim_end_matches('/').into(), token: Arc::default() })
    }

    /// Makes a client of the same server with another session.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Arc::new(watch::Sender::new(Some(token.into()))), ..self.clone() }
    }

    /// Makes a client of the same server without a session.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: Arc::default(), ..self.clone() }
    }

    /// Replaces the token of this client and its clones. Live connections authenticate with it at once.
    pub fn set_token(&self, token: impl Into<String>) {
        self.token.send_replace(Some(token.into()));
    }

    /// Returns the token, `None` for an anonymous client.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        self.token.borrow().clone()
    }

    pub(crate) fn watch_token(&self) -> watch::Receiver<Option<String>> {
        self.token.subscribe()
    }

    /// Returns the base URL, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Starts a request of any kind: the way to what this client has no typed call for. `path` begins with a slash and
    /// may have a query. The session's token is added.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let request = self.http.request(method, format!("{}{path}", self.base));
        Request::new(match &*self.token.borrow() {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path).timeout(CALL_TIMEOUT)
    }

    pub(crate) fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path).timeout(CALL_TIMEOUT)
    }

    pub(crate) fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path).timeout(CALL_TIMEOUT)
    }

    pub(crate) fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path).timeout(CALL_TIMEOUT)
    }
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// Sends a request and returns the `data` of its answer.
pub(crate) async fn data<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    Ok(answer::<Data<T>>(request).await?.data)
}

/// Sends a request whose answer has no body.
pub(crate) async fn done(request: Request) -> Result<(), Error> {
    accept(request.send().await?).map(drop)
}

/// Sends a request and returns its whole answer.
pub(crate) async fn answer<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    decode(accept(request.send().await?)?)
}

/// Returns a success before its body is read, and any other answer as an error.
pub(crate) async fn check(response: reqwest::Response) -> Result<reqwest::Response, Error> {
    if response.status().is_success() {
        return Ok(response);
    }
    let answer = Response::read(response).await?;
    let status = answer.status;
    Err(accept(answer).err().unwrap_or(Error::Decode { status, reason: "no error".to_owned() }))
}

/// Returns a success as it is, and any other answer as an error.
fn accept(response: Response) -> Result<Response, Error> {
    if (200..300).contains(&response.status) {
        return Ok(response);
    }
    if let Some(mut error) = ApiError::read(Some(response.status), &response.body) {
        error.retry_after = response.header(RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok());
        return Err(error.into());
    }
    match reqwest::StatusCode::from_u16(response.status) {
        Ok(status) if matches!(response.status, 502..=504) => Err(TransportError::Proxy(status).into()),
        _ => {
            Err(Error::Decode { status: response.status, reason: "an error of an unknown shape".to_owned() })
        }
    }
}

fn decode<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let status = response.status;
    serde_json::from_value(response.body).map_err(|error| Error::Decode { status, reason: error.to_string() })
}
