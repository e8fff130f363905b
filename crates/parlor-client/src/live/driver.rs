//! The task of a live connection: opens sockets, moves frames between them and the session, and waits in between.

use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::session::{Output, Reply, Session};
use super::{Closed, Command, State, Update};
use crate::backoff::Backoff;
use crate::socket::Socket;
use crate::{ApiError, Client, Error, Message, TransportError, UserId};

/// The code with which the server closes the sockets of a session that is over.
const POLICY: u16 = 1008;
/// The time before what the server could not do is tried again on the same socket.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Reply for oneshot::Sender<Result<Message, ApiError>> {
    fn reply(self, answer: Result<Message, ApiError>) {
        let _not_awaited = self.send(answer);
    }
}

struct Driver {
    client: Client,
    session: Session<oneshot::Sender<Result<Message, ApiError>>>,
    inbox: UnboundedReceiver<Command>,
    outbox: Sender<Update>,
    state: watch::Sender<State>,
    token: watch::Receiver<Option<String>>,
    backoff: Backoff,
}

/// Runs a live connection to its end.
pub(super) async fn run(
    client: Client,
    user: Option<UserId>,
    (first, longest): (Duration, Duration),
    inbox: UnboundedReceiver<Command>,
    outbox: Sender<Update>,
    state: watch::Sender<State>,
) {
    let (token, backoff) = (client.watch_token(), Backoff::new(first, longest));
    let session = Session::new(user);
    let mut driver = Driver { client, session, inbox, outbox, state, token, backoff };
    let closed = Box::pin(driver.run()).await;
    driver.state.send_replace(State::Closed(closed));
}

impl Driver {
    async fn run(&mut self) -> Closed {
        loop {
            self.state.send_replace(State::Connecting);
            self.token.mark_unchanged();
            if let Err(closed) = Box::pin(self.connect_and_serve()).await {
                return closed;
            }
            let wait = self.backoff.next();
            self.state.send_replace(State::Waiting { attempt: self.backoff.attempts(), wait });
            if let Err(closed) = self.wait(wait).await {
                return closed;
            }
        }
    }

    /// Opens a socket and serves it until it is gone; an error where the connection is over with it.
    async fn connect_and_serve(&mut self) -> Result<(), Closed> {
        let opening = self.client.clone();
        let mut opening = pin!(Socket::open(&opening));
        let opened = loop {
            tokio::select! {
                opened = &mut opening => break opened,
                command = self.inbox.recv() => drop(self.obey(command)?),
            }
        };
        let mut socket = match opened {
            Ok(socket) => socket,
            Err(error) => return self.judge(error).await,
        };
        self.state.send_replace(State::Live);
        let frames = self.session.opened();
        let ended = self.serve(&mut socket, frames).await;
        self.session.closed(match ended {
            Ok(TransportError::Closed(code)) => code,
            _ => None,
        });
        match ended? {
            TransportError::Closed(Some(POLICY)) => self.check_session().await,
            _ => Ok(()),
        }
    }

    /// Moves frames and updates; returns the end of the socket, or an error where the connection is over.
    async fn serve(&mut self, socket: &mut Socket, first: Vec<Value>) -> Result<TransportError, Closed> {
        if let Err(error) = send_all(socket, first).await {
            return Ok(error);
        }
        let mut retry_at = None;
        loop {
            if retry_at.is_none() && self.session.wants_retry() {
                retry_at = Some(Instant::now() + RETRY_AFTER);
            }
            let output = tokio::select! {
                frame = socket.next() => match frame {
                    Ok(frame) => {
                        if frame["action"] != "error" {
                            self.backoff.reset();
                        }
                        self.session.received(frame)
                    }
                    Err(error) => return Ok(error),
                },
                command = self.inbox.recv() => match self.obey(command) {
                    Ok(output) => output,
                    Err(closed) => {
                        socket.close().await;
                        return Err(closed);
                    }
                },
                Ok(()) = self.token.changed() => self.authenticate(),
                () = sleep_until(retry_at.unwrap_or_else(Instant::now)), if retry_at.is_some() => {
                    retry_at = None;
                    Output { frames: self.session.retry(), updates: vec![] }
                }
            };
            for update in output.updates {
                // A dropped `Updates` discards them.
                let _not_wanted = self.outbox.send(update).await;
            }
            if let Err(error) = send_all(socket, output.frames).await {
                return Ok(error);
            }
        }
    }

    fn authenticate(&mut self) -> Output {
        let token = self.token.borrow_and_update().clone();
        let frames = token.map(|token| json!({"action": "authenticate", "token": token}));
        Output { frames: frames.into_iter().collect(), updates: vec![] }
    }

    /// Does what the user orders; what it sends is lost without a socket, save joins and messages, which the session keeps.
    fn obey(&mut self, command: Option<Command>) -> Result<Output, Closed> {
        let frame = |frame| Output { frames: vec![frame], updates: vec![] };
        Ok(match command {
            None | Some(Command::Close) => return Err(Closed::ByClient),
            Some(Command::Join(room, since)) => self.session.join(room, since),
            Some(Command::Leave(room)) => self.session.leave(room),
            Some(Command::Send(room, message, reply)) => self.session.send(room, &message, reply),
            Some(Command::Typing(room)) => frame(json!({"action": "typing", "roomId": room})),
            Some(Command::Read(room, seq)) => frame(json!({"action": "read", "roomId": room, "seq": seq})),
            Some(Command::Known(reply)) => {
                let _not_awaited = reply.send(self.session.known().collect());
                Output::default()
            }
        })
    }

    /// Waits before the next attempt, or until there is another token.
    async fn wait(&mut self, wait: Duration) -> Result<(), Closed> {
        let mut waiting = pin!(sleep(wait));
        loop {
            tokio::select! {
                () = &mut waiting => return Ok(()),
                Ok(()) = self.token.changed() => return Ok(()),
                command = self.inbox.recv() => drop(self.obey(command)?),
            }
        }
    }

    /// Decides what a failed handshake means.
    async fn judge(&mut self, error: Error) -> Result<(), Closed> {
        match error {
            Error::Api(error) if error.code == "UNAUTHENTICATED" => self.check_session().await,
            Error::Api(error) if !error.is_temporary() => Err(Closed::Refused(error)),
            _ => Ok(()),
        }
    }

    /// Asks whether the session still stands: the server closes with one code for several reasons.
    async fn check_session(&mut self) -> Result<(), Closed> {
        if self.token.has_changed().unwrap_or_default() {
            return Ok(());
        }
        match self.client.me().await {
            Err(error) if error.code() == Some("UNAUTHENTICATED") => Err(Closed::Unauthenticated),
            _ => Ok(()),
        }
    }
}

async fn send_all(socket: &mut Socket, frames: Vec<Value>) -> Result<(), TransportError> {
    for frame in frames {
        socket.send(&frame).await?;
    }
    Ok(())
}
