//! `/chat`: the handshake of the WebSocket, and the ways in which a token comes with it.

use actix_web::http::header::{AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpRequest, HttpResponse, web};

use super::hang_up;
use super::outgoing::Outgoing;
use super::socket::Socket;
use crate::api::Api;
use crate::error::ApiError;
use crate::origin;

/// The largest frame, and the largest message of several frames.
pub(crate) const FRAME: usize = 64 * 1024;

/// Opens a socket.
pub(super) async fn open(
    api: web::Data<Api>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &api.settings.cors_origins)?;
    let offered = protocol(&request);
    let token = token(&request, offered.as_deref());
    let (response, _session, stream) = actix_ws::handle(&request, body)
        .map_err(|error| ApiError::bad_request(format!("This path is a WebSocket: {error}")))?;
    let outgoing = Outgoing::new();
    let mut response = response.map_body(|_, handshake| outgoing.body(handshake));
    if let Some(protocol) = offered.and_then(|protocol| HeaderValue::from_str(&protocol).ok()) {
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    let stream = stream.max_frame_size(FRAME).aggregate_continuations().max_continuation_size(FRAME);
    actix_web::rt::spawn(Socket::new(api.into_inner(), outgoing).run(stream, token));
    Ok(hang_up::after(response))
}

/// The subprotocol that carries a token.
fn protocol(request: &HttpRequest) -> Option<String> {
    let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).filter_map(|value| value.to_str().ok());
    offers
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .find(|p| p.starts_with("bearer."))
        .map(str::to_owned)
}

fn token(request: &HttpRequest, protocol: Option<&str>) -> Option<String> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let header = header.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim().to_owned());
    header
        .or_else(|| crate::extract::query_value(request, "token"))
        .or_else(|| Some(protocol?.strip_prefix("bearer.")?.to_owned()))
}
