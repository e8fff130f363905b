//! Requests and answers as they are: status, headers, JSON.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::multipart::Form;
use reqwest::{Body, RequestBuilder};
use serde::Serialize;
use serde_json::Value;

use crate::error::TransportError;

/// A request that has not been sent; see [`Client::request`](crate::Client::request).
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Request(RequestBuilder);

impl Request {
    pub(crate) fn new(request: RequestBuilder) -> Self {
        Self(request)
    }

    /// Adds a header. One that HTTP does not allow fails in `send`.
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self(self.0.header(name, value.as_ref()))
    }

    /// Sets the body to JSON, and the content type with it.
    pub fn json(self, body: &impl Serialize) -> Self {
        Self(self.0.json(body))
    }

    /// Sets the body to bytes or a stream.
    pub fn body(self, body: impl Into<Body>) -> Self {
        Self(self.0.body(body))
    }

    /// Sets the body to a form.
    pub fn multipart(self, form: Form) -> Self {
        Self(self.0.multipart(form))
    }

    /// Limits the time until the answer is complete.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self(self.0.timeout(timeout))
    }

    /// Copies the request; `None` where its body is a stream.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        self.0.try_clone().map(Self)
    }

    /// Sends the request and reads the answer, whatever its status.
    ///
    /// # Errors
    /// [`TransportError`] where no complete answer comes.
    pub async fn send(self) -> Result<Response, TransportError> {
        Response::read(self.open().await?).await
    }

    /// Sends the request and returns the answer before its body is read.
    ///
    /// # Errors
    /// [`TransportError`] where no answer comes.
    pub async fn open(self) -> Result<reqwest::Response, TransportError> {
        Ok(self.0.send().await?)
    }
}

/// An answer: status, headers, JSON.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where it is no JSON, and for an event stream, which has no end to wait for.
    pub body: Value,
}

impl Response {
    /// Reads an answer to its end.
    pub(crate) async fn read(response: reqwest::Response) -> Result<Self, TransportError> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let endless = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let text = if endless { String::new() } else { response.text().await? };
        Ok(Self { status, headers, body: serde_json::from_str(&text).unwrap_or_default() })
    }

    /// Returns a header that is readable text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
