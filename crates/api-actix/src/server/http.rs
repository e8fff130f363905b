//! A server of HTTP/1 as actix-web builds it, except that a request's connection can be taken over.

use std::convert::Infallible;
use std::fmt::Debug;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{Request, Response, ServiceConfig};
use actix_service::{IntoServiceFactory, ServiceFactory, fn_factory, fn_service};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server};
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

use super::connection::{self, Clients, Shared};
use super::serve::ServeOptions;

/// The time after which the system ends a connection whose client takes nothing that was written.
const USER_TIMEOUT: Duration = Duration::from_mins(1);

/// Serves an application on every connection of a listener, and then the next owner of the connection. Answers get the standard
/// headers that they don't have. Does not handle signals.
pub(crate) fn start<F, I, S, B>(
    listener: TcpListener,
    options: ServeOptions,
    clients: Clients,
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
        let (stopping, clients) = (stopping.clone(), clients.clone());
        let application = Rc::new(application().into_factory());
        fn_factory(move || {
            let (stopping, clients, application) = (stopping.clone(), clients.clone(), application.clone());
            async move {
                let application = application
                    .new_service(AppConfig::default())
                    .await
                    .map_err(|error| format!("{error:?}"))?;
                let shared = Rc::new(Shared { application, clients, config: ServiceConfig::default() });
                Ok::<_, String>(fn_service(move |stream: TcpStream| {
                    let (stopping, shared) = (stopping.clone(), shared.clone());
                    async move {
                        prepare(&stream);
                        // Boxed, so that a connection that was taken over does not keep the memory that HTTP needed.
                        let served = Box::pin(connection::serve(&shared, stream, stopping.notified())).await;
                        if let Some((next, stream)) = served {
                            next(stream).await;
                        }
                        Ok::<_, Infallible>(())
                    }
                }))
            }
        })
    })?;
    Ok(listening.run())
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
