//! Ending the TCP connection of a WebSocket that has said goodbye. Left to itself, actix-web waits for the client to do
//! so, and RFC 6455 (section 7.1.1) wants the server to.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// The response of a handshake, whose connection is closed once its stream of frames has ended and been written.
pub(crate) fn after(response: HttpResponse) -> HttpResponse {
    response.map_body(|_, body| BoxBody::new(Ending { body, over: false }))
}

struct Ending {
    body: BoxBody,
    over: bool,
}

/// What ends the connection: an error of the body is the one end after which actix-web does not linger.
#[derive(Debug, thiserror::Error)]
#[error("the WebSocket is over")]
struct Over;

impl MessageBody for Ending {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.over {
            return Poll::Ready(Some(Err(Box::new(Over))));
        }
        match Pin::new(&mut self.body).poll_next(context) {
            Poll::Ready(None) => {
                // The last frame is written before the next poll, and only then is it over.
                self.over = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            polled => polled,
        }
    }
}
