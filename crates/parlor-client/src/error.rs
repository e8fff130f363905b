//! Failures: refusals of the server, apart from failures of the way to it.

use reqwest::StatusCode;
use serde::Deserialize;
use tokio_tungstenite::tungstenite;

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered and refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// No complete answer came; the server may or may not have done what it was asked.
    #[error("no answer: {0}")]
    Transport(#[from] TransportError),
    /// An answer came that this client does not understand.
    #[error("an answer that this client does not understand ({status}): {reason}")]
    Decode {
        /// The HTTP status.
        status: u16,
        /// The reason.
        reason: String,
    },
    /// The base URL is not an `http://` or `https://` URL.
    #[error("{0:?} is not an http:// or https:// URL")]
    Url(String),
    /// The live connection was closed before the answer.
    #[error("the live connection is closed")]
    Closed,
}

impl Error {
    /// The server's refusal, if that is what failed.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The code of the server's refusal, such as `"ROOM_NOT_FOUND"`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.api().map(|error| error.code.as_str())
    }

    /// Returns true where the same call may well succeed a little later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Api(error) => error.is_temporary(),
            Self::Transport(_) => true,
            Self::Decode { .. } | Self::Url(_) | Self::Closed => false,
        }
    }
}

/// A refusal: the JSON of an error answer, or of an `error` frame on a socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}{}", fields(.details))]
pub struct ApiError {
    /// The HTTP status; `None` for refusals on a socket.
    pub status: Option<u16>,
    /// The code for programs, such as `"VALIDATION_FAILED"`.
    pub code: String,
    /// The text for people.
    pub message: String,
    /// Every invalid field of the request, for `VALIDATION_FAILED` only.
    pub details: Vec<InvalidField>,
    /// The id under which the server's log has the request; `None` on a socket.
    pub request_id: Option<String>,
    /// The number of seconds after which the server asks to try again, if it does.
    pub retry_after: Option<u64>,
}

/// An invalid field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InvalidField {
    /// The name of the field or parameter.
    pub field: String,
    /// The reason.
    pub message: String,
}

fn fields(details: &[InvalidField]) -> String {
    let each = details.iter().map(|detail| format!("; {}: {}", detail.field, detail.message));
    each.collect()
}

/// The body of an error, as the server writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    code: String,
    error: String,
    #[serde(default)]
    details: Vec<InvalidField>,
    request_id: Option<String>,
}

impl ApiError {
    /// Reads the body of an error answer or an `error` frame; `None` where it has another shape.
    pub(crate) fn read(status: Option<u16>, body: &serde_json::Value) -> Option<Self> {
        let Body { code, error, details, request_id } = Body::deserialize(body).ok()?;
        Some(Self { status, code, message: error, details, request_id, retry_after: None })
    }

    /// Returns true where the same call may well succeed a little later: the server is overloaded, restarting, or
    /// limits the caller.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self.code.as_str(), "UNAVAILABLE" | "INTERNAL" | "RATE_LIMITED")
    }
}

/// A connection that could not be made or broke, or an answer that did not come in time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// An HTTP request failed.
    #[error("{}", chain(.0))]
    Http(#[source] reqwest::Error),
    /// A proxy in front of the server answered in its place.
    #[error("a proxy answered {0}")]
    Proxy(StatusCode),
    /// A WebSocket failed.
    #[error(transparent)]
    WebSocket(#[from] Box<tungstenite::Error>),
    /// Nothing came in time.
    #[error("timed out")]
    Timeout,
    /// The other end closed the connection, with this WebSocket close code if it sent one.
    #[error("closed by the server ({})", .0.map_or("no code".to_owned(), |code| code.to_string()))]
    Closed(Option<u16>),
}

impl From<reqwest::Error> for TransportError {
    /// Leaves the URL out of the text: callers know the server, and the rest may hold what people search for.
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl From<tungstenite::Error> for TransportError {
    fn from(error: tungstenite::Error) -> Self {
        Self::WebSocket(Box::new(error))
    }
}

/// The error with its causes: reqwest keeps the reason in them.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
