//! A server of HTTP/1 as actix-web builds it, except that a request's connection can be taken over.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_factory, fn_service, map_config,
};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

use super::serve::ServeOptions;
use crate::http::takeover::HttpStream;

/// The time after which the system ends a connection whose client takes nothing that was written.
const USER_TIMEOUT: Duration = Duration::from_mins(1);

/// Serves an application on every connection of a listener, and then the next owner of the connection. Does not handle
/// signals.
pub(crate) fn start<F, I, S, B>(
    listener: TcpListener,
    options: ServeOptions,
    application: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let builder =
        Server::build().workers(options.workers).shutdown_timeout(options.grace.as_secs()).disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let listening = builder.listen("parlor", listener, move || {
        let stopping = stopping.clone();
        let application = application().into_factory();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(Duration::from_secs(10))
            .client_disconnect_timeout(Duration::from_secs(2))
            .keep_alive(Duration::from_secs(75))
            .on_connect_ext(|stream: &HttpStream, connection| {
                connection.insert(stream.takeover());
            })
            .h1(map_config(application.map_err(|error| error.into().error_response()), |()| {
                AppConfig::default()
            }));
        connections(http)
    })?;
    Ok(listening.run())
}

fn connections<H>(
    http: H,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    H: ServiceFactory<(HttpStream, Option<SocketAddr>), Config = (), Response = (), InitError = ()> + 'static,
    H: ServiceFactory<(HttpStream, Option<SocketAddr>), Error = DispatchError>,
{
    let http = Rc::new(http);
    fn_factory(move || {
        let http = http.clone();
        async move {
            let http = Rc::new(http.new_service(()).await?);
            Ok(fn_service(move |stream| serve(http.clone(), stream)))
        }
    })
}

async fn serve<H>(http: Rc<H>, stream: TcpStream) -> Result<(), DispatchError>
where
    H: Service<(HttpStream, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    prepare(&stream);
    let peer = stream.peer_addr().ok();
    let stream = HttpStream::new(stream);
    let takeover = stream.takeover();
    // Boxed, so that a connection that was taken over does not keep the memory that HTTP needed.
    let served = Box::pin(http.call((stream, peer))).await;
    match takeover.taken() {
        Some(next) => next.await,
        None => served?,
    }
    Ok(())
}

/// Makes small writes leave at once, and the system end a connection whose client takes nothing for too long: one that stopped
/// reading, or is gone silently. Nothing else would notice that while there is something to write. (Other systems than Linux
/// have no such option; they give up after some minutes.)
fn prepare(stream: &TcpStream) {
    let prepared = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let prepared = prepared.and_then(|()| SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT)));
    if let Err(error) = prepared {
        tracing::debug!(%error, "cannot set the options of a connection");
    }
}
